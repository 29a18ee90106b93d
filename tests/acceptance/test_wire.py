"""Facts of the wire that no client checks, over plain connections: bodies, headers, order, close codes."""

from __future__ import annotations

import base64
import gzip
import json
import uuid
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType
from tests.acceptance.server import Server

from supergame.protocol.catalogue import OPERATIONS

NO_STORE = "no-store, no-cache, must-revalidate"
ANSWER_SECONDS = 10.0
DEVICE = "/v2/account/authenticate/device"


class _Any:
    """Equal to every value of a type."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def __eq__(self, other: object) -> bool:
        return type(other) is self._kind

    def __repr__(self) -> str:
        return f"any {self._kind.__name__}"


ANY_TEXT: Any = _Any(str)
ANY_NUMBER: Any = _Any(int)


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


class Wire:
    """A server over plain HTTP and sockets."""

    def __init__(self, server: Server, http: aiohttp.ClientSession) -> None:
        self.base, self.http = f"http://127.0.0.1:{server.port}", http

    async def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.request(method, self.base + path, data=data, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def login(self) -> dict[str, str]:
        """A new player's header."""
        _, session = await self.call("POST", DEVICE, {"id": str(uuid.uuid4())}, basic("defaultkey"))
        return {"Authorization": f"Bearer {session['token']}"}

    async def socket(self, headers: dict[str, str] | None = None, query: str = "") -> aiohttp.ClientWebSocketResponse:
        return await self.http.ws_connect(f"{self.base}/ws{query}", headers=headers or await self.login())


async def say(socket: aiohttp.ClientWebSocketResponse, **envelope: object) -> None:
    await socket.send_str(json.dumps(envelope))


