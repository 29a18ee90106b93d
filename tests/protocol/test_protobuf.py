"""The protobuf encoding: what is written, what is read, that Google's library agrees, and that nothing else gets in."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocol import test_catalogue as facts
from tests.protocol.published import API, REALTIME
from tests.protocol.strategies import declared_types, messages

from supergame.protocol import json as as_json
from supergame.protocol.accounts import AccountDevice
from supergame.protocol.catalogue import ENVELOPE
from supergame.protocol.chat import ChannelJoin, ChannelMessage
from supergame.protocol.json import Malformed
from supergame.protocol.leaderboards import LeaderboardRecordWrite, ListLeaderboardRecordsAroundOwnerRequest, Operator
from supergame.protocol.matches import Match, MatchCreate, MatchData, MatchDataSend, MatchJoin
from supergame.protocol.matchmaker import MatchmakerAdd
from supergame.protocol.notifications import Notifications
from supergame.protocol.presence import UserPresence
from supergame.protocol.protobuf import (
    builder,
    decoder,
    delimited,
    encode,
    encode_bare,
    encode_envelope,
    split_envelope,
)
from supergame.protocol.system import Ping, Pong
from supergame.protocol.types import Empty, Int64, Message

TYPES = declared_types()
PUBLISHED = [kind for kind in TYPES if kind not in facts.OURS]
quick = settings(max_examples=20, derandomize=True, deadline=None, database=None)


def published(kind: type[Message]) -> Any:
    """The class that a client's generated code has for one of our types."""
    name = facts.RENAMED.get(kind, kind.__name__)
    realtime = facts.facts_of(kind) is facts.REALTIME["messages"].get(name)
    return (REALTIME if realtime else API)[name]


# Writing


def test_defaults_are_left_out_and_set_wrappers_are_not() -> None:
    assert encode(ChannelMessage()) == b""
    assert encode(ChannelMessage(code=0, persistent=False)) == b"\x1a\x00\x4a\x00"
    assert encode(UserPresence(user_id="a", status="")) == b"\x0a\x01a\x2a\x00"
    assert encode(MatchJoin(token="")) == b"\x12\x00"
    assert encode(Match(self=UserPresence())) == b"\x32\x00"


def test_numbers_are_varints_and_enums_are_numbers() -> None:
    assert encode(MatchDataSend(op_code=Int64(300))) == b"\x10\xac\x02"
    assert encode(MatchDataSend(op_code=Int64(-1))) == b"\x10" + b"\xff" * 9 + b"\x01"
    assert encode(LeaderboardRecordWrite(operator=Operator.SET)) == b"\x20\x02"
    assert encode(ListLeaderboardRecordsAroundOwnerRequest(expiry=Int64(0))) == b"\x22\x00"


def test_times_are_seconds_and_nanoseconds_since_1970() -> None:
    assert encode(ChannelMessage(create_time=datetime(1970, 1, 1, tzinfo=UTC))) == b"\x3a\x00"
    assert encode(ChannelMessage(create_time=datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC))) == (
        b"\x3a\x05\x08\x01\x10\xd0\x0f"
    )


# Reading


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (Empty, b"", Empty()),
        (MatchJoin, b"\x0a\x01m\x12\x01t", MatchJoin(token="t")),
        (MatchJoin, b"\x12\x01t\x0a\x01m", MatchJoin(match_id="m")),
        (UserPresence, b"\x0a\x01a\x0a\x01b", UserPresence("b")),
        (UserPresence, b"\x2a\x00", UserPresence(status="")),
        (Match, b"\x2a\x02\x0a\x00\x2a\x03\x0a\x01a", Match(presences=[UserPresence(), UserPresence("a")])),
        (AccountDevice, b"\x12\x06\x0a\x01a\x12\x01b\x12\x03\x0a\x01c", AccountDevice(vars={"a": "b", "c": ""})),
        (ChannelJoin, b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", ChannelJoin(type=-1)),
        (ChannelMessage, b"\x3a\x03\x10\xe7\x07", ChannelMessage(create_time=datetime(1970, 1, 1, tzinfo=UTC))),
        (LeaderboardRecordWrite, b"\x20\x00", LeaderboardRecordWrite()),
    ],
)
def test_what_protobuf_allows(kind: type[Message], data: bytes, expected: Message) -> None:
    assert decoder(kind)(data) == expected


