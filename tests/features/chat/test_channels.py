"""What channels are called."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.core.errors import BadInput
from supergame.core.ids import NIL
from supergame.features.chat import InvalidChannel, channels
from supergame.features.presence import Stream

ONE, TWO = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def test_ids_have_the_protocols_form():
    assert channels.room("lobby").id == "2...lobby"
    assert channels.direct(TWO, ONE).id == f"4.{ONE}.{TWO}."
    assert channels.group(ONE).id == f"3.{ONE}.."


def test_both_users_of_direct_messages_name_the_same_channel():
    assert channels.direct(ONE, TWO) == channels.direct(TWO, ONE)
    assert channels.direct(ONE, TWO).user_ids == (ONE, TWO)
    assert channels.room("lobby").user_ids is None


@given(st.text(min_size=1, max_size=64))
def test_every_room_is_found_again_by_its_id(name):
    try:
        room = channels.room(name)
    except BadInput:
        assert len(name.encode()) > channels.ROOM_NAME_BYTES_MAX or any(c < " " or c == "\x7f" for c in name)
        return
    assert channels.parse(room.id) == room
    assert channels.of_stream(room.stream) == room


def test_every_other_channel_is_found_again_by_its_id():
    for channel in (channels.direct(ONE, TWO), channels.group(TWO)):
        assert channels.parse(channel.id) == channel
        assert channels.of_stream(channel.stream) == channel


@pytest.mark.parametrize(
    "channel_id",
    [
        "",
        "2",
        "2..lobby",
        "2...",
        f"2...{'x' * 65}",
        "2...\n",
        f"2.{ONE}..lobby",
        "5...lobby",
        "-2...lobby",
        "02...lobby",
        f"3.{ONE}..label",
        f"3.{ONE}.{TWO}.",
        "3.group..",
        f"4.{TWO}.{ONE}.",
        f"4.{ONE}.{ONE}.",
        f"4.{NIL}.{ONE}.",
        f"4.{ONE}.{TWO}.label",
        f"4.{ONE}.{TWO}",
        f"4.{ONE.upper()}A.{TWO}.",
        f"5.{ONE}.{TWO}.",
    ],
)
def test_what_is_no_id_is_refused(channel_id):
    with pytest.raises(InvalidChannel, match="Invalid channel identifier"):
        channels.parse(channel_id)


@given(st.text(alphabet="234.0ab-", max_size=100))
def test_no_text_costs_more_than_an_error(text):
    try:
        assert channels.parse(text).id == text
    except InvalidChannel:
        pass


@pytest.mark.parametrize("other", ["bob", "", NIL, ONE])
def test_direct_messages_take_another_user(other):
    with pytest.raises(BadInput):
        channels.direct(ONE, other)


def test_the_stream_of_a_room_has_its_name_as_label():
    assert channels.room("lobby").stream == Stream(2, "", "", "lobby")
    assert channels.parse(f"2...{uuid4()}").room_name
