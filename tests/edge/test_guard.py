"""Who may call what: the server key, tokens, and the http key wherever another server shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from tests.edge.wire import Node, ask, basic, bearer

Start = Callable[..., Awaitable[Node]]
RPC = "/v2/rpc/echo"
PAYLOAD = b'"hello"'


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Auth token required"),
        ({"Authorization": ""}, "Auth token required"),
        ({"Authorization": "Bearer abc"}, "Auth token invalid"),
        ({"Authorization": "Digest abc"}, "Auth token invalid"),
        ({"Authorization": "Basic !!!"}, "Auth token invalid"),
        (basic("wrong"), "HTTP key invalid"),
    ],
)
async def test_an_rpc_needs_a_token_or_the_http_key(node: Node, headers: dict[str, str], message: str) -> None:
    answer = await ask(node.port, "POST", RPC, headers, PAYLOAD)
    assert answer.status == 401
    assert answer.json == {"error": message, "code": 16, "message": message}
    assert answer.headers["www-authenticate"] == message


async def test_another_server_calls_an_rpc(node: Node) -> None:
    assert (await ask(node.port, "POST", RPC, basic("defaulthttpkey"), PAYLOAD)).status == 200
    assert (await ask(node.port, "POST", f"{RPC}?http_key=defaulthttpkey", {}, PAYLOAD)).status == 200
    assert (await ask(node.port, "POST", f"{RPC}?http_key=x", {}, PAYLOAD)).json["message"] == "HTTP key invalid"
    # Beside it some clients show the server key, and a shop's webhook its signature.
    for header in (basic("defaultkey"), {"Authorization": "Signature abc"}, bearer(node.token())):
        assert (await ask(node.port, "POST", f"{RPC}?http_key=defaulthttpkey", header, PAYLOAD)).status == 200
        assert (await ask(node.port, "POST", f"{RPC}?http_key=x", header, PAYLOAD)).status == 401


async def test_an_empty_http_key_lets_nobody_in(start: Start) -> None:
    node = await start(http_key="", server_key="")
    for header in (basic(""), {}):
        assert (await ask(node.port, "POST", f"{RPC}?http_key=", header, PAYLOAD)).status == 401
    assert (await ask(node.port, "POST", f"{RPC}?http_key=", bearer(node.token()), PAYLOAD)).status == 200
