"""The edge as a whole: starting, and stopping without cutting anyone off in the middle of a word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop
from tests.edge.wire import CLOSE, Http, Node, request_bytes, running, until

from supergame.core.config import BadSetting
from supergame.edge import Request, Response, Session
from supergame.protocol.chat import ChannelLeave

Start = Callable[..., Awaitable[Node]]


class Gate:
    """Handlers that wait until they are let through."""

    def __init__(self, node: Node) -> None:
        self.open = asyncio.Event()
        self.waiting = 0
        node.edge.router.add_message("channel_leave", through, self)
        node.edge.router.add_raw("GET", "/slow", self.slow)

    async def slow(self, request: Request) -> Response:
        self.waiting += 1
        await self.open.wait()
        return Response("done")


async def through(gate: Gate, session: Session, message: ChannelLeave) -> None:
    gate.waiting += 1
    await gate.open.wait()


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_stopping_lets_what_is_under_way_finish_and_tells_everybody(run: Callable[[Any], None]) -> None:
    async def scenario() -> None:
        node = Node()
        gate = Gate(node)
        async with running(node):
            idle, _ = await node.session()
            busy, _ = await node.session()
            resting, asking = await Http.open(node.port), await Http.open(node.port)
            resting.send(request_bytes("GET", "/healthcheck"))
            await resting.answer()
            asking.send(request_bytes("GET", "/slow"))
            busy.send(cid="1", channel_leave={})
            await until(lambda: gate.waiting == 2)
            port = node.port
            stopping = asyncio.ensure_future(node.edge.stop(10))
            assert await idle.closed() == (1000, "server shutting down")
            idle.frame(b"\x03\xe8", CLOSE)
            assert await resting.ended() == b""
            with pytest.raises(OSError, match=r"refused|Connect|Errno"):
                await Http.open(port)
            assert not stopping.done()
            gate.open.set()
            assert await busy.heard() == {"cid": "1"}
            assert await busy.closed() == (1000, "server shutting down")
            busy.frame(b"\x03\xe8", CLOSE)
            answer = await asking.answer()
            assert (answer.body, answer.headers["connection"]) == (b"done", "close")
            asking.close()
            await stopping
            assert node.lines == []

    run(scenario())


async def test_after_the_grace_the_rest_is_cut_off(start: Start) -> None:
    node = Node()
    gate = Gate(node)
    await start(node)
    http = await Http.open(node.port)
    http.send(request_bytes("GET", "/slow"))
    socket, _ = await node.session()
    socket.send(channel_leave={})
    await until(lambda: gate.waiting == 2)
    stopping = asyncio.ensure_future(node.edge.stop(5))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not stopping.done()
    await node.clock.advance(6)
    await asyncio.wait_for(stopping, 10)
    assert [line["event"] for line in node.lines] == ["not everything ended in time"]
    await node.edge.stop()


async def test_a_message_that_comes_while_the_node_stops_is_not_acknowledged(start: Start) -> None:
    node = await start()
    socket, session = await node.session()
    session.pause()
    stopping = asyncio.ensure_future(node.edge.stop(5))
    await until(lambda: session.closed)
    socket.send(cid="1", ping={})
    assert await socket.closed() == (1000, "server shutting down")
    socket.frame(b"\x03\xe8", CLOSE)
    await stopping


async def test_an_address_that_is_taken_stops_the_start(node: Node) -> None:
    other = Node(port=node.port)
    with pytest.raises(BadSetting, match=f"cannot listen on 127.0.0.1:{node.port}"):
        await other.edge.start()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = other.edge.port
    await other.edge.stop()
