"""HTTP requests: from path, query string and body to a message, and back."""

from __future__ import annotations

from enum import IntEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.protocol.strategies import messages

from supergame.protocol.accounts import AccountDevice, AuthenticateDeviceRequest
from supergame.protocol.catalogue import OPERATIONS
from supergame.protocol.json import Malformed
from supergame.protocol.leaderboards import (
    LeaderboardRecordWrite,
    ListLeaderboardRecordsRequest,
    Operator,
    WriteLeaderboardRecordRequest,
)
from supergame.protocol.matches import ListMatchesRequest
from supergame.protocol.operation import Binding, Operation
from supergame.protocol.parameters import path_names, request_decoder, request_target
from supergame.protocol.rpc import Rpc
from supergame.protocol.storage import (
    ListStorageObjectsRequest,
    ReadStorageObjectId,
    ReadStorageObjectsRequest,
)
from supergame.protocol.types import Int64, Message, Timestamp
from supergame.protocol.users import GetUsersRequest


def ask(name: str, query: bytes = b"", body: bytes = b"", *, binding: int = 0, **path: str) -> Message:
    operation = OPERATIONS[name]
    return operation.decoder(operation.bindings[binding])(path, query, body)


def test_a_body_that_is_one_field_leaves_the_others_to_the_query() -> None:
    request = ask("AuthenticateDevice", b"create=false&username=ada", b'{"id":"device-0123"}')
    assert request == AuthenticateDeviceRequest(AccountDevice("device-0123"), create=False, username="ada")


def test_a_body_that_is_everything_leaves_nothing_to_the_query() -> None:
    request = ask("ReadStorageObjects", b"object_ids=x", b'{"object_ids":[{"collection":"c","key":"k"}]}')
    assert request == ReadStorageObjectsRequest([ReadStorageObjectId("c", "k")])


def test_a_body_may_be_empty() -> None:
    assert ask("ReadStorageObjects") == ReadStorageObjectsRequest()
    assert ask("AuthenticateDevice") == AuthenticateDeviceRequest()


def test_the_path_names_fields() -> None:
    request = ask("ListStorageObjects", b"limit=10", binding=1, collection="saves", user_id="u")
    assert request == ListStorageObjectsRequest(user_id="u", collection="saves", limit=10)


def test_the_path_wins_over_a_body_that_is_everything() -> None:
    decode = request_decoder(GetUsersRequest, "/v2/user", "*")
    assert decode({}, b"", b'{"ids":["a"]}') == GetUsersRequest(["a"])
    named = request_decoder(LeaderboardRecordWrite, "/write/{metadata}", "*")
    assert named({"metadata": "m"}, b"", b'{"score":1,"metadata":"n"}') == LeaderboardRecordWrite(
        Int64(1), metadata="m"
    )
    assert named({"metadata": "m"}, b"", b"") == LeaderboardRecordWrite(metadata="m")


def test_repeated_parameters_make_a_list() -> None:
    assert ask("GetUsers", b"ids=a&ids=b&usernames=ada") == GetUsersRequest(["a", "b"], ["ada"])


def test_parameters_have_their_fields_types() -> None:
    request = ask("ListMatches", b"limit=5&authoritative=true&min_size=0&label=&query=%2Blabel.mode%3Arace")
    assert request == ListMatchesRequest(5, True, "", 0, query="+label.mode:race")
    records = ask("ListLeaderboardRecords", b"ownerIds=a&expiry=9223372036854775807", leaderboard_id="best")
    assert records == ListLeaderboardRecordsRequest("best", ["a"], expiry=Int64(2**63 - 1))


def test_escapes_are_undone_after_the_split() -> None:
    assert ask("GetUsers", b"ids=a%26b%3D%2B&ids=c+d&id%73=%C3%A9") == GetUsersRequest(["a&b=+", "c d", "é"])


def test_what_no_field_is_named_after_is_passed_over() -> None:
    assert ask("GetUsers", b"later=1&&x&=&ids=a") == GetUsersRequest(["a"])


def test_a_record_is_written_by_its_field() -> None:
    request = ask("WriteLeaderboardRecord", body=b'{"score":"12","operator":"SET"}', leaderboard_id="best")
    assert request == WriteLeaderboardRecordRequest("best", LeaderboardRecordWrite(Int64(12), operator=Operator.SET))


