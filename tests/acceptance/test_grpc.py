"""A client generated from the published field numbers calls a real server over gRPC."""

from __future__ import annotations

import json
import random
import time
import uuid
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from tests.acceptance.published import OPERATIONS as PUBLISHED_OPERATIONS
from tests.acceptance.published import PUBLISHED, SERVER_KEY, Api
from tests.acceptance.server import Server

from supergame.protocol.catalogue import OPERATIONS

OFFERED = sorted(PUBLISHED_OPERATIONS.keys() & OPERATIONS.keys())
EXTENSIONS = [name for name, operation in OPERATIONS.items() if operation.extension]

ANSWERED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNAUTHENTICATED,
}
"""How a call may end that is answered, or refused for what is wrong with it."""
ROUNDS = 40
"""Garbled requests per operation."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server that speaks gRPC."""
    settings = {"edge.grpc": True, "edge.token_seconds": 7_200}
    with Server(tmp_path_factory.mktemp("node"), settings=settings) as server:
        yield server


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[Api]:
    with closing(grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")) as channel:
        yield Api(channel)


@pytest.fixture
def ann(api: Api) -> str:
    """What a player shows who has just logged in for the first time."""
    return api.login(str(uuid.uuid4()))


def key_for(operation: str, token: str) -> str:
    return SERVER_KEY if OPERATIONS[operation].auth.value == "server_key" else token


def refused(api: Api, operation: str, authorization: str = "", /, **values: Any) -> tuple[grpc.StatusCode, str]:
    """How a call ends that has to fail."""
    data = PUBLISHED[PUBLISHED_OPERATIONS[operation][0]](**values).SerializeToString()
    call = api.begin(operation, data, authorization)
    return call.code(), call.details()


@pytest.mark.parametrize("operation", OFFERED)
def test_every_operation_is_there(api: Api, ann: str, operation: str) -> None:
    """With nothing in it, a call is answered, or refused for what it lacks."""
    assert api.begin(operation, b"", key_for(operation, ann)).code() in ANSWERED


@pytest.mark.parametrize("name", EXTENSIONS)
def test_what_goes_beyond_the_protocol_has_a_service_of_its_own(api: Api, ann: str, name: str) -> None:
    assert api.begin(name, b"", key_for(name, ann), "supergame.api.Supergame").code() in ANSWERED
    assert api.begin(name, b"", key_for(name, ann)).code() is grpc.StatusCode.UNIMPLEMENTED


def test_an_account_is_made_named_and_found(api: Api) -> None:
    device = str(uuid.uuid4())
    session = api.call("AuthenticateDevice", SERVER_KEY, account={"id": device, "vars": {"skin": "red"}})
    assert session.created
    ann = f"Bearer {session.token}"
    name = f"ann-{device[:8]}"
    api.call("UpdateAccount", ann, username={"value": name}, display_name={"value": "Ann"})
    account = api.call("GetAccount", ann)
    assert (account.user.username, account.user.display_name) == (name, "Ann")
    assert [found.id for found in account.devices] == [device]
    assert account.user.create_time.seconds <= time.time()
    (found,) = api.call("GetUsers", ann, usernames=[name]).users
    assert found.id == account.user.id
    again = api.call("AuthenticateDevice", SERVER_KEY, account={"id": device}, create={"value": False})
    assert not again.created
    assert api.call("SessionRefresh", SERVER_KEY, token=again.refresh_token).token


def test_objects_are_written_read_listed_and_deleted(api: Api, ann: str) -> None:
    gold = {"collection": "bag", "key": "gold", "value": '{"coins":5}', "permission_read": {"value": 2}}
    (ack,) = api.call("WriteStorageObjects", ann, objects=[gold]).acks
    (read,) = api.call(
        "ReadStorageObjects", ann, object_ids=[{"collection": "bag", "key": "gold", "user_id": ack.user_id}]
    ).objects
    assert (read.value, read.version, read.permission_read) == ('{"coins":5}', ack.version, 2)
    listed = api.call("ListStorageObjects", ann, collection="bag", user_id=ack.user_id, limit={"value": 10})
    assert [found.key for found in listed.objects] == ["gold"]
    stale = {"collection": "bag", "key": "gold", "version": "stale"}
    assert refused(api, "DeleteStorageObjects", ann, object_ids=[stale])[0] is grpc.StatusCode.INVALID_ARGUMENT
    api.call("DeleteStorageObjects", ann, object_ids=[{"collection": "bag", "key": "gold"}])
    assert not api.call("ListStorageObjects", ann, collection="bag", user_id=ack.user_id).objects


def test_scores_are_64_bits_wide(api: Api, ann: str) -> None:
    score = 2**62 + 1
    written = api.call("WriteLeaderboardRecord", ann, leaderboard_id="highest", record={"score": score, "operator": 1})
    assert (written.score, written.max_num_score) == (score, 0)
    around = api.call(
        "ListLeaderboardRecordsAroundOwner",
        ann,
        leaderboard_id="highest",
        owner_id=written.owner_id,
        limit={"value": 3},
    )
    assert written.owner_id in {record.owner_id for record in around.records}


def test_functions_are_called_by_players_and_other_servers(api: Api, ann: str) -> None:
    assert api.call("RpcFunc", ann, id="echo", payload="hello").payload == "hello"
    assert json.loads(api.call("RpcFunc", id="who", http_key="defaulthttpkey").payload)["user_id"] == ""
    by_header = "Basic " + b64encode(b"defaulthttpkey:").decode()
    assert json.loads(api.call("RpcFunc", by_header, id="who", payload="x").payload)["payload"] == "x"
    assert refused(api, "RpcFunc", ann, id="refuse") == (grpc.StatusCode.PERMISSION_DENIED, "Not today.")
    assert refused(api, "RpcFunc", ann, id="nothing") == (grpc.StatusCode.NOT_FOUND, "RPC function not found")


def test_hooks_of_the_game_run(api: Api, ann: str) -> None:
    refusal = (grpc.StatusCode.NOT_FOUND, "Requested resource was not found.")
    assert refused(api, "ListStorageObjects", ann, collection="disabled") == refusal


def test_who_may_not_call_is_told_so(api: Api, ann: str) -> None:
    unknown = grpc.StatusCode.UNAUTHENTICATED
    assert refused(api, "GetAccount") == (unknown, "Auth token required")
    assert refused(api, "GetAccount", "Bearer x") == (unknown, "Auth token invalid")
    assert refused(api, "AuthenticateDevice") == (unknown, "Server key required")
    assert refused(api, "AuthenticateDevice", ann) == (unknown, "Server key required")
    assert refused(api, "RpcFunc", id="echo", http_key="x") == (unknown, "HTTP key invalid")


def test_bad_requests_are_told_what_is_wrong(api: Api, ann: str) -> None:
    bad = grpc.StatusCode.INVALID_ARGUMENT
    assert refused(api, "AuthenticateDevice", SERVER_KEY, account={"id": "short"})[0] is bad
    absent = {"account": {"id": str(uuid.uuid4())}, "create": {"value": False}}
    assert refused(api, "AuthenticateDevice", SERVER_KEY, **absent)[0] is grpc.StatusCode.NOT_FOUND
    assert api.begin("GetUsers", b"\x0a\xff", ann).code() is bad
    too_big = refused(api, "RpcFunc", ann, id="echo", payload="x" * 262_144)
    assert too_big[0] is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert api.begin("Nothing").code() is grpc.StatusCode.UNIMPLEMENTED


GAME = """
import asyncio
from supergame.game import Game

game = Game("last_words")
stopping, waiting = asyncio.Event(), []

@game.rpc
async def last_word(ctx, payload: str) -> str:
    waiting.append(payload)
    await stopping.wait()
    return payload

@game.rpc
def how_many_wait(ctx) -> int:
    return len(waiting)

@game.on("stop")
def stop(ctx) -> None:
    stopping.set()
"""


def test_a_node_that_stops_answers_what_is_under_way(tmp_path: Path) -> None:
    (tmp_path / "game.py").write_text(GAME)
    with Server(tmp_path, tmp_path / "game.py", settings={"edge.grpc": True}) as server:
        with closing(grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")) as channel, ThreadPoolExecutor() as pool:
            api = Api(channel)
            ann = api.login(str(uuid.uuid4()))
            answer = pool.submit(api.call, "RpcFunc", ann, id="last_word", payload="goodbye")
            while api.call("RpcFunc", ann, id="how_many_wait").payload != "1":
                pass
            server.ask_to_stop()
            assert answer.result().payload == "goodbye"
        assert server.stop() == 0
        assert server.complaints() == []


def test_who_calls_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    settings = {"edge.grpc": True, "edge.requests_per_second_max": 1, "edge.requests_burst_max": 3}
    with (
        Server(tmp_path, None, settings=settings) as server,
        closing(grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")) as channel,
    ):
        calls = [Api(channel).begin("Healthcheck") for _ in range(10)]
        refused = [call for call in calls if call.code() is not grpc.StatusCode.OK]
        assert refused
        for call in refused:
            assert call.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert [tuple(pair) for pair in call.trailing_metadata()] == [("retry-after", "1")]


@pytest.mark.parametrize("operation", OFFERED)
def test_garbage_is_refused_and_disturbs_nobody(api: Api, server: Server, ann: str, operation: str) -> None:
    garbage, complaints = Garbage(random.Random(operation)), server.complaints()
    for _ in range(ROUNDS):
        call = api.begin(operation, data := garbage.request(operation), key_for(operation, ann))
        assert call.code() in ANSWERED, (call.code(), call.details(), data)
        if call.code() is grpc.StatusCode.OK:
            PUBLISHED[PUBLISHED_OPERATIONS[operation][1]].FromString(call.result())
        elif call.code() is grpc.StatusCode.UNAUTHENTICATED:
            ann = api.login(str(uuid.uuid4()))
    assert server.complaints() == complaints


class Garbage:
    """Requests with anything at all in their fields, and some whose bytes have been damaged."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def request(self, operation: str) -> bytes:
        chance = self._chance
        if chance.random() < 0.1:
            return chance.randbytes(chance.randrange(40))
        made = PUBLISHED[PUBLISHED_OPERATIONS[operation][0]]()
        self._fill(made)
        data = bytearray(made.SerializeToString())
        if data and chance.random() < 0.2:
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.1 else data)

    def _fill(self, message: Message) -> None:
        for field in message.DESCRIPTOR.fields:
            if self._chance.random() < 0.4:
                continue
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                getattr(message, field.name)[self._value("string")] = self._value("string")
            elif field.is_repeated:
                for _ in range(self._chance.choice((1, 2, 3, 200))):
                    self._add(message, field)
            elif field.message_type is not None:
                getattr(message, field.name).SetInParent()
                self._fill(getattr(message, field.name))
            else:
                setattr(message, field.name, self._value(_KINDS[field.type]))

    def _add(self, message: Message, field: FieldDescriptor) -> None:
        if field.message_type is not None:
            self._fill(getattr(message, field.name).add())
        else:
            getattr(message, field.name).append(self._value(_KINDS[field.type]))

    def _value(self, kind: str) -> Any:
        return self._chance.choice(_VALUES[kind])


_VALUES: dict[str, tuple[Any, ...]] = {
    "string": (
        "",
        "x",
        "echo",
        "highest",
        "{}",
        "[1",
        "\x00",
        "é" * 300,
        "a@b.cc",
        str(uuid.UUID(int=0)),
        "%_'\"",
        "-1",
    ),
    "bool": (True, False),
    "int32": (0, 1, -1, 2**31 - 1, -(2**31)),
    "uint32": (0, 1, 2**32 - 1),
    "int64": (0, 1, -1, 2**63 - 1, -(2**63)),
}
_KINDS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_ENUM: "int32",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_INT64: "int64",
}
