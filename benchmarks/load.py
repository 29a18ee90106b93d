"""The load generator: raw sockets that do as little as possible per message, so that the server is what is measured.

Once a run is set up, every message that comes back in it has the same size. So clients need not parse: they count
bytes, and answer with as many messages as have come. Runs give messages (or requests) per second, and the time one
is under way.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from base64 import b64encode
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

MASK = bytes((0x12, 0x34, 0x56, 0x78))
LATENCIES_MAX = 200_000


@dataclass
class Result:
    """What a run has measured."""

    per_second: float
    latencies: list[float] = field(default_factory=list)

    def percentile(self, part: float) -> float:
        """A latency in milliseconds, 0 if none were measured."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0


def masked(payload: bytes) -> bytes:
    """A text frame as a client sends it."""
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    key = (MASK * (size // 4 + 1))[:size]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
    return head + MASK + body


class SocketClient(asyncio.Protocol):
    """One socket. `ask` is for setting up; `count` switches to counting bytes."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.buffer = b""
        self.answers: deque[asyncio.Future[dict]] = deque()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frame_size = 0
        self.got = 0
        self.on_frames: Callable[[int], object] = lambda n: None
        self.n_frames = 0

    @classmethod
    async def connect(cls, port: int, token: str = "") -> SocketClient:
        """Open a socket and shake hands."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", port)
        await client.opened
        return client

    token = ""

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        key = b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws?token={self.token} HTTP/1.1\r\nHost: load\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self.frame_size:
            got = self.got + len(data)
            n, self.got = divmod(got, self.frame_size)
            if n:
                self.n_frames += n
                self.on_frames(n)
            return
        self.buffer += data
        if not self.opened.done():
            head, end, self.buffer = self.buffer.partition(b"\r\n\r\n")
            if not end:
                self.buffer = head
            elif b" 101 " in head:
                self.opened.set_result(None)
            else:
                self.opened.set_exception(ConnectionError(head.decode()))
        while len(self.buffer) >= 2:
            size, at = self.buffer[1], 2
            if size == 126:
                size, at = int.from_bytes(self.buffer[2:4], "big"), 4
            if len(self.buffer) < at + size:
                return
            opcode, payload, self.buffer = self.buffer[0], self.buffer[at : at + size], self.buffer[at + size :]
            if opcode == 0x81:
                self.heard(payload, at + size)

    def heard(self, payload: bytes, size: int) -> None:
        message = json.loads(payload)
        if "cid" in message and self.answers:
            self.answers.popleft().set_result(message)
        self.last_size = size

    last_size = 0

    async def ask(self, **message: object) -> dict:
        """Send a message and wait for the answer to it."""
        answer = asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        self.transport.write(masked(json.dumps({"cid": "1", **message}).encode()))
        return await asyncio.wait_for(answer, 10)

    def count(self, on_frames: Callable[[int], object]) -> None:
        """From now on only count frames, which all have the size of the last one."""
        self.frame_size, self.got, self.n_frames, self.on_frames = self.last_size, 0, 0, on_frames


Login = Callable[[], Awaitable[str]]


async def _connect_all(port: int, n: int, login: Login) -> list[SocketClient]:
    clients = []
    for _ in range(n):
        token = await login()
        made = type("Client", (SocketClient,), {"token": token})
        clients.append(await made.connect(port))
    return clients


async def _rooms(port: int, n_rooms: int, size: int, login: Login) -> list[tuple[list[SocketClient], bytes]]:
    """Matches with players in them, and the frame that each of their players sends."""
    rooms = []
    clients = await _connect_all(port, n_rooms * size, login)
    for i in range(n_rooms):
        members = clients[i * size : (i + 1) * size]
        match_id = (await members[0].ask(match_create={}))["match"]["match_id"]
        for member in members[1:]:
            await member.ask(match_join={"match_id": match_id})
        data = b64encode(b"0123456789abcdef0123456789abcdef").decode()
        send = {"match_data_send": {"match_id": match_id, "op_code": "1", "data": data}}
        rooms.append((members, masked(json.dumps(send, separators=(",", ":")).encode())))
    await asyncio.sleep(0.3)  # presence events
    for members, message in rooms:
        for sender in members[:2]:  # so that everybody has seen one frame of the size that will come
            sender.transport.write(message)
    await asyncio.sleep(0.3)
    return rooms


async def relay(port: int, seconds: float, login: Login, pairs: int = 50, window: int = 4) -> Result:
    """Pairs of players who answer each message with one, some under way in each direction. Messages relayed."""
    rooms = await _rooms(port, pairs, 2, login)
    everybody: list[SocketClient] = []
    for members, message in rooms:
        for member in members:
            write = member.transport.write
            member.count(lambda n, write=write, message=message: write(message * n))
            everybody.append(member)
    for members, message in rooms:
        for member in members:
            member.transport.write(message * window)
    return await _measured(everybody, seconds)


async def fan_out(port: int, seconds: float, login: Login, rooms: int = 10, size: int = 20, window: int = 16) -> Result:
    """Rooms in which one speaks to all others, some messages under way in each. Deliveries."""
    made = await _rooms(port, rooms, size, login)
    everybody: list[SocketClient] = []
    for members, message in made:
        write = members[0].transport.write
        for member in members[1:]:
            member.count(lambda n: None)
            everybody.append(member)
        members[-1].on_frames = lambda n, write=write, message=message: write(message * n)
    for members, message in made:
        members[0].transport.write(message * window)
    return await _measured(everybody, seconds)


async def rpc_echo(port: int, seconds: float, login: Login, clients: int = 50, window: int = 4) -> Result:
    """Players who call a function over and over, some calls under way for each. Calls."""
    everybody = await _connect_all(port, clients, login)
    call = {"rpc": {"id": "echo", "payload": '{"hello":"world"}'}}
    message = masked(json.dumps({"cid": "1", **call}, separators=(",", ":")).encode())
    latencies: list[float] = []
    for client in everybody:
        await client.ask(**call)
        sent = deque([time.perf_counter()] * window)

        def answer(n: int, write=client.transport.write, sent=sent) -> None:
            now = time.perf_counter()
            for _ in range(n):
                began = sent.popleft()
                if len(latencies) < LATENCIES_MAX:
                    latencies.append(now - began)
                sent.append(now)
            write(message * n)

        client.count(answer)
    for client in everybody:
        client.transport.write(message * window)
    result = await _measured(everybody, seconds)
    return Result(result.per_second, latencies)


async def _measured(clients: list[SocketClient], seconds: float) -> Result:
    await asyncio.sleep(min(0.5, seconds / 4))
    before, began = sum(client.n_frames for client in clients), time.perf_counter()
    await asyncio.sleep(seconds)
    n, elapsed = sum(client.n_frames for client in clients) - before, time.perf_counter() - began
    for client in clients:
        client.transport.abort()
    await asyncio.sleep(0.1)
    return Result(n / elapsed)


class HttpClient(asyncio.Protocol):
    """One connection that asks the same thing over and over."""

    def __init__(self, request: bytes, latencies: list[float]) -> None:
        self.request = request
        self.latencies = latencies
        self.n = 0
        self.size = 0
        self.first = b""
        self.got = 0
        self.sent = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.sent = time.perf_counter()
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        if not self.size:
            self.first += data
            head, _, body = self.first.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            if len(body) < length:
                return
            if b" 200 " not in head:
                raise ConnectionError(self.first.decode())
            self.size = len(self.first)
        else:
            self.got += len(data)
            if self.got < self.size:
                return
            self.got = 0
            self.n += 1
        now = time.perf_counter()
        if len(self.latencies) < LATENCIES_MAX:
            self.latencies.append(now - self.sent)
        self.sent = now
        self.transport.write(self.request)


def http_request(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request's bytes, with the headers that clients usually send."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: load", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def http(port: int, seconds: float, requests: list[bytes]) -> Result:
    """Connections that each send their own request again as soon as it is answered. Requests."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    clients = []
    for request in requests:
        _, client = await loop.create_connection(lambda r=request: HttpClient(r, latencies), "127.0.0.1", port)
        clients.append(client)
    await asyncio.sleep(min(0.5, seconds / 4))
    latencies.clear()
    before, began = sum(client.n for client in clients), time.perf_counter()
    await asyncio.sleep(seconds)
    n, elapsed = sum(client.n for client in clients) - before, time.perf_counter() - began
    for client in clients:
        client.transport.abort()
    await asyncio.sleep(0.1)
    return Result(n / elapsed, latencies)