async def hear(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return await socket.receive_json(timeout=ANSWER_SECONDS)


async def end(socket: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
    """The code and reason that the server closed a socket with."""
    message = await socket.receive(ANSWER_SECONDS)
    while message.type is not WSMsgType.CLOSE:
        assert message.type is WSMsgType.TEXT, message
        message = await socket.receive(ANSWER_SECONDS)
    return message.data, message.extra or ""


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as http:
        yield Wire(server, http)


# -- pages ---------------------------------------------------------------------------------------------------


async def test_the_root_is_empty(wire: Wire) -> None:
    assert await wire.call("GET", "/") == (200, "")


async def test_the_node_says_that_it_is_well(wire: Wire) -> None:
    assert await wire.call("GET", "/healthcheck") == (200, {})


async def test_the_metrics_are_prometheus_text(wire: Wire) -> None:
    async with wire.http.get(f"{wire.base}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = (await answer.text()).splitlines()
    assert any(line.startswith("supergame_requests_total{") for line in lines)


async def test_openapi_lists_every_operation(wire: Wire) -> None:
    status, document = await wire.call("GET", "/openapi.json")
    assert status == 200
    assert document["openapi"].startswith("3.1")
    listed = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    for operation in OPERATIONS.values():
        assert {(binding.method, binding.path) for binding in operation.bindings} <= listed


async def test_what_is_nowhere_is_not_found(wire: Wire) -> None:
    assert await wire.call("GET", "/nowhere") == (404, {"code": 5, "message": "Not Found"})
    async with wire.http.post(f"{wire.base}/healthcheck") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")


async def test_the_games_own_route(wire: Wire) -> None:
    assert await wire.call("GET", "/hello") == (200, "hello")


# -- headers -------------------------------------------------------------------------------------------------


async def test_answers_are_not_to_be_kept(wire: Wire) -> None:
    async with wire.http.get(f"{wire.base}/v2/account", headers=await wire.login()) as answer:
        assert answer.headers["Cache-Control"] == NO_STORE
        assert answer.headers["Content-Type"] == "application/json"


async def test_browsers_may_call_from_anywhere(wire: Wire) -> None:
    asked = {
        "Origin": "https://game.example",
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    async with wire.http.options(f"{wire.base}/v2/account", headers=asked) as answer:
        assert answer.status in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, User-Agent"
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, PUT, DELETE"
    for path in ("/healthcheck", "/v2/account"):  # refusals too, or a page could not read them
        async with wire.http.get(f"{wire.base}{path}", headers={"Origin": "https://game.example"}) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Auth token required"),
        ({"Authorization": "Bearer garbage"}, "Auth token invalid"),
        ({"Authorization": "Basic " + base64.b64encode(b"defaultkey:").decode()}, "Auth token invalid"),
    ],
)
async def test_who_has_no_token_is_asked_for_one(wire: Wire, headers: dict[str, str], message: str) -> None:
    async with wire.http.get(f"{wire.base}/v2/account", headers=headers) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == message
        assert await answer.json() == {"code": 16, "message": message}


@pytest.mark.parametrize(("headers", "message"), [({}, "Server key required"), (basic("wrong"), "Server key invalid")])
async def test_logging_in_needs_the_server_key(wire: Wire, headers: dict[str, str], message: str) -> None:
    for path, body in ((DEVICE, {"id": "device-of-ann"}), ("/v2/account/session/refresh", {"token": "x"})):
        assert await wire.call("POST", path, body, headers) == (401, {"code": 16, "message": message})


async def test_bodies_are_packed_both_ways(wire: Wire) -> None:
    ann = await wire.login()
    payload = json.dumps("lorem ipsum " * 1_000)
    for encoding, packed in (("gzip", gzip.compress(payload.encode())), ("deflate", zlib.compress(payload.encode()))):
        headers = {**ann, "Content-Encoding": encoding, "Accept-Encoding": "gzip"}
        async with wire.http.post(f"{wire.base}/v2/rpc/echo", data=packed, headers=headers) as answer:
            assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
            assert await answer.json() == {"payload": json.loads(payload)}  # unpacked by aiohttp
    headers = {**ann, "Accept-Encoding": "identity"}
    async with wire.http.post(f"{wire.base}/v2/rpc/echo", data=payload, headers=headers) as answer:
        assert "Content-Encoding" not in answer.headers


async def test_what_is_packed_wrongly_is_refused(wire: Wire) -> None:
    headers = {**await wire.login(), "Content-Encoding": "gzip"}
    for data in (b"no gzip at all", gzip.compress(b'"x"' * 1_000)[:-12], gzip.compress(b" " * 300_000)):
        status, body = await wire.call("POST", "/v2/rpc/echo", data, headers)
        assert (status, body["code"]) == (400, 3)


# -- bodies --------------------------------------------------------------------------------------------------


async def test_a_body_that_is_too_large_is_refused(wire: Wire) -> None:
    status, body = await wire.call("PUT", "/v2/storage", b"x" * 262_145, await wire.login())
    assert (status, body) == (400, {"code": 3, "message": "http: request body too large"})


async def test_defaults_are_left_out_and_set_wrappers_are_not(wire: Wire) -> None:
    device = {"id": str(uuid.uuid4())}
    _, first = await wire.call("POST", DEVICE, device, basic("defaultkey"))
    _, again = await wire.call("POST", DEVICE, device, basic("defaultkey"))
    assert first["created"] is True
    assert set(again) == {"token", "refresh_token"}
    ann = {"Authorization": f"Bearer {again['token']}"}
    assert await wire.call("GET", "/v2/notification?limit=10", None, ann) == (200, {"cacheable_cursor": ANY_TEXT})
    assert await wire.call("POST", "/v2/storage", {"object_ids": []}, ann) == (200, {})

    async with await wire.socket(ann) as socket:
        await say(socket, cid="1", channel_join={"target": str(uuid.uuid4()), "type": 1, "persistence": False})
        channel = (await hear(socket))["channel"]
        await say(socket, cid="2", channel_message_send={"channel_id": channel["id"], "content": "{}"})
        heard = [await hear(socket) for _ in range(3)]
        ack = next(message["channel_message_ack"] for message in heard if "channel_message_ack" in message)
        assert (ack["code"], ack["persistent"]) == (0, False)


async def test_64_bit_integers_are_strings_and_may_come_as_numbers(wire: Wire) -> None:
    ann = await wire.login()
    for score in (9_007_199_254_740_993, "9007199254740993"):
        _, record = await wire.call("POST", "/v2/leaderboard/latest", {"score": score}, ann)
        assert (record["score"], record["rank"], record["num_score"]) == ("9007199254740993", ANY_TEXT, ANY_NUMBER)


async def test_camel_case_and_unknown_fields_come_in_snake_case_goes_out(wire: Wire) -> None:
    ann = await wire.login()
    _, account = await wire.call("GET", "/v2/account", None, ann)
    for body in ({"displayName": "Ann"}, {"display_name": "Ann", "unknown": {"field": 1}}):
        assert await wire.call("PUT", "/v2/account", body, ann) == (200, {})
    written = {"objects": [{"collection": "bag", "key": "gold", "value": "{}", "permissionRead": 2}]}
    assert (await wire.call("PUT", "/v2/storage", written, ann))[0] == 200
    wanted = {"objectIds": [{"collection": "bag", "key": "gold", "userId": account["user"]["id"]}]}
    _, found = await wire.call("POST", "/v2/storage", wanted, ann)
    assert found["objects"][0]["permission_read"] == 2
    _, account = await wire.call("GET", "/v2/account", None, ann)
    assert account["user"]["display_name"] == "Ann"
    assert account["user"]["create_time"].endswith("Z")


async def test_lists_in_the_query_repeat_their_name(wire: Wire) -> None:
    ann, bob = await wire.login(), await wire.login()
    ids = [(await wire.call("GET", "/v2/account", None, who))[1]["user"]["id"] for who in (ann, bob)]
    _, users = await wire.call("GET", f"/v2/user?ids={ids[0]}&ids={ids[1]}", None, ann)
    assert {user["id"] for user in users["users"]} == set(ids)


async def test_what_is_no_json_is_refused(wire: Wire) -> None:
    ann = await wire.login()
    for data in (b"{", b"[]", b'"text"', b"\xff\xfe", b'{"objects": 7}', b"[" * 100_000):
        status, body = await wire.call("PUT", "/v2/storage", data, ann)
        assert (status, body["code"]) == (400, 3), data[:20]


# -- rpc -----------------------------------------------------------------------------------------------------


async def test_an_rpc_takes_a_json_string_or_unwrapped_the_body_itself(wire: Wire) -> None:
    ann = await wire.login()
    assert await wire.call("POST", "/v2/rpc/Echo", b'"{\\"a\\":1}"', ann) == (200, {"payload": '{"a":1}'})
    assert await wire.call("POST", "/v2/rpc/echo?unwrap", b'{"a":1}', ann) == (200, {"a": 1})
    assert await wire.call("POST", "/v2/rpc/echo", b'{"a":1}', ann) == (
        400,
        {"error": ANY_TEXT, "message": ANY_TEXT, "code": 3},
    )
    headers = {**ann, "Content-Type": "text/x-own"}
    async with wire.http.post(f"{wire.base}/v2/rpc/echo?unwrap", data=b"as it is", headers=headers) as answer:
        assert (await answer.text(), answer.headers["Content-Type"]) == ("as it is", "text/x-own")


async def test_rpcs_fail_with_a_body_of_their_own(wire: Wire) -> None:
    ann = await wire.login()
    nothing = {"error": "RPC function not found", "message": "RPC function not found", "code": 5}
    assert await wire.call("POST", "/v2/rpc/nothing", b'""', ann) == (404, nothing)
    invalid = {"error": "Auth token invalid", "message": "Auth token invalid", "code": 16}
    assert await wire.call("POST", "/v2/rpc/echo", b'""', {"Authorization": "Bearer x"}) == (401, invalid)
    status, failed = await wire.call("POST", "/v2/rpc/fail", b'""', ann)
    assert (status, failed) == (500, {"error": {}, "message": ANY_TEXT, "code": 13})


async def test_the_http_key_may_be_a_basic_user_name(wire: Wire) -> None:
    assert (await wire.call("POST", "/v2/rpc/who", b'""', basic("defaulthttpkey")))[0] == 200
    assert (await wire.call("POST", "/v2/rpc/who?http_key=defaulthttpkey", b'""'))[0] == 200
    assert (await wire.call("POST", "/v2/rpc/who?http_key=wrong", b'""'))[0] == 401


# -- sockets -------------------------------------------------------------------------------------------------


async def test_a_socket_needs_a_token_and_a_format(wire: Wire) -> None:
    ann = await wire.login()
    token = ann["Authorization"].removeprefix("Bearer ")
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"k" * 16).decode(),
    }
    for query, status, text in (
        ("", 401, "Missing or invalid token"),
        ("?token=garbage", 401, "Missing or invalid token"),
        (f"?token={token}&format=xml", 400, "Invalid format parameter"),
    ):
        assert await wire.call("GET", f"/ws{query}", None, upgrade) == (status, text)
    async with await wire.socket({"Origin": "https://game.example"}, f"?token={token}&format=json") as socket:
        await say(socket, cid="1", ping={})
        assert await hear(socket) == {"cid": "1", "pong": {}}