@pytest.mark.parametrize(
    "unknown",
    [
        b"\x98\x3f\x07",  # field 1011: a varint,
        b"\x99\x3f" + b"8 bytes.",  # 64 bits,
        b"\x9d\x3f" + b"four",  # 32 bits,
        b"\x9a\x3f\x02hi",  # text,
        b"\x9b\x3f\x08\x01\x9c\x3f",  # a group
        b"\x08\x07",  # a varint where the user's id belongs
    ],
)
def test_unknown_fields_are_passed_over(unknown: bytes) -> None:
    assert decoder(UserPresence)(b"\x12\x01s" + unknown + b"\x1a\x01u") == UserPresence("", "s", "u")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (UserPresence, b"\x0a"),
        (UserPresence, b"\x0a\x02a"),
        (UserPresence, b"\x0a\xff\xff\xff\xff\x0fa"),
        (UserPresence, b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7fa"),
        (UserPresence, b"\x0a" + b"\x80" * 11),
        (UserPresence, b"\x0a\x01\xff"),
        (UserPresence, b"\x0a\x03\xed\xa0\x80"),
        (UserPresence, b"\x02\x00"),
        (UserPresence, b"\x0b\x08\x01"),
        (UserPresence, b"\x0c"),
        (UserPresence, b"\x0f\x00"),
        (UserPresence, b"{}"),
        (UserPresence, b"\x2a\x02\x0a\x05"),
        (UserPresence, b"\x9b\x3f" * 10_000),
        (UserPresence, b"\x9b\x3f" * 10_000 + b"\x9c\x3f" * 10_000),
        (Match, b"\x32\x03\x0a\x02a"),
        (AccountDevice, b"\x12\x03\x12\x01\xff"),
        (LeaderboardRecordWrite, b"\x20\x09"),
        (LeaderboardRecordWrite, b"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        (MatchmakerAdd, b"\x2a\x0c\x0a\x01a\x11\x00\x00\x00\x00\x00\x00\xf0\x7f"),
        (MatchmakerAdd, b"\x2a\x0c\x0a\x01a\x11\x00\x00\x00\x00\x00\x00\xf8\x7f"),
        (ChannelMessage, b"\x3a\x0b\x10" + b"\xff" * 9 + b"\x01"),
        (ChannelMessage, b"\x3a\x06\x10\x80\x94\xeb\xdc\x03"),
        (ChannelMessage, b"\x3a\x0a\x08" + b"\xff" * 8 + b"\x7f"),
        (ChannelMessage, b"\x3a\x0b\x08\x80" + b"\x80" * 8 + b"\x01"),
    ],
)
def test_what_it_does_not_allow(kind: type[Message], data: bytes) -> None:
    with pytest.raises(Malformed):
        decoder(kind)(data)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_message_comes_back_as_it_went(kind: type[Message]) -> None:
    @quick
    @given(messages(kind))
    def round_trip(message: Message) -> None:
        assert decoder(kind)(encode(message)) == message

    round_trip()


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_a_client_of_the_published_numbers_reads_and_writes_the_same(kind: type[Message]) -> None:
    """Google's library writes and reads the values as JSON, which our JSON encoding writes and reads as well."""

    @quick
    @given(messages(kind))
    def agree(message: Message) -> None:
        read = published(kind).FromString(encode(message))
        values = json_format.MessageToDict(read, preserving_proto_field_name=True, use_integers_for_enums=True)
        assert as_json.build(kind, values, strict_fields=True) == message
        written = json_format.ParseDict(json.loads(as_json.encode(message)), published(kind)())
        assert decoder(kind)(written.SerializeToString()) == message

    agree()


