"""The router: hooks around operations and messages, and a game's part that is swapped while the node runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.edge.wire import Node, ask, basic, bearer, until

from supergame.core.errors import Disabled, Refused
from supergame.edge import Caller, Hooks, RawRoute, Request, Response, Session, StaticFolder
from supergame.edge.calls import After
from supergame.protocol.accounts import AuthenticateDeviceRequest
from supergame.protocol.matches import MatchData, MatchDataSend
from supergame.protocol.session import Session as Tokens
from supergame.protocol.storage import DeleteStorageObjectsRequest

Start = Callable[..., Awaitable[Node]]

LOGIN = "/v2/account/authenticate/device?username=alice"
DELETE = "/v2/storage/delete"


class Features:
    """Stand-ins for what features bring: a login, a deletion that waits, and match data that comes back."""

    def __init__(self, node: Node) -> None:
        self.seen: list[Any] = []
        node.edge.router.add_operation("AuthenticateDevice", login, self)
        node.edge.router.add_operation("DeleteStorageObjects", delete, self)
        node.edge.router.add_message("match_data_send", bounce, self)


def login(features: Features, caller: Caller, request: AuthenticateDeviceRequest) -> Tokens:
    assert request.account is not None
    features.seen.append((caller.user_id, request.account.id, request.username))
    return Tokens(created=True, token="token")


async def delete(features: Features, caller: Caller, request: DeleteStorageObjectsRequest) -> None:
    await asyncio.sleep(0)
    features.seen.append((caller.username, caller.session_id, len(request.object_ids)))


def bounce(features: Features, session: Session, message: MatchDataSend) -> None:
    session.send(MatchData(message.match_id, data=message.data))


async def test_operations_are_answered_for_who_may_call_them(start: Start) -> None:
    node = Node()
    features = Features(node)
    await start(node)
    answer = await ask(node.port, "POST", LOGIN, basic("defaultkey"), b'{"id":"device"}')
    assert answer.json == {"created": True, "token": "token"}
    answer = await ask(node.port, "PUT", DELETE, bearer(node.token()), b'{"object_ids":[{}]}')
    assert (answer.status, answer.body) == (200, b"{}")
    assert features.seen == [("", "device", "alice"), ("alice", "", 1)]
    assert [operation.name for operation in node.edge.router.operations][-1] == "DeleteStorageObjects"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Server key required"),
        ({"Authorization": "Basic ?"}, "Server key required"),
        ({"Authorization": "Basic YWJj"}, "Server key required"),
        ({"Authorization": "Bearer x"}, "Server key required"),
        (basic("wrong"), "Server key invalid"),
    ],
)
async def test_a_login_needs_the_server_key(start: Start, headers: dict[str, str], message: str) -> None:
    node = Node()
    Features(node)
    await start(node)
    answer = await ask(node.port, "POST", LOGIN, headers, b"{}")
    assert (answer.status, answer.json) == (401, {"code": 16, "message": message})


async def test_bad_requests_are_told_what_is_wrong(start: Start) -> None:
    node = Node()
    Features(node)
    await start(node)
    for body in (b"{", b"[]", b'{"id":1}', b"\xff"):
        answer = await ask(node.port, "POST", LOGIN, basic("defaultkey"), body)
        assert (answer.status, answer.json["code"]) == (400, 3)


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def waiting(function: Callable[..., Any]) -> Callable[..., Any]:
    async def hook(*args: Any) -> Any:
        await asyncio.sleep(0)
        return function(*args)

    return hook


@pytest.mark.parametrize("kind", [plain, waiting])
async def test_hooks_change_observe_and_refuse(start: Start, kind: Callable[..., Any]) -> None:
    node = Node()
    features = Features(node)
    await start(node)
    observed: list[Any] = []

    def rename(caller: Caller, request: AuthenticateDeviceRequest) -> AuthenticateDeviceRequest:
        request.username = request.username.upper()
        return request

    def observe(caller: Caller, request: Any, answer: Any) -> None:
        observed.append((request, answer))

    def refuse(caller: Caller, request: Any) -> None:
        if request.object_ids:
            raise Refused("Not today.")

    node.edge.router.swap(
        hooks=Hooks(
            before={"AuthenticateDevice": kind(rename), "DeleteStorageObjects": kind(refuse)},
            after={"AuthenticateDevice": kind(observe), "DeleteStorageObjects": kind(observe)},
        )
    )
    assert (await ask(node.port, "POST", LOGIN, basic("defaultkey"), b'{"id":"d"}')).json["token"] == "token"
    assert features.seen.pop()[2] == "ALICE"
    await until(lambda: observed)
    assert observed.pop()[1].token == "token"
    refused = await ask(node.port, "PUT", DELETE, bearer(node.token()), b'{"object_ids":[{}]}')
    assert (refused.status, refused.json["message"]) == (403, "Not today.")
    assert (await ask(node.port, "PUT", DELETE, bearer(node.token()), b"{}")).status == 200
    await until(lambda: observed)
    assert observed.pop()[1] is None


@pytest.mark.parametrize("kind", [plain, waiting])
async def test_hooks_around_messages(start: Start, kind: Callable[..., Any]) -> None:
    node = Node()
    Features(node)
    await start(node)
    observed: list[Any] = []

    def rename(session: Session, message: MatchDataSend) -> MatchDataSend:
        return MatchDataSend("changed", data=message.data)

    hooks = Hooks(
        before={"match_data_send": kind(rename)}, after={"match_data_send": kind(lambda *seen: observed.append(seen))}
    )
    node.edge.router.swap(hooks=hooks)
    socket, session = await node.session()
    assert await socket.ask(match_data_send={"match_id": "m"}) == {"match_data": {"match_id": "changed"}}
    await until(lambda: observed)
    assert observed[0][0] is session
    node.edge.router.swap()
    assert await socket.ask(match_data_send={"match_id": "m"}) == {"match_data": {"match_id": "m"}}


async def test_a_hook_may_switch_off_what_it_stands_before(start: Start) -> None:
    node = Node()
    Features(node)
    await start(node)

    def off(caller: Any, request: Any) -> None:
        raise Disabled

    node.edge.router.swap(hooks=Hooks(before={"AuthenticateDevice": off, "match_data_send": off}))
    answer = await ask(node.port, "POST", LOGIN, basic("defaultkey"), b'{"id":"d"}')
    assert (answer.status, answer.json) == (404, {"code": 5, "message": "Requested resource was not found."})
    socket, _ = await node.session()
    assert (await socket.ask(match_data_send={}))["error"]["code"] == 1
    await socket.closed()


@pytest.mark.parametrize("kind", [plain, waiting])
async def test_a_hook_that_fails_afterwards_is_only_logged(start: Start, kind: Callable[..., Any]) -> None:
    node = Node()
    Features(node)
    await start(node)

    def fail(caller: Any, request: Any, answer: Any) -> None:
        raise RuntimeError

    node.edge.router.swap(hooks=Hooks(after={"AuthenticateDevice": kind(fail)}))
    assert (await ask(node.port, "POST", LOGIN, basic("defaultkey"), b'{"id":"d"}')).status == 200
    await until(lambda: node.lines)
    assert node.lines[0]["event"] == "an after-hook failed"


async def test_hooks_that_wait_afterwards_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supergame.edge.calls.AFTER_HOOKS_MAX", 1)
    node = Node()
    after, gate, done = After(node.log), asyncio.Event(), []

    async def hook(caller: Any, request: Any, answer: Any) -> None:
        await gate.wait()
        done.append(answer)

    for i in range(3):
        after(hook, None, None, i)
    await until(lambda: len(node.lines) == 2)
    gate.set()
    await after.drain()
    assert done == [0]


async def test_a_game_s_part_is_swapped_as_a_whole_or_not_at_all(start: Start, tmp_path: Path) -> None:
    node = Node()
    await start(node)
    router = node.edge.router
    (tmp_path / "index.html").write_text("hello")
    router.swap(raw=[RawRoute("GET", "/a", lambda request: Response("a"))], static=[StaticFolder("/", tmp_path)])
    assert (await ask(node.port, "GET", "/a")).body == b"a"
    assert (await ask(node.port, "GET", "/")).body == b"hello"
    b = RawRoute("GET", "/b", lambda request: Response("b"))
    for wrong in (
        {"raw": [b, RawRoute("GET", "/metrics", lambda request: Response())]},
        {"raw": [b], "hooks": Hooks(before={"NoSuchThing": lambda *args: None})},
    ):
        with pytest.raises(ValueError, match=r"already|NoSuchThing"):
            router.swap(**wrong)  # type: ignore[arg-type]
        assert (await ask(node.port, "GET", "/b")).status == 404
        assert (await ask(node.port, "GET", "/a")).body == b"a"
    router.swap(raw=[b])
    assert (await ask(node.port, "GET", "/b")).body == b"b"
    assert (await ask(node.port, "GET", "/a")).status == 404
    assert (await ask(node.port, "GET", "/")).body == b""


def test_what_is_not_in_the_protocol_cannot_be_added_nor_anything_twice() -> None:
    node = Node()
    Features(node)
    for name in ("Nothing", "AuthenticateDevice"):
        with pytest.raises(ValueError, match=name):
            node.edge.router.add_operation(name, login, None)
    for name in ("nothing", "match_data_send"):
        with pytest.raises(ValueError, match=name):
            node.edge.router.add_message(name, bounce, None)


async def test_messages_may_be_handled_without_a_socket() -> None:
    """As tests of features do."""
    node = Node()
    request = Request("GET", "/healthcheck")
    answer = node.edge.router.answer(request)
    assert isinstance(answer, Response)
    assert answer.body == b"{}"
