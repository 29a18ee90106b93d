"""Message ids that sort by time, and what may be said."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.core.clock import ManualClock
from supergame.core.errors import BadInput
from supergame.core.ids import SeededIds, is_uuid
from supergame.features.chat.model import CONTENT_BYTES_MAX, Cursor, MessageIds, checked, time_in, written
from supergame.protocol.types import timestamp

CHANNEL = "2...lobby"


@given(st.lists(st.integers(0, 2**47 * 1000 - 10), min_size=1, max_size=20))
def test_ids_sort_as_they_were_made_and_hold_their_time_whatever_the_clock_does(times):
    clock = ManualClock()
    ids = MessageIds(clock, SeededIds(1))
    made = []
    for us in times:
        clock._now_us = us  # a clock that may well go back
        made.append(ids.next())
        assert ids.latest_us >= us
        assert timestamp(ids.latest_us) == made[-1][1]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    for message_id, time in made:
        assert is_uuid(message_id)
        assert (uuid.UUID(message_id).version, uuid.UUID(message_id).variant) == (7, uuid.RFC_4122)
        assert time_in(message_id) == time


def test_an_id_holds_microseconds():
    message_id, time = MessageIds(ManualClock(1_700_000_000_123_456), SeededIds(1)).next()
    assert time == time_in(message_id) == datetime(2023, 11, 14, 22, 13, 20, 123_456, UTC)


@pytest.mark.parametrize("content", ["{}", ' {"a": [1, {"b": null}]} ', '{"text":"ä\\u0000"}'])
def test_a_json_object_may_be_said(content):
    assert checked(content) == content


@pytest.mark.parametrize(
    "content",
    [
        "",
        "hello",
        "[]",
        "1",
        "null",
        '"{}"',
        "{",
        '{"a":}',
        "{} {}",
        '{"a":1,}',
        "{'a':1}",
        '{"a":"\x00"}',
        '{"a":' * 9_00,
    ],
)
def test_anything_else_may_not(content):
    with pytest.raises(BadInput, match="Message content must be a valid JSON object"):
        checked(content)


@pytest.mark.parametrize("letter", ["a", "ä"])
def test_content_has_a_limit_in_bytes(letter):
    fits = '{"a":"' + letter * ((CONTENT_BYTES_MAX - 8) // len(letter.encode())) + '"}'
    assert checked(fits) == fits
    with pytest.raises(BadInput, match="16384 bytes"):
        checked(fits[:-2] + letter * 8 + '"}')


def test_game_code_gives_content_as_it_comes():
    assert written({"a": 1}) == '{"a":1}'
    for wrong in ({"a": object()}, {"a": "x" * CONTENT_BYTES_MAX}, [1]):
        with pytest.raises(BadInput):
            written(wrong)


@given(st.uuids().map(str), st.booleans(), st.booleans())
def test_a_cursor_comes_back_as_it_was(message_id, forward, back):
    cursor = Cursor(CHANNEL, message_id, forward, back)
    assert Cursor.parse(cursor.text(), CHANNEL) == cursor
    with pytest.raises(BadInput, match="Invalid cursor"):
        Cursor.parse(cursor.text(), "2...another")


@given(st.text(max_size=80))
def test_a_text_that_is_no_cursor_costs_no_more_than_an_error(text):
    with pytest.raises(BadInput, match="Invalid cursor"):
        Cursor.parse(text, CHANNEL)