def test_an_rpc_has_its_payload_in_the_body_alone() -> None:
    assert ask("RpcFunc", b"http_key=k&payload=x", b'"{}"', id="echo") == Rpc("echo", "{}", "k")
    assert ask("RpcFunc", b"payload=x", binding=1, id="echo") == Rpc("echo")
    with pytest.raises(Malformed, match=r"^payload: Expected text$"):
        ask("RpcFunc", body=b"{}", id="echo")


@pytest.mark.parametrize(
    "query",
    [
        b"limit=ten",
        b"limit=",
        b"limit=1.0",
        b"limit=2147483648",
        b"limit=1&limit=2",
        b"authoritative=yes",
        b"label=%FF",
        b"label=\xff",
        b"label=%ED%A0%80",
    ],
)
def test_parameters_that_do_not_fit_are_bad_input(query: bytes) -> None:
    with pytest.raises(Malformed):
        ask("ListMatches", query)


class Shade(IntEnum):
    """Light or dark."""

    LIGHT = 0
    DARK = 1


class Everything(Message):
    """One field of every kind that a query string may hold."""

    flag: bool = False
    shade: Shade = Shade.LIGHT
    ratio: float = 0.0
    data: bytes = b""
    time: Timestamp | None = None
    names: list[str] = []
    count: Int64 | None = None


def test_every_kind_of_field_can_be_a_parameter() -> None:
    decode = request_decoder(Everything, "/x", None)
    assert decode({}, b"shade=DARK", b"") == decode({}, b"shade=1", b"") == Everything(shade=Shade.DARK)
    with pytest.raises(Malformed, match="shade"):
        decode({}, b"shade=7", b"")
    with pytest.raises(Malformed, match="ratio"):
        decode({}, b"ratio=NaN", b"")


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(messages(Everything))
def test_a_clients_query_string_is_read_as_it_was_meant(request: Message) -> None:
    target, body = request_target(request, "/x", None)
    path, _, query = target.partition("?")
    assert (path, body) == ("/x", b"")
    assert request_decoder(Everything, "/x", None)({}, query.encode(), b"") == request


def bound() -> list[tuple[Operation[Message, Message], Binding]]:
    return [(operation, binding) for operation in OPERATIONS.values() for binding in operation.bindings]


def _path_of(binding: Binding, request: Message) -> dict[str, str]:
    names = [part.partition("}")[0] for part in binding.path.split("{")[1:]]
    return {name: getattr(request, name) for name in names}


@pytest.mark.parametrize("case", bound(), ids=lambda case: f"{case[1].method} {case[1].path}")
def test_every_request_reaches_the_server_as_the_client_made_it(
    case: tuple[Operation[Message, Message], Binding],
) -> None:
    operation, binding = case

    @settings(max_examples=20, derandomize=True, deadline=None, database=None)
    @given(messages(operation.request))
    def arrives(request: Message) -> None:
        if operation.name == "RpcFunc" and binding.method == "GET":
            request.payload = ""  # type: ignore[attr-defined]
        target, body = request_target(request, binding.path, binding.body)
        query = target.partition("?")[2].encode()
        assert operation.decoder(binding)(_path_of(binding, request), query, body) == request

    arrives()


@pytest.mark.parametrize("case", bound(), ids=lambda case: f"{case[1].method} {case[1].path}")
def test_no_query_or_body_raises_anything_but_bad_input(case: tuple[Operation[Message, Message], Binding]) -> None:
    operation, binding = case
    decode = operation.decoder(binding)
    names = st.sampled_from(["limit", "ids", "create", "cursor", "expiry", "forward", "%zz", ""])
    values = st.sampled_from(["1", "true", "x", "%00", "%ff", "+", "=", "&", "99999999999999999999"])
    pairs = st.lists(st.tuples(names, values).map("=".join), max_size=4).map("&".join).map(str.encode)

    @settings(max_examples=15, derandomize=True, deadline=None, database=None)
    @given(pairs | st.binary(max_size=20), st.binary(max_size=20) | st.sampled_from([b"null", b"[]", b"{}", b'"x"']))
    def survives(query: bytes, body: bytes) -> None:
        path = dict.fromkeys(path_names(binding.path), "x")
        try:
            decode(path, query, body)
        except Malformed:
            pass

    survives()
