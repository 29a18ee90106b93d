"""Functions of the game over sockets and HTTP: who may call, what they get, and what is told of a failure."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from supergame import testing
from supergame.client import SocketFailed
from supergame.core.errors import Aborted, Disabled, Refused
from supergame.features.rpc import RpcCrashed, RpcFailed, RpcNotFound, Rpcs
from supergame.protocol.rpc import Rpc

HTTP_KEY = "defaulthttpkey"


def echo(caller, payload):
    return payload


async def echo_later(caller, payload):
    await asyncio.sleep(0)
    return payload


def who(caller, payload):
    return f"{caller.username}:{caller.user_id}"


def refuse(caller, payload):
    raise Refused("Not today.")


async def refuse_later(caller, payload):
    await asyncio.sleep(0)
    raise Aborted("Somebody was faster.")


def switched_off(caller, payload):
    raise Disabled


def crash(caller, payload):
    raise ZeroDivisionError("the author's mistake")


async def crash_later(caller, payload):
    await asyncio.sleep(0)
    raise ZeroDivisionError("the author's mistake")


async def crash_on_what_was_cancelled(caller, payload):
    cancelled = asyncio.get_running_loop().create_future()
    cancelled.cancel()
    return await cancelled


def no_text(caller, payload):
    return 7


CRASHING = (crash, crash_later, crash_on_what_was_cancelled, no_text)
FUNCTIONS = {
    function.__name__.upper(): function
    for function in (echo, echo_later, who, refuse, refuse_later, switched_off, *CRASHING)
}


@pytest.fixture
async def node():
    async with testing.node() as node:
        node.services.rpc.use(FUNCTIONS)
        yield node


@pytest.fixture
async def ask(node):
    """Send a request; gives status, body, and type of the body."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{node.port}") as http:

        async def ask(method: str, path: str, body: str | bytes = b"", **headers: str) -> tuple[int, Any, str]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with http.request(method, f"/v2/rpc/{path}", data=body, headers=named) as answer:
                text = await answer.text()
                return answer.status, text, answer.headers.get("Content-Type", "")

        yield ask


@pytest.mark.parametrize("name", ["echo", "ECHO", "echo_later", "Echo_Later"])
async def test_a_function_is_called_over_the_socket_by_its_name_in_any_case(node, name):
    ann = await node.player("ann")
    assert await ann.socket.rpc(name, '{"a":"ä"}') == '{"a":"ä"}'
    assert await ann.socket.rpc(name) == ""


async def test_the_answer_over_a_socket_names_the_function_as_it_was_called(node):
    ann = await node.player("ann")
    assert await ann.socket.request(Rpc("ECHO", "x"), Rpc) == Rpc("ECHO", "x")


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("nonsense", 6, "RPC function not found"),
        ("", 3, "RPC ID must be set"),
        ("refuse", 7, "Not today."),
        ("refuse_later", 7, "Somebody was faster."),
        ("switched_off", 7, "Requested resource was not found."),
    ],
)
async def test_what_a_socket_learns_of_a_call_that_fails(node, name, code, message):
    ann = await node.player("ann")
    with pytest.raises(SocketFailed) as failed:
        await ann.socket.rpc(name)
    assert (failed.value.code, failed.value.message) == (code, message)
    assert await ann.socket.rpc("echo", "still open") == "still open"


@pytest.mark.parametrize("name", [function.__name__ for function in CRASHING])
async def test_a_function_that_crashes_is_logged_and_ends_nothing(node, ask, capsys, name):
    ann = await node.player("ann")
    with pytest.raises(SocketFailed, match="mistake, which has been logged") as failed:
        await ann.socket.rpc(name)
    assert failed.value.code == 7
    status, body, _ = await ask("POST", f"{name}?http_key={HTTP_KEY}", '""')
    body = json.loads(body)
    assert (status, body["code"], body["error"]) == (500, 13, {})
    assert "the author's mistake" not in body["message"]
    assert capsys.readouterr().out.count("RpcCrashed") >= 2
    assert await ann.socket.rpc("echo", "still open") == "still open"


