"""The JSON encoding: what is written, what is read, and that nothing else gets in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocol.strategies import declared_types, json_values, messages, nearly

from supergame.core.errors import BadInput
from supergame.protocol.accounts import AccountDevice, UpdateAccountRequest
from supergame.protocol.catalogue import MESSAGES
from supergame.protocol.chat import ChannelJoin, ChannelMessage
from supergame.protocol.json import (
    Malformed,
    build,
    decoder,
    encode,
    encode_bare,
    encode_envelope,
    read,
    split_envelope,
)
from supergame.protocol.leaderboards import (
    LeaderboardRecord,
    LeaderboardRecordWrite,
    ListLeaderboardRecordsAroundOwnerRequest,
    Operator,
)
from supergame.protocol.matches import MatchCreate, MatchDataSend, MatchJoin
from supergame.protocol.matchmaker import MatchmakerAdd
from supergame.protocol.presence import UserPresence
from supergame.protocol.status import StatusFollow
from supergame.protocol.storage import WriteStorageObject, WriteStorageObjectsRequest
from supergame.protocol.system import Ping, Pong
from supergame.protocol.types import Int64, Message, Timestamp

TYPES = declared_types()
quick = settings(max_examples=20, derandomize=True, deadline=None, database=None)


def tolerant(kind: type[Message], text: str | bytes) -> Any:
    return decoder(kind, strict_fields=False)(text.encode() if isinstance(text, str) else text)


def strict(kind: type[Message], text: str | bytes) -> Any:
    return decoder(kind, strict_fields=True)(text.encode() if isinstance(text, str) else text)


# Writing


def test_defaults_are_left_out_and_set_wrappers_are_not() -> None:
    assert encode(ChannelMessage()) == b"{}"
    assert encode(ChannelMessage(code=0, persistent=False)) == b'{"code":0,"persistent":false}'
    assert encode(WriteStorageObject(permission_read=0)) == b'{"permission_read":0}'


def test_64_bit_integers_are_strings_and_enums_numbers() -> None:
    assert encode(LeaderboardRecord(score=Int64(5), num_score=2)) == b'{"score":"5","num_score":2}'
    assert encode(LeaderboardRecord(score=Int64(0))) == b"{}"
    assert encode(LeaderboardRecordWrite(operator=Operator.SET)) == b'{"operator":2}'
    assert encode(ListLeaderboardRecordsAroundOwnerRequest(expiry=Int64(0))) == b'{"expiry":"0"}'


def test_times_are_rfc_3339_and_bytes_base64() -> None:
    time = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert encode(ChannelMessage(create_time=time)) == b'{"create_time":"2024-01-02T03:04:05Z"}'
    assert encode(MatchDataSend(data=b"\x00")) == b'{"data":"AA=="}'


# Reading


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (UserPresence, '{"userId":"a","session_id":"b"}', UserPresence(user_id="a", session_id="b")),
        (UserPresence, '{"user_id":null,"status":null}', UserPresence()),
        (UserPresence, '{"status":""}', UserPresence(status="")),
        (ChannelJoin, '{"type":"2","hidden":false}', ChannelJoin(type=2, hidden=False)),
        (ChannelJoin, '{"type":2.0}', ChannelJoin(type=2)),
        (MatchDataSend, '{"op_code":7}', MatchDataSend(op_code=Int64(7))),
        (MatchDataSend, '{"op_code":7.0}', MatchDataSend(op_code=Int64(7))),
        (MatchDataSend, '{"opCode":"-9223372036854775808"}', MatchDataSend(op_code=Int64(-(2**63)))),
        (MatchDataSend, '{"data":"+/8="}', MatchDataSend(data=b"\xfb\xff")),
        (MatchDataSend, '{"data":"-_8="}', MatchDataSend(data=b"\xfb\xff")),
        (MatchDataSend, '{"data":"-_8"}', MatchDataSend(data=b"\xfb\xff")),
        (MatchDataSend, '{"data":"+\\/8="}', MatchDataSend(data=b"\xfb\xff")),
        (MatchDataSend, '{"presences":[{"userId":"a"}]}', MatchDataSend(presences=[UserPresence("a")])),
        (LeaderboardRecordWrite, '{"operator":"INCREMENT"}', LeaderboardRecordWrite(operator=Operator.INCREMENT)),
        (LeaderboardRecordWrite, '{"operator":3,"score":"9"}', LeaderboardRecordWrite(Int64(9), operator=Operator(3))),
        (LeaderboardRecordWrite, '{"operator":3.0,"score":1e+15}', LeaderboardRecordWrite(Int64(10**15), operator=3)),
        (LeaderboardRecordWrite, '{"operator":3,"score":null}', LeaderboardRecordWrite(operator=Operator(3))),
        (AccountDevice, '{"id":"\\ud83d\\ude00é","vars":{"aB":"c"}}', AccountDevice("😀é", {"aB": "c"})),
        (
            MatchmakerAdd,
            '{"numericProperties":{"a":1,"b":"2.5"}}',
            MatchmakerAdd(numeric_properties={"a": 1, "b": 2.5}),
        ),
        (
            ChannelMessage,
            '{"createTime":"2024-01-02T04:04:05+01:00"}',
            ChannelMessage(create_time=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ),
        (MatchJoin, '{"match_id":null,"token":"t"}', MatchJoin(token="t")),
        (Ping, " { } ", Ping()),
    ],
)
def test_what_the_protocols_json_allows(kind: type[Message], text: str, expected: Message) -> None:
    assert strict(kind, text) == expected
    assert tolerant(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (UserPresence, ""),
        (UserPresence, "null"),
        (UserPresence, "[]"),
        (UserPresence, '{"user_id":"a"}x'),
        (UserPresence, '{"user_id":1}'),
        (UserPresence, '{"user_id":["a"]}'),
        (UserPresence, '{"user_id":"a","userId":"a"}'),
        (UserPresence, '{"persistence":"true"}'),
        (UserPresence, '{"persistence":1}'),
        (UserPresence, '{"user_id":"\\ud800"}'),
        (UserPresence, '{"user_id":"\\udc00\\ud800"}'),
        (ChannelJoin, '{"type":1.5}'),
        (ChannelJoin, '{"type":3e9}'),
        (ChannelJoin, '{"type":true}'),
        (ChannelJoin, '{"type":2147483648}'),
        (ChannelJoin, '{"type":"-2147483649"}'),
        (ChannelJoin, '{"type":1e400}'),
        (ChannelJoin, '{"type":"one"}'),
        (ListLeaderboardRecordsAroundOwnerRequest, '{"limit":-1}'),
        (ListLeaderboardRecordsAroundOwnerRequest, '{"limit":4294967296}'),
        (MatchDataSend, '{"op_code":9223372036854775808}'),
        (MatchDataSend, '{"op_code":1.5}'),
        (MatchDataSend, '{"op_code":false}'),
        (MatchDataSend, '{"op_code":"1 "}'),
        (MatchDataSend, '{"op_code":' + "9" * 5000 + "}"),
        (MatchDataSend, '{"data":"A"}'),
        (MatchDataSend, '{"data":"A=AA"}'),
        (MatchDataSend, '{"data":"é==="}'),
        (MatchDataSend, '{"data":7}'),
        (MatchDataSend, '{"presences":{}}'),
        (MatchDataSend, '{"presences":[null]}'),
        (MatchDataSend, '{"presences":[{"user_id":1}]}'),
        (AccountDevice, '{"vars":[]}'),
        (AccountDevice, '{"vars":{"a":null}}'),
        (AccountDevice, '{"vars":{"a":1}}'),
        (MatchmakerAdd, '{"numeric_properties":{"a":1e400}}'),
        (MatchmakerAdd, '{"numeric_properties":{"a":"1e400"}}'),
        (MatchmakerAdd, '{"numeric_properties":{"a":"NaN"}}'),
        (MatchmakerAdd, '{"numeric_properties":{"a":NaN}}'),
        (MatchmakerAdd, '{"numeric_properties":{"a":true}}'),
        (MatchmakerAdd, '{"numeric_properties":{"a":"true"}}'),
        (MatchmakerAdd, '{"numeric_properties":{"a":' + "9" * 400 + "}}"),
        (LeaderboardRecordWrite, '{"operator":"WORST"}'),
        (LeaderboardRecordWrite, '{"operator":9}'),
        (LeaderboardRecordWrite, '{"operator":2.5}'),
        (LeaderboardRecordWrite, '{"operator":true}'),
        (ChannelMessage, '{"create_time":"2024-01-02T03:04:05"}'),
        (ChannelMessage, '{"create_time":"yesterday"}'),
        (ChannelMessage, '{"create_time":5}'),
        (MatchJoin, '{"match_id":"m","token":"t"}'),
        (Ping, "[" * 100_000),
        (Ping, '{"a":' * 100_000),
    ],
)
def test_what_it_does_not_allow(kind: type[Message], text: str) -> None:
    for decode in (strict, tolerant):
        with pytest.raises(Malformed):
            decode(kind, text)


@pytest.mark.parametrize(
    "raw", [b'{"user_id":"\xff"}', b'{"\xff":1}', b'{"user_id":"\xed\xa0\x80"}', b"\xef\xbb\xbf{}"]
)
def test_bad_utf_8_is_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput):
        strict(UserPresence, raw)


def test_unknown_fields_are_passed_over_in_http_and_refused_on_sockets() -> None:
    text = '{"user_id":"a","later":{"version":[1]}}'
    assert tolerant(UserPresence, text) == UserPresence("a")
    with pytest.raises(Malformed, match=r"^Unknown field 'later'$"):
        strict(UserPresence, text)


def test_unknown_fields_inside_are_treated_the_same() -> None:
    text = '{"objects":[{"key":"a","later":1}]}'
    assert tolerant(WriteStorageObjectsRequest, text) == WriteStorageObjectsRequest([WriteStorageObject(key="a")])
    with pytest.raises(Malformed, match=r"^objects: Unknown field 'later'$"):
        strict(WriteStorageObjectsRequest, text)


def test_an_error_repeats_little_of_what_was_sent() -> None:
    with pytest.raises(Malformed) as caught:
        strict(Ping, '{"' + "x" * 5000 + '":1}')
    assert len(caught.value.message) < 100


def test_an_error_says_where() -> None:
    with pytest.raises(Malformed, match=r"^display_name: Expected text$"):
        tolerant(UpdateAccountRequest, '{"displayName":5}')


def test_values_that_are_parsed_already_can_be_built_too() -> None:
    assert build(MatchCreate, {"name": "arena"}, strict_fields=True) == MatchCreate("arena")
    with pytest.raises(Malformed):
        build(MatchCreate, {"name": 1}, strict_fields=True)
    with pytest.raises(Malformed, match="out of range"):
        build(MatchmakerAdd, {"numeric_properties": {"a": float("inf")}}, strict_fields=True)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_message_comes_back_as_it_went(kind: type[Message]) -> None:
    @quick
    @given(messages(kind))
    def round_trip(message: Message) -> None:
        written = encode(message)
        assert strict(kind, written) == message
        assert tolerant(kind, written) == message
        assert read(kind, written, strict_fields=True) == message

    round_trip()


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_both_ways_of_reading_agree_and_refuse_only_by_bad_input(kind: type[Message]) -> None:
    """The thorough reader is the reference: what msgspec takes, it takes, with the same meaning."""

    @quick
    @given(nearly(kind) | json_values)
    def agree(value: object) -> None:
        text = msgspec.json.encode(value)
        try:
            expected = read(kind, text, strict_fields=True)
        except Malformed:
            with pytest.raises(Malformed):
                strict(kind, text)
        else:
            assert strict(kind, text) == expected

    agree()


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,\\ud80ntrefals0123.-+eE ', max_size=40).map(str.encode))
def test_whatever_bytes_come_in_nothing_but_bad_input_comes_out(data: bytes) -> None:
    for kind in (MatchDataSend, UserPresence):
        try:
            strict(kind, data)
        except Malformed:
            pass
    try:
        cid, name, body = split_envelope(data)
    except Malformed:
        return
    if name in MESSAGES:
        with pytest.raises(Malformed):
            MESSAGES[name].decode(bytes(body) + b"x")
    assert not cid or msgspec.json.decode(cid, type=str)


# Envelopes


def parts(frame: str | bytes | bytearray) -> tuple[bytes, str, bytes]:
    cid, name, body = split_envelope(frame.encode() if isinstance(frame, str) else frame)
    return cid, name, bytes(body)


def test_an_envelope_is_taken_apart_without_reading_its_body() -> None:
    assert parts('{"cid":"7", "match_create" : {"name":"x"} }') == (b'"7"', "match_create", b'{"name":"x"}')
    assert parts('{"matchDataSend":{}}') == (b"", "match_data_send", b"{}")
    assert parts(bytearray(b'{"ping":{}}')) == (b"", "ping", b"{}")


def test_a_realtime_message_reads_its_own_body() -> None:
    _, name, body = split_envelope(b'{"status_follow":{"user_ids":["a"]}}')
    assert MESSAGES[name].decode(body) == StatusFollow(["a"])


@pytest.mark.parametrize("cid", ['"7"', '"a\\"b"', '"é😀"', '"\\u00e9"', '" "'])
def test_a_cid_is_given_back_as_it_was_written(cid: str) -> None:
    raw, _, _ = parts(f'{{"ping":{{}},"cid":{cid}}}')
    assert raw == cid.encode()
    assert encode_envelope("pong", Pong(), raw) == f'{{"cid":{cid},"pong":{{}}}}'.encode()
    assert encode_bare(raw) == f'{{"cid":{cid}}}'.encode()


@pytest.mark.parametrize("cid", ['""', "null"])
def test_an_empty_cid_is_none(cid: str) -> None:
    assert parts(f'{{"cid":{cid},"ping":{{}}}}') == (b"", "ping", b"{}")


def test_a_message_nobody_asked_for_has_no_cid() -> None:
    assert encode_envelope("pong", Pong()) == b'{"pong":{}}'
    assert encode_bare(b"") == b"{}"


@pytest.mark.parametrize("frame", ['{"cid":"1"}', "{}", '{"ping":null,"pong":null}'])
def test_an_envelope_without_a_message_has_no_name(frame: str) -> None:
    assert parts(frame)[1] == ""


def test_an_unset_message_beside_a_set_one_is_passed_over() -> None:
    assert parts('{"ping":null,"pong":{}}')[1] == "pong"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"[]",
        b"7",
        b'"ping"',
        b'{"ping":{}',
        b'{"ping":{}}{}',
        b'{"ping":{},"pong":{}}',
        b'{"cid":7,"ping":{}}',
        b'{"cid":{},"ping":{}}',
        b'{"cid":"\xff","ping":{}}',
        b'{"cid":"\\ud800","ping":{}}',
        b'{"cid":"\\q","ping":{}}',
        b'{"cid":"\x01","ping":{}}',
        b'{"ping":' + b"[" * 100_000,
        b'{"ping":' * 100_000,
    ],
)
def test_what_is_no_envelope_is_refused(frame: bytes) -> None:
    with pytest.raises(Malformed):
        split_envelope(frame)


def test_a_time_is_always_in_a_zone() -> None:
    assert msgspec.json.decode(b'"2024-01-02T03:04:05Z"', type=Timestamp).tzinfo is not None