@st.composite
def nearly(draw: st.DrawFn, kind: type[Message]) -> bytes:
    """Bytes of a message with a few of them changed, taken out or put in."""
    data = bytearray(encode(draw(messages(kind))))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        data[start : start + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return bytes(data)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_whatever_bytes_come_in_nothing_but_bad_input_comes_out(kind: type[Message]) -> None:
    @quick
    @given(st.binary(max_size=60) | nearly(kind))
    def read(data: bytes) -> None:
        try:
            message = decoder(kind)(data)
        except Malformed:
            return
        assert as_json.read(kind, as_json.encode(message), strict_fields=True) == message  # others can be told of it

    read()


class Rare(Message):
    """Kinds of fields that the protocol allows and hardly has."""

    ids: list[Int64] = []
    scores: dict[str, Int64] = {}
    whos: dict[str, UserPresence] = {}
    share: float | None = None
    seal: bytes | None = None
    operators: list[Operator] = []


@given(messages(Rare))
@quick
def test_rare_kinds_of_fields_come_back_as_they_went(message: Message) -> None:
    assert decoder(Rare)(encode(message)) == message


def test_types_that_are_named_alike_do_not_meet() -> None:
    def made(**annotations: Any) -> Message:
        kind = type("Alike", (Message,), {"__annotations__": annotations, **dict.fromkeys(annotations, "x")})
        return kind()  # type: ignore[no-any-return]

    assert encode(made(one=str)) == b"\x0a\x01x"
    assert encode(made(one=str, two=str)) == b"\x0a\x01x\x12\x01x"


def test_googles_library_is_loaded_when_it_is_needed_and_not_before() -> None:
    code = (
        "import sys; from supergame.protocol import protobuf; from supergame.protocol.system import Ping;"
        "protobuf.builder(Ping), protobuf.decoder(Ping); assert 'google.protobuf' not in sys.modules;"
        "protobuf.encode(Ping()); assert 'google.protobuf' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# Envelopes


def parts(frame: bytes) -> tuple[bytes, str, Message | None]:
    cid, name, body = split_envelope(frame)
    return cid, name, builder(ENVELOPE[name][1])(body) if name else None


def test_an_envelope_is_taken_apart() -> None:
    assert parts(b"\x0a\x017\x6a\x03\x0a\x01x") == (b"7", "match_create", MatchCreate("x"))
    assert parts(b"\x82\x02\x00") == (b"", "ping", Ping())


@pytest.mark.parametrize("cid", ["7", "é😀", '"', "x" * 200])
def test_a_cid_is_given_back_as_it_was_written(cid: str) -> None:
    raw, _, _ = split_envelope(encode_envelope("ping", Ping(), cid.encode()))
    answer = REALTIME["Envelope"].FromString(encode_envelope("pong", Pong(), raw))
    assert (answer.cid, answer.WhichOneof("message")) == (cid, "pong")
    bare = REALTIME["Envelope"].FromString(encode_bare(raw))
    assert (bare.cid, bare.WhichOneof("message")) == (cid, None)


def test_an_empty_cid_is_none() -> None:
    assert parts(b"\x0a\x00\x82\x02\x00") == (b"", "ping", Ping())
    assert encode_envelope("pong", Pong()) == b"\x8a\x02\x00"


@pytest.mark.parametrize("frame", [b"", b"\x0a\x017", b"\xfa\x7f\x00"])
def test_an_envelope_without_a_message_that_is_known_has_no_name(frame: bytes) -> None:
    assert parts(frame)[1:] == ("", None)


def test_of_two_messages_the_last_counts() -> None:
    assert parts(b"\x82\x02\x00\x8a\x02\x00")[1] == "pong"
    assert parts(b"\x8a\x02\x00\x82\x02\x00")[1] == "ping"


@pytest.mark.parametrize("frame", [b"\x0a", b"\x0a\x01\xff", b"\x82\x02\x05", b'{"ping":{}}', b"\x7a\x03\x0a\x01\xff"])
def test_what_is_no_envelope_is_refused(frame: bytes) -> None:
    with pytest.raises(Malformed):
        split_envelope(frame)


@quick
@given(st.sampled_from(sorted(ENVELOPE)).flatmap(lambda name: st.tuples(st.just(name), messages(ENVELOPE[name][1]))))
def test_every_envelope_is_what_a_client_of_the_published_numbers_reads(sent: tuple[str, Message]) -> None:
    name, message = sent
    frame = encode_envelope(name, message, b"7")
    read = REALTIME["Envelope"].FromString(frame)
    assert (read.cid, read.WhichOneof("message")) == ("7", name)
    assert parts(read.SerializeToString()) == (b"7", name, message)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 70_000])
def test_a_field_tells_its_size(size: int) -> None:
    data = bytes(size)
    assert decoder(MatchData)(delimited(4, data)) == MatchData(data=data)
    assert REALTIME["MatchData"].FromString(delimited(4, data)).data == data


def test_a_long_list_is_read_in_one_go() -> None:
    notifications = decoder(Notifications)(b"\x0a\x00" * 30_000)
    assert len(notifications.notifications) == 30_000