async def test_over_http_a_player_sends_a_json_string_and_gets_one(node, ask):
    ann = await node.player("ann")
    bearer = {"Authorization": f"Bearer {ann.session.token}"}
    for name in ("echo", "Echo", "echo_later"):
        status, body, kind = await ask("POST", name, json.dumps('{"a":1}'), **bearer)
        assert (status, json.loads(body), kind) == (200, {"payload": '{"a":1}'}, "application/json")
    status, body, _ = await ask("POST", "who", '""', **bearer)
    assert json.loads(body) == {"payload": f"ann:{ann.user_id}"}
    assert (await ask("POST", "echo", b"", **bearer))[:2] == (200, '{"payload":""}')


async def test_a_get_brings_no_payload(ask):
    assert (await ask("GET", f"echo?http_key={HTTP_KEY}&payload=x"))[:2] == (200, '{"payload":""}')
    assert (await ask("GET", f"echo?http_key={HTTP_KEY}&unwrap"))[:2] == (200, "")


async def test_unwrapped_bodies_are_what_they_are(ask):
    status, body, kind = await ask("POST", f"echo?http_key={HTTP_KEY}&unwrap", b"<a/>", Content_Type="text/xml")
    assert (status, body, kind) == (200, "<a/>", "text/xml")
    status, body, _ = await ask("POST", f"echo_later?http_key={HTTP_KEY}&unwrap=", b"\xff")
    assert (status, json.loads(body)["code"]) == (400, 3)


async def test_who_calls_with_the_http_key_is_nobody(ask):
    assert json.loads((await ask("POST", f"who?http_key={HTTP_KEY}", '""'))[1]) == {"payload": ":"}
    basic = f"Basic {b64encode(f'{HTTP_KEY}:'.encode()).decode()}"
    assert json.loads((await ask("POST", "who", '""', Authorization=basic))[1]) == {"payload": ":"}


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        (f"nonsense?http_key={HTTP_KEY}", 404, 5, "RPC function not found"),
        (f"refuse?http_key={HTTP_KEY}", 403, 7, "Not today."),
        (f"refuse_later?http_key={HTTP_KEY}", 409, 10, "Somebody was faster."),
        (f"switched_off?http_key={HTTP_KEY}", 404, 5, "Requested resource was not found."),
        ("echo?http_key=wrong", 401, 16, "HTTP key invalid"),
        ("echo", 401, 16, "Auth token required"),
    ],
)
async def test_what_http_learns_of_a_call_that_fails(ask, path, status, code, message):
    answered, body, _ = await ask("POST", path, '""')
    assert (answered, json.loads(body)) == (status, {"error": message, "message": message, "code": code})


@pytest.mark.parametrize("body", ["{", '{"a":1}', "7"])
async def test_a_body_that_is_no_json_string_is_refused(ask, body):
    status, answer, _ = await ask("POST", f"echo?http_key={HTTP_KEY}", body)
    assert (status, json.loads(answer)["code"]) == (400, 3)


async def test_new_functions_replace_the_old_ones_and_calls_under_way_finish():
    rpcs, go_on = Rpcs(SimpleNamespace()), asyncio.Event()

    async def old(caller, payload):
        await go_on.wait()
        return "old"

    rpcs.use({"work": old})
    under_way = asyncio.ensure_future(rpcs.call(None, "work"))
    await asyncio.sleep(0)
    rpcs.use({"work": lambda caller, payload: "new"})
    go_on.set()
    assert rpcs.call(None, "work") == "new"
    assert await under_way == "old"
    rpcs.use({})
    with pytest.raises(RpcNotFound):
        rpcs.call(None, "work")


async def test_game_code_learns_what_a_function_raised():
    rpcs = Rpcs(SimpleNamespace())
    rpcs.use(FUNCTIONS)
    with pytest.raises(RpcFailed, match=r"Not today\.") as failed:
        rpcs.call(None, "refuse")
    assert failed.value.code == Refused.code
    with pytest.raises(RpcCrashed) as crashed:
        rpcs.call(None, "crash")
    assert isinstance(crashed.value.__cause__, ZeroDivisionError)


async def test_who_is_cancelled_while_a_function_works_is_cancelled():
    rpcs = Rpcs(SimpleNamespace())

    async def never(caller, payload):
        await asyncio.Event().wait()

    rpcs.use({"never": never})
    call = asyncio.ensure_future(rpcs.call(None, "never"))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
