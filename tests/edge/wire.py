"""The other end of the wire, byte by byte: what well-behaved clients hide, and what bad ones send."""

from __future__ import annotations

import asyncio
import json
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import structlog
from structlog.testing import LogCapture

from supergame.core.clock import ManualClock
from supergame.core.ids import SeededIds
from supergame.core.log import Log
from supergame.core.telemetry import Metrics
from supergame.edge import Caller, Edge, EdgeSettings, Session
from supergame.protocol.rpc import Rpc

PATIENCE_SECONDS = 10
"""How long a test waits for what has to come before it fails."""

MASK = b"\x12\x34\x56\x78"


def capturing_log() -> tuple[Log, list[dict[str, Any]]]:
    """A log, and the list that its lines go to."""
    capture = LogCapture()
    log: Log = structlog.wrap_logger(
        structlog.PrintLogger(), processors=[capture], wrapper_class=structlog.make_filtering_bound_logger(0)
    )
    return log, capture.entries  # type: ignore[return-value]


class Node:
    """An edge on a free port, with an echo for an rpc, a clock that tests move, and a log that they read."""

    def __init__(self, **settings: Any) -> None:
        self.clock, self.ids, self.metrics = ManualClock(), SeededIds(), Metrics()
        self.log, self.lines = capturing_log()
        made = EdgeSettings(**{"host": "127.0.0.1", "port": 0, "grpc": False, **settings})
        self.edge = Edge(made, clock=self.clock, ids=self.ids, log=self.log, metrics=self.metrics, version="1")
        self.edge.router.add_operation("RpcFunc", echo, self)
        self.edge.router.add_message("rpc", echo, self)

    @property
    def port(self) -> int:
        return self.edge.port

    def token(self, user_id: str = "", username: str = "alice", **more: Any) -> str:
        """A session token as a login would give it."""
        return self.edge.tokens.issue(user_id or self.ids.uuid(), username, **more).token

    async def session(self, token: str = "", query: str = "") -> tuple[Socket, Session]:
        """A socket, and the session at this end of it."""
        before = set(self.edge.sessions)
        socket = await Socket.open(self.port, token or self.token(), query)
        (session,) = set(self.edge.sessions) - before
        return socket, session


def echo(node: Node, caller: Session | Caller, message: Rpc) -> Rpc:
    return Rpc(message.id, message.payload)


@asynccontextmanager
async def running(node: Node) -> AsyncIterator[Node]:
    """The node while it runs; whoever is still connected afterwards is cut off."""
    await node.edge.start()
    try:
        yield node
    finally:
        for http in Http.opened:
            http.close()
        Http.opened.clear()
        await node.edge.stop(0)


@dataclass
class Answer:
    """An HTTP answer, headers by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """One connection that speaks HTTP as the test says."""

    opened: ClassVar[list[Http]] = []
    """All of them, to be closed when the test is over."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        Http.opened.append(self)

    @classmethod
    async def open(cls, port: int, tls: ssl.SSLContext | None = None) -> Http:
        return cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls, limit=1 << 24))

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, head_only: bool = False) -> Answer:
        """The next answer on this connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:] if line)}
            size = 0 if head_only else int(headers.get("content-length", 0))
            return Answer(int(lines[0].split()[1]), headers, await self.reader.readexactly(size))

    async def ended(self) -> bytes:
        """What comes until the server ends the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    def close(self) -> None:
        self.writer.transport.abort()


def request_bytes(method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: test", *(f"{n}: {v}" for n, v in (headers or {}).items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


async def ask(
    port: int,
    method: str,
    target: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own."""
    http = await Http.open(port, tls)
    http.send(request_bytes(method, target, headers, body))
    answer = await http.answer(head_only=method == "HEAD")
    http.close()
    return answer


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(user: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:".encode()).decode()}


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def client_frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, masked: bool = True) -> bytes:
    """A frame as a client sends it, or as it should not."""
    first, flag = opcode | (0x80 if fin else 0), 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head = bytes((first, flag | size))
    elif size < 65_536:
        head = bytes((first, flag | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, flag | 127)) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": b64encode(b"0123456789abcdef").decode(),
}


class Socket:
    """One WebSocket, frame by frame."""

    def __init__(self, http: Http) -> None:
        self.http = http

    @classmethod
    async def open(cls, port: int, token: str, query: str = "") -> Socket:
        http = await Http.open(port)
        http.send(request_bytes("GET", f"/ws?token={token}{query}", HANDSHAKE))
        answer = await http.answer()
        assert answer.status == 101, answer
        return cls(http)

    def send(self, **message: Any) -> None:
        self.frame(json.dumps(message).encode())

    def frame(self, payload: bytes, opcode: int = TEXT, *, fin: bool = True, masked: bool = True) -> None:
        self.http.send(client_frame(payload, opcode, fin=fin, masked=masked))

    async def read_frame(self) -> tuple[int, bytes]:
        """The next frame: opcode and payload."""
        reader = self.http.reader
        async with asyncio.timeout(PATIENCE_SECONDS):
            first, size = await reader.readexactly(2)
            if size >= 126:
                size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
            return first & 15, await reader.readexactly(size)

    async def heard(self) -> Any:
        """The next message."""
        while True:
            opcode, payload = await self.read_frame()
            if opcode == TEXT:
                return json.loads(payload)
            assert opcode == PING, (opcode, payload)

    async def ask(self, **message: Any) -> Any:
        self.send(**message)
        return await self.heard()

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the server's goodbye, whatever comes before it."""
        while True:
            opcode, payload = await self.read_frame()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()

    def abort(self) -> None:
        self.http.close()


async def until(condition: Any) -> None:
    """Let the loop turn until something has happened elsewhere."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - anything may be the condition, not an event alone
            await asyncio.sleep(0)
