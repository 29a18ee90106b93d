"""Sockets on the wire: messages and answers, order, goodbyes, and what bad or lazy clients get."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.edge.wire import (
    BINARY,
    CLOSE,
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    Answer,
    Http,
    Node,
    Socket,
    ask,
    bearer,
    client_frame,
    request_bytes,
    running,
    until,
)

from supergame.core.errors import Disabled, NotFound, Refused
from supergame.edge import Later, Session
from supergame.protocol.chat import ChannelJoin, ChannelLeave
from supergame.protocol.matches import MatchDataSend, MatchLeave
from supergame.protocol.rpc import Rpc
from supergame.protocol.status import StatusUpdate

Start = Callable[..., Awaitable[Node]]


async def test_a_message_is_answered_with_its_cid(node: Node) -> None:
    socket, _ = await node.session()
    assert await socket.ask(cid="7", rpc={"id": "echo", "payload": "hi"}) == {
        "cid": "7",
        "rpc": {"id": "echo", "payload": "hi"},
    }
    assert await socket.ask(cid='a "quoted" é', ping={}) == {"cid": 'a "quoted" é', "pong": {}}
    assert await socket.ask(ping={}) == {"pong": {}}


async def test_a_session_knows_what_it_came_with(node: Node) -> None:
    token = node.token("00000000-0000-4000-8000-000000000001", "alice", vars={"league": "gold"})
    _socket, session = await node.session(token, "&lang=de&status=true")
    assert (session.user_id, session.username) == ("00000000-0000-4000-8000-000000000001", "alice")
    assert (session.vars, session.lang, session.shows_status) == ({"league": "gold"}, "de", True)
    assert (session.address, session.session_id) == ("127.0.0.1", session.id)
    assert session.expires_at == node.clock.now_seconds() + 60
    assert session.presence.session_id == session.id
    assert json.loads(session.presence_json)["username"] == "alice"
    assert node.edge.sessions.get(session.id) is session
    assert list(node.edge.sessions.of_user(session.user_id)) == [session]
    assert not session.shows_status or repr(session).startswith("Session(")


async def test_a_real_client(node: Node) -> None:
    url = f"http://127.0.0.1:{node.port}/ws"
    async with aiohttp.ClientSession() as client, client.ws_connect(url, headers=bearer(node.token())) as socket:
        await socket.send_json({"cid": "1", "rpc": {"id": "echo", "payload": "x" * 50_000}})
        assert (await socket.receive_json())["rpc"]["payload"] == "x" * 50_000
        await socket.close()
        assert socket.close_code == 1000
    await until(lambda: len(node.edge.sessions) == 0)


@pytest.mark.parametrize(
    ("target", "status", "text"),
    [
        ("/ws", 401, b"Missing or invalid token"),
        ("/ws?token=abc", 401, b"Missing or invalid token"),
        ("/ws?token={token}&format=xml", 400, b"Invalid format parameter"),
    ],
)
async def test_a_handshake_that_is_refused(node: Node, target: str, status: int, text: bytes) -> None:
    answer = await ask(node.port, "GET", target.format(token=node.token()), HANDSHAKE)
    assert (answer.status, answer.body) == (status, text)


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec-WebSocket-Key": "abc"},
        {"Sec-WebSocket-Key": "!!!"},
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Version": "8"},
    ],
)
async def test_a_handshake_that_is_none(node: Node, changes: dict[str, str]) -> None:
    assert (await ask(node.port, "GET", f"/ws?token={node.token()}", {**HANDSHAKE, **changes})).status == 400


async def test_a_socket_at_the_wrong_place_and_no_socket_at_the_right_one(node: Node) -> None:
    assert (await ask(node.port, "GET", f"/elsewhere?token={node.token()}", HANDSHAKE)).status == 400
    assert (await ask(node.port, "GET", f"/ws?token={node.token()}")).status == 400
    assert (await ask(node.port, "POST", f"/ws?token={node.token()}", HANDSHAKE)).status == 405


async def test_what_follows_the_handshake_at_once_is_not_lost(node: Node) -> None:
    http = await Http.open(node.port)
    ping = client_frame(b'{"cid":"1","ping":{}}')
    http.send(request_bytes("GET", f"/ws?token={node.token()}", HANDSHAKE) + ping * 3)
    assert (await http.answer()).status == 101
    socket = Socket(http)
    for _ in range(3):
        assert await socket.heard() == {"cid": "1", "pong": {}}


async def test_a_message_in_fragments_with_a_ping_between(node: Node) -> None:
    socket, _ = await node.session()
    socket.frame(b'{"cid":"1",', fin=False)
    socket.frame(b"are you there", PING)
    socket.frame(b'"ping"', 0, fin=False)
    socket.frame(b":{}}", 0)
    assert await socket.read_frame() == (PONG, b"are you there")
    assert await socket.heard() == {"cid": "1", "pong": {}}


def error(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message} if code else {"message": message}}


def too_many(message: str, retry_seconds: str = "1") -> dict[str, Any]:
    return {"error": {"code": 3, "message": message, "context": {"retry_after": retry_seconds}}}


class Trouble:
    """Handlers that fail in their own ways."""

    def __init__(self, node: Node) -> None:
        router = node.edge.router
        router.add_message("channel_join", join, self)
        router.add_message("channel_leave", leave, self)
        router.add_message("match_leave", crash, self)
        router.add_message("status_update", update, self)


def join(trouble: Trouble, session: Session, message: ChannelJoin) -> None:
    raise Refused("Not in here.")


async def leave(trouble: Trouble, session: Session, message: ChannelLeave) -> None:
    if message.channel_id:
        missing = NotFound("Match not found")
        missing.realtime_code = 4  # type: ignore[attr-defined]
        raise missing


def crash(trouble: Trouble, session: Session, message: MatchLeave) -> None:
    raise RuntimeError("secret")


def update(trouble: Trouble, session: Session, message: StatusUpdate) -> None:
    raise Disabled


async def test_errors_leave_the_socket_open(start: Start) -> None:
    node = Node()
    Trouble(node)
    await start(node)
    socket, _ = await node.session()
    assert await socket.ask(cid="1", channel_join={}) == {"cid": "1", **error(3, "Not in here.")}
    assert await socket.ask(cid="2", channel_leave={"channel_id": "x"}) == {"cid": "2", **error(4, "Match not found")}
    crashed = await socket.ask(cid="3", match_leave={})
    line = node.lines.pop()
    assert "code" not in crashed["error"]
    assert line["request_id"] in crashed["error"]["message"]
    assert "secret" not in crashed["error"]["message"]
    assert await socket.ask(cid="4", channel_leave={}) == {"cid": "4"}


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        (b"{}", 2, "Missing message."),
        (b'{"cid":"1"}', 2, "Missing message."),
        (b'{"nonsense":{}}', 1, "Unrecognized message."),
        (b'{"party_create":{}}', 1, "Unrecognized message."),
        (b'{"status_update":{}}', 1, "Requested resource was not found."),
        (b'{"rpc":{"id":"x","unknown":1}}', 3, None),
        (b'{"rpc":{"id":1}}', 3, None),
        (b'{"rpc":{"id":"x"},"ping":{}}', 3, None),
        (b'{"rpc":', 3, None),
        (b"[]", 3, None),
        (b"", 3, None),
        (b"[" * 10_000, 3, None),
    ],
)
async def test_what_is_not_in_the_protocol_ends_the_socket(
    start: Start, message: bytes, code: int, reason: str | None
) -> None:
    node = Node()
    Trouble(node)
    await start(node)
    socket, _ = await node.session()
    socket.frame(message)
    told = (await socket.heard())["error"]
    assert told["code"] == code
    assert reason in (None, told["message"])
    closed, why = await socket.closed()
    assert closed == 1000
    assert told["message"].startswith(why)
    assert len(node.edge.sessions) == 0
    assert node.lines == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (client_frame(b'{"ping":{}}', BINARY), 1003),
        (client_frame(b'{"cid":"\xff","ping":{}}'), 1007),
        (client_frame(b"\xed\xa0\x80"), 1007),
        (client_frame(b"x" * 2000), 1009),
        (client_frame(b"x" * 600, fin=False) + client_frame(b"x" * 600, 0), 1009),
        (client_frame(b"", fin=False) + client_frame(b"", 0, fin=False) * 2000, 1009),
        (client_frame(b"", 0), 1002),
        (client_frame(b"", fin=False) + client_frame(b"{}"), 1002),
        (client_frame(b"{}", masked=False), 1002),
        (client_frame(b"{}", 3), 1002),
        (client_frame(b"x" * 126, PING), 1002),
        (client_frame(b"", PING, fin=False), 1002),
    ],
    ids=range(12),
)
async def test_frames_that_are_wrong_end_the_socket(start: Start, sent: bytes, code: int) -> None:
    node = await start(message_bytes_max=1000)
    socket, _ = await node.session()
    socket.http.send(sent)
    assert (await socket.closed())[0] == code
    socket.frame(code.to_bytes(2, "big"), CLOSE)
    assert await socket.http.ended() is not None
    await until(lambda: len(node.edge.sessions) == 0)
    assert node.lines == []


async def test_who_says_goodbye_is_answered_with_the_same_code(node: Node) -> None:
    for code in (b"\x03\xe8", b"\x0f\xa0", b""):
        socket, _ = await node.session()
        socket.frame(code, CLOSE)
        assert await socket.read_frame() == (CLOSE, code)
        assert await socket.http.ended() == b""
        assert len(node.edge.sessions) == 0


async def test_a_session_is_ended_from_here(node: Node) -> None:
    """What waits is sent first, and a client that does not answer the goodbye is cut off."""
    socket, session = await node.session()
    ended: list[Session] = []
    session.on_close(ended.append)
    node.edge.sessions.on_close(ended.append)
    session.send(Rpc("last"))
    session.close("that is all")
    assert session.closed
    session.send(Rpc("too late"))
    session.close("again")
    assert ended == []  # those who end sessions may be going through them
    assert await socket.heard() == {"rpc": {"id": "last"}}
    assert await socket.closed() == (1000, "that is all")
    assert ended == [session, session]
    socket.send(ping={})
    await node.clock.advance(4)
    assert await socket.http.ended() == b""


async def test_a_listener_that_fails_keeps_nobody_from_hearing(node: Node) -> None:
    heard: list[str] = []

    def fail(session: Session) -> None:
        raise RuntimeError

    node.edge.sessions.on_open(fail)
    node.edge.sessions.on_open(lambda session: heard.append("open"))
    node.edge.sessions.on_close(fail)
    node.edge.sessions.on_close(lambda session: heard.append("close"))
    socket, _ = await node.session()
    socket.abort()
    await until(lambda: heard == ["open", "close"])
    assert [line["log_level"] for line in node.lines] == ["error", "error"]


async def test_sessions_are_ended_by_id_and_by_user(node: Node) -> None:
    token = node.token()
    sockets = [await node.session(token) for _ in range(3)]
    sessions = node.edge.sessions
    assert sessions.disconnect(session_id=sockets[0][1].id, reason="one") == 1
    assert await sockets[0][0].closed() == (1000, "one")
    assert sessions.disconnect(user_id=sockets[0][1].user_id) == 2
    assert await sockets[1][0].closed() == (1000, "server-side session disconnect")
    assert sessions.disconnect(session_id="nobody") == 0
    assert sessions.disconnect(user_id="nobody") == 0


async def test_tokens_that_are_called_back_take_their_sockets_along(node: Node) -> None:
    tokens = node.edge.tokens
    family = await node.session(node.token("user", family="f"))
    before = await node.session(node.token("user"))
    moment = tokens.moment()
    after = await node.session(node.token("user"))
    other = await node.session()
    tokens.revoke_family("f", until=2_000_000_000)
    await family[0].closed()
    tokens.revoke_user("user", moment, until=2_000_000_000)
    await before[0].closed()
    assert set(node.edge.sessions) == {after[1], other[1]}


# Order


class Slow:
    """A handler that waits until it is let go, and notes what it was asked."""

    def __init__(self, node: Node) -> None:
        self.gates: dict[str, asyncio.Event] = {}
        self.done: list[str] = []
        node.edge.router.add_message("channel_leave", wait, self)
        node.edge.router.add_message("channel_join", note, self)


async def wait(slow: Slow, session: Session, message: ChannelLeave) -> None:
    await slow.gates.setdefault(message.channel_id, asyncio.Event()).wait()
    slow.done.append(message.channel_id)


def note(slow: Slow, session: Session, message: ChannelJoin) -> None:
    slow.done.append(message.target)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_while_one_waits_its_session_waits_and_nobody_else(run: Callable[[Any], None]) -> None:
    """Far more is sent than the inbox holds: the socket is read no further, and nothing is lost or out of order."""

    async def scenario() -> None:
        node = Node(inbox_messages_max=4, messages_per_second_max=0)
        slow = Slow(node)
        async with running(node):
            socket, _ = await node.session()
            other, _ = await node.session()
            socket.send(cid="0", channel_leave={"channel_id": "a"})
            for i in range(5000):
                socket.send(channel_join={"target": str(i)})
            socket.send(cid="1", channel_leave={"channel_id": "b"})
            await until(lambda: slow.gates)
            assert await other.ask(cid="1", ping={}) == {"cid": "1", "pong": {}}
            assert slow.done == []
            slow.gates["a"].set()
            assert await socket.heard() == {"cid": "0"}
            slow.gates.setdefault("b", asyncio.Event()).set()
            assert await socket.heard() == {"cid": "1"}
            assert slow.done == ["a", *map(str, range(5000)), "b"]

    run(scenario())


async def test_what_waits_goes_with_a_session_that_ends_and_what_is_under_way_does_not(start: Start) -> None:
    node = Node()
    slow = Slow(node)
    await start(node)
    socket, _ = await node.session()
    socket.send(channel_leave={"channel_id": "a"})
    socket.send(channel_join={"target": "later"})
    await until(lambda: slow.gates)
    socket.abort()
    await until(lambda: len(node.edge.sessions) == 0)
    slow.gates["a"].set()
    await until(lambda: slow.done)
    assert slow.done == ["a"]


# Limits and time


async def test_a_session_may_speak_only_so_often(start: Start) -> None:
    node = await start(messages_per_second_max=10, messages_burst_max=3, excess_messages_max=2)
    socket, _ = await node.session()
    for _ in range(3):
        assert "pong" in await socket.ask(cid="1", ping={})
    refused = await socket.ask(cid="4", ping={})
    assert refused == {"cid": "4", **too_many("Too many messages; slow down.")}
    await node.clock.advance(0.1)
    assert "pong" in await socket.ask(cid="5", ping={})
    socket.frame(b"{}}")
    assert (await socket.heard())["error"]["message"] == "Too many messages; slow down."
    socket.send(ping={})
    assert await socket.closed() == (1008, "too many messages")


async def test_a_quiet_socket_is_pinged_and_one_that_does_not_answer_is_cut_off(node: Node) -> None:
    socket, session = await node.session()
    for _ in range(3):
        await node.clock.advance(15)
        assert await socket.read_frame() == (PING, b"")
        socket.frame(b"", PONG)
        assert "pong" in await socket.ask(ping={})
    await node.clock.advance(15)
    assert await socket.read_frame() == (PING, b"")
    await node.clock.advance(24)
    assert not session.closed
    await node.clock.advance(3)
    assert await socket.closed() == (1000, "no answer to a ping")
    await node.clock.advance(4)
    assert await socket.http.ended() == b""


async def test_a_busy_socket_is_not_pinged(node: Node) -> None:
    socket, _ = await node.session()
    for _ in range(20):
        await socket.ask(ping={})
    await node.clock.advance(15)
    socket.send(cid="1", ping={})
    assert await socket.read_frame() == (TEXT, b'{"cid":"1","pong":{}}')


async def test_behind_a_proxy_a_socket_counts_as_its_player_s(start: Start) -> None:
    node = await start(trusted_proxies=("127.0.0.1",), connections_per_address_max=1)

    async def opened(player: str) -> Answer:
        http = await Http.open(node.port)
        headers = {**HANDSHAKE, "X-Forwarded-For": player}
        http.send(request_bytes("GET", f"/ws?token={node.token()}", headers))
        return await http.answer()

    assert (await opened("203.0.113.1")).status == 101
    assert (await opened("203.0.113.2")).status == 101
    assert (await opened("203.0.113.2")).status == 429
    assert sorted(session.address for session in node.edge.sessions) == ["203.0.113.1", "203.0.113.2"]


# Anything at all

frames = st.builds(
    client_frame,
    st.binary(max_size=300) | st.sampled_from([b'{"ping":{}}', b'{"cid":"1","rpc":{"id":"x"}}', b"{}", b'{"x":{}}']),
    st.sampled_from([0, TEXT, BINARY, CLOSE, PING, PONG, 5]),
    fin=st.booleans(),
    masked=st.sampled_from([True, True, True, False]),
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(frames | st.binary(max_size=20), min_size=1, max_size=8), st.integers(1, 40))
async def test_no_input_whatsoever_breaks_it(node: Node, sent: list[bytes], piece: int) -> None:
    """Whatever comes, in whatever pieces: nothing is logged, nobody stays behind, and others are served."""
    socket, _ = await node.session()
    data = b"".join(sent)
    for i in range(0, len(data), piece):
        socket.http.send(data[i : i + piece])
    socket.http.writer.write_eof()
    await socket.http.ended()
    socket.abort()
    await until(lambda: len(node.edge.sessions) == 0)
    other, _ = await node.session()
    assert await other.ask(cid="1", ping={}) == {"cid": "1", "pong": {}}
    other.abort()
    await until(lambda: not node.edge._port.connections)
    assert node.lines == []


class Promises:
    """Answers that are still to come while the session goes on."""

    def __init__(self, node: Node) -> None:
        self.made: list[Later[Any]] = []
        node.edge.router.add_message("channel_leave", promise, self)


def promise(promises: Promises, session: Session, message: ChannelLeave) -> Later[Any]:
    promises.made.append(Later())
    return promises.made[-1]


async def test_answers_that_come_later_let_the_session_go_on(start: Start) -> None:
    node = Node()
    promises = Promises(node)
    await start(node)
    socket, _ = await node.session()
    for cid in "123":
        socket.send(cid=cid, channel_leave={})
    assert await socket.ask(cid="4", ping={}) == {"cid": "4", "pong": {}}
    promises.made[2].answer(None)
    promises.made[0].answer(Rpc("first"))
    promises.made[1].fail(Refused("No."))
    assert [await socket.heard() for _ in range(3)] == [
        {"cid": "3"},
        {"cid": "1", "rpc": {"id": "first"}},
        {"cid": "2", **error(3, "No.")},
    ]


async def test_match_data_has_no_answer_on_success(start: Start) -> None:
    node = Node()
    node.edge.router.add_message("match_data_send", swallow, node)
    await start(node)
    socket, _ = await node.session()
    socket.send(cid="1", match_data_send={"match_id": "m"})
    assert await socket.ask(cid="2", ping={}) == {"cid": "2", "pong": {}}


def swallow(node: Node, session: Session, message: MatchDataSend) -> None:
    pass