async def test_a_ping_is_answered_and_a_pong_only_heard(wire: Wire) -> None:
    """As clients of the protocol do when they send either. [ping pong]"""
    async with await wire.socket() as socket:
        await say(socket, pong={})
        await say(socket, cid="1", ping={})
        assert await hear(socket) == {"cid": "1", "pong": {}}


async def test_a_cid_comes_back_as_it_went(wire: Wire) -> None:
    async with await wire.socket() as socket:
        for cid in ("7", 'say "ä"', "🎮", " "):
            await say(socket, cid=cid, ping={})
            assert await hear(socket) == {"cid": cid, "pong": {}}
        await say(socket, ping={})
        assert await hear(socket) == {"pong": {}}


async def test_the_answer_comes_before_the_presence_event_that_names_its_reader(wire: Wire) -> None:
    async with await wire.socket() as socket:
        await say(socket, cid="1", match_create={})
        answer, event = await hear(socket), await hear(socket)
        match = answer["match"]
        assert (answer["cid"], match["size"], set(match)) == ("1", 1, {"match_id", "size", "self"})
        assert event == {"match_presence_event": {"match_id": match["match_id"], "joins": [match["self"]]}}
        assert uuid.UUID(match["self"]["session_id"]).version == 1
        assert uuid.UUID(match["self"]["user_id"]).version == 4

        room = str(uuid.uuid4())
        await say(socket, cid="2", channel_join={"target": room, "type": 1})
        answer, event = await hear(socket), await hear(socket)
        assert answer["channel"]["id"] == f"2...{room}"
        assert event["channel_presence_event"]["joins"] == [answer["channel"]["self"]]

        await say(socket, cid="3", status_update={"status": "here"})
        assert await hear(socket) == {"cid": "3"}
        assert (await hear(socket))["status_presence_event"]["joins"][0]["status"] == "here"


