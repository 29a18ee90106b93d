"""Sending: one frame for many, in order, whatever its size; and what clients get who do not read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop
from tests.edge.wire import (
    PING,
    PONG,
    Node,
    running,
    until,
)

from supergame.edge import deliver, fan_out
from supergame.edge.frames import frame
from supergame.edge.session import FLUSH_MESSAGES
from supergame.protocol.matches import MatchData
from supergame.protocol.rpc import Rpc

Start = Callable[..., Awaitable[Node]]


async def test_one_frame_for_many(node: Node) -> None:
    pairs = [await node.session() for _ in range(3)]
    sessions = [session for _, session in pairs]
    fan_out(sessions, MatchData("m", data=b"1"), except_=sessions[0])
    deliver(sessions, lambda codec: frame(b'{"pong":{}}'), except_=sessions[0])
    for socket, _ in pairs[1:]:
        assert await socket.heard() == {"match_data": {"match_id": "m", "data": "MQ=="}}
        assert await socket.heard() == {"pong": {}}
    assert await pairs[0][0].ask(cid="1", ping={}) == {"cid": "1", "pong": {}}


@pytest.mark.parametrize("send", ["send", "deliver", "fan_out"])
async def test_more_than_a_turn_gathers_comes_in_order(node: Node, send: str) -> None:
    socket, session = await node.session()
    n = FLUSH_MESSAGES * 3 + 1
    for i in range(n):
        message = Rpc(str(i))
        if send == "send":
            session.send(message)
        elif send == "fan_out":
            fan_out([session], message)
        else:
            deliver([session], lambda codec, message=message: codec.frame(message))
    assert [(await socket.heard())["rpc"]["id"] for _ in range(n)] == [str(i) for i in range(n)]


@pytest.mark.parametrize("size", [10, 126, 2_000, 2_048, 65_535, 70_000])
async def test_messages_of_every_size(start: Start, size: int) -> None:
    node = await start(message_bytes_max=200_000)
    socket, _ = await node.session()
    assert await socket.ask(cid="1", rpc={"payload": "x" * size}) == {"cid": "1", "rpc": {"payload": "x" * size}}


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_who_does_not_read_is_told_and_cut_off_and_others_are_not(run: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        node = Node(send_queue_bytes_max=100_000)
        async with running(node):
            lazy, _ = await node.session()
            reader, _ = await node.session()
            lazy.http.writer.transport.pause_reading()  # type: ignore[attr-defined]
            everybody = node.edge.sessions
            sent = 0
            while len(everybody) == 2:
                fan_out(everybody, Rpc(payload="x" * 10_000))
                sent += 1
                await reader.heard()
                assert sent < 5000
            lazy.http.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert await lazy.closed() == (1000, "session outgoing queue full")
            assert await reader.ask(cid="1", ping={}) == {"cid": "1", "pong": {}}

    run(scenario())


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_who_reads_again_in_time_gets_everything_in_order(run: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        node = Node(send_queue_bytes_max=100_000_000)
        async with running(node):
            socket, session = await node.session()
            socket.http.writer.transport.pause_reading()  # type: ignore[attr-defined]
            n = 0
            while session.queue.__class__ is list or len(session.queue) < 200:
                session.send(Rpc(str(n), "x" * 10_000))
                n += 1
                await asyncio.sleep(0)
            socket.http.writer.transport.resume_reading()  # type: ignore[attr-defined]
            assert [(await socket.heard())["rpc"]["id"] for _ in range(n)] == [str(i) for i in range(n)]
            assert await socket.ask(cid="1", ping={}) == {"cid": "1", "pong": {}}

    run(scenario())


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_who_pings_and_does_not_read_makes_no_answers_pile_up(run: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        node = Node(messages_per_second_max=0)
        async with running(node):
            socket, session = await node.session()
            socket.http.writer.transport.pause_reading()  # type: ignore[attr-defined]
            while not session.paused:
                session.send(Rpc(payload="x" * 10_000))
                await asyncio.sleep(0)
            waiting = session.wire._raw.get_write_buffer_size  # type: ignore[attr-defined]
            before = waiting()
            for _ in range(5_000):
                socket.frame(b"y" * 125, PING)
            await until(lambda: session.wire._heard == 5_000)  # type: ignore[attr-defined]
            assert waiting() <= before

    run(scenario())


async def test_pings_and_pongs_count_as_messages(start: Start) -> None:
    node = await start(messages_per_second_max=1, messages_burst_max=2, excess_messages_max=1)
    socket, _ = await node.session()
    for _ in range(4):
        socket.frame(b"", PONG)
    assert await socket.closed() == (1008, "too many messages")


async def test_too_many_small_messages_cut_off_who_does_not_read(start: Start) -> None:
    node = await start(send_queue_messages_max=100)
    socket, session = await node.session()
    session.pause()
    for i in range(101):
        assert not session.closed
        session.send(Rpc(str(i)))
    assert session.closed
    assert await socket.closed() == (1000, "session outgoing queue full")