async def test_answers_without_content_are_a_bare_cid(wire: Wire) -> None:
    async with await wire.socket() as socket:
        await say(socket, cid="1", match_create={})
        match_id = (await hear(socket))["match"]["match_id"]
        await hear(socket)
        await say(socket, cid="silent", match_data_send={"match_id": match_id, "op_code": "1", "data": "eA=="})
        await say(socket, cid="2", match_leave={"match_id": match_id})
        assert await hear(socket) == {"cid": "2"}
        await say(socket, cid="3", status_unfollow={"user_ids": []})
        assert await hear(socket) == {"cid": "3"}
        await say(socket, cid="4", status_follow={"user_ids": []})
        assert await hear(socket) == {"cid": "4", "status": {}}


async def test_errors_keep_a_socket_open(wire: Wire) -> None:
    async with await wire.socket() as socket:
        await say(socket, cid="1", match_join={"match_id": f"{uuid.uuid4()}."})
        assert await hear(socket) == {"cid": "1", "error": {"code": 4, "message": "Match not found."}}
        await say(socket, cid="2", rpc={"id": "nothing"})
        assert await hear(socket) == {"cid": "2", "error": {"code": 6, "message": "RPC function not found"}}
        await say(socket, cid="3", rpc={"id": "fail"})
        assert await hear(socket) == {"cid": "3", "error": {"code": 7, "message": ANY_TEXT}}
        await say(socket, cid="4", ping={})
        assert await hear(socket) == {"cid": "4", "pong": {}}


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ('{"cid":"1"}', {"code": 2, "message": "Missing message."}),
        ('{"cid":"1","nonsense":{}}', {"code": 1, "message": "Unrecognized message."}),
        ('{"cid":"1","channel_join":{"target":"disabled","type":1}}', {"code": 1, "message": ANY_TEXT}),
    ],
)
async def test_what_is_no_message_is_told_and_ends_the_socket(wire: Wire, frame: str, error: object) -> None:
    async with await wire.socket() as socket:
        await socket.send_str(frame)
        assert await hear(socket) == {"cid": "1", "error": error}
        assert (await end(socket))[0] == 1000


@pytest.mark.parametrize(
    "frame",
    [
        "{",
        "[]",
        "7",
        '{"cid":1,"ping":{}}',
        '{"ping":{"x":1}}',
        '{"match_join":{"unknown":1}}',
        '{"ping":{},"pong":{}}',
    ],
)
async def test_malformed_messages_and_unknown_fields_end_the_socket(wire: Wire, frame: str) -> None:
    async with await wire.socket() as socket:
        await socket.send_str(frame)
        code, reason = await end(socket)
        assert code == 1000
        assert reason


async def test_the_wrong_kind_of_frame_ends_the_socket(wire: Wire) -> None:
    async with await wire.socket() as socket:
        await socket.send_bytes(b'{"ping":{}}')
        assert await end(socket) == (1003, "text messages are expected")


async def test_what_is_too_large_ends_the_socket(wire: Wire) -> None:
    async with await wire.socket() as socket:
        await say(socket, cid="1", rpc={"id": "echo", "payload": "x" * 70_000})
        code, _ = await end(socket)
        assert code == 1009


async def test_a_ping_frame_is_answered(wire: Wire) -> None:
    headers = await wire.login()
    async with wire.http.ws_connect(f"{wire.base}/ws", headers=headers, autoping=False) as socket:
        await socket.ping(b"anybody there?")
        message = await socket.receive(ANSWER_SECONDS)
        assert (message.type, bytes(message.data)) == (WSMsgType.PONG, b"anybody there?")


async def test_a_goodbye_is_answered_with_the_same_code(wire: Wire) -> None:
    socket = await wire.socket()
    await socket.close(code=1001)
    assert socket.close_code == 1001
