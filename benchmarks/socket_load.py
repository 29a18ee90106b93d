"""Load on sockets: clients that do as little as possible per message, so that the server is what is measured.

Once a run is set up, all that comes back to a client has sizes it has seen before. So clients need not parse: they
count bytes, and answer with as many messages as have come.
"""

from __future__ import annotations

import asyncio
import os
import time
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.encodings import JSON, Encoding
from benchmarks.http_load import log_in
from benchmarks.result import Result
from benchmarks.servers import Server

MASK = bytes((0x12, 0x34, 0x56, 0x78))
DATA = b64encode(b"0123456789abcdef0123456789abcdef").decode()
CONTENT = '{"text":"here they come, mind the left side"}'
CALL = {"rpc": {"id": "echo", "payload": '{"hello":"world"}'}}
LATENCIES_MAX = 200_000
ANSWER_SECONDS_MAX = 10
SETTLE_SECONDS = 0.2
CONNECTING_MAX = 64


def masked(message: dict, encoding: Encoding) -> bytes:
    """A frame as a client sends it."""
    payload = encoding.dump(message)
    size = len(payload)
    opcode = encoding.opcode
    head = bytes((opcode, 0x80 | size)) if size < 126 else bytes((opcode, 0xFE)) + size.to_bytes(2, "big")
    key = (MASK * (size // 4 + 1))[:size]
    return head + MASK + (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


class Client(asyncio.Protocol):
    """One socket. First it asks and learns the sizes of frames; from `count` on it counts."""

    def __init__(self, token: str, encoding: Encoding) -> None:
        self.encoding = encoding
        self._token = token
        self._buffer = b""
        self._answers: deque[asyncio.Future[dict]] = deque()
        self._round_bytes = 0
        self._got = 0
        self._on_rounds: Callable[[int], object] = lambda n: None
        self.transport: asyncio.Transport
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sizes: dict[str, int] = {}
        self.n_rounds = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        key = b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws?token={self._token}&format={self.encoding.name} HTTP/1.1\r\nHost: load\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self._round_bytes:
            n, self._got = divmod(self._got + len(data), self._round_bytes)
            if n:
                self.n_rounds += n
                self._on_rounds(n)
            return
        self._buffer += data
        if not self.opened.done():
            head, end, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = head
            elif b" 101 " in head:
                self.opened.set_result(None)
            else:
                self.opened.set_exception(ConnectionError(head.decode()))
        self._read_frames()

    def _read_frames(self) -> None:
        while len(self._buffer) >= 2:
            size, at = self._buffer[1], 2
            if size == 126:
                size, at = int.from_bytes(self._buffer[2:4], "big"), 4
            if len(self._buffer) < at + size:
                return
            opcode, payload = self._buffer[0], self._buffer[at : at + size]
            self._buffer = self._buffer[at + size :]
            if opcode == self.encoding.opcode:
                self._heard(self.encoding.load(payload), at + size)

    def _heard(self, message: dict, size: int) -> None:
        if "error" in message:
            raise ConnectionError(str(message))
        if "cid" in message and self._answers:
            self._answers.popleft().set_result(message)
        self.sizes.update((name, size) for name in message if name != "cid")

    async def ask(self, **message: object) -> dict:
        """Send a message and wait for the answer to it."""
        answer = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        self.transport.write(masked({"cid": "1", **message}, self.encoding))
        return await asyncio.wait_for(answer, ANSWER_SECONDS_MAX)

    def count(self, *names: str, on_rounds: Callable[[int], object] = lambda n: None) -> None:
        """From now on count rounds, each of one frame of every name, and call `on_rounds(how many)`."""
        self._round_bytes = sum(self.sizes[name] for name in names)
        self._got = self.n_rounds = 0
        self._on_rounds = on_rounds


class Flow:
    """Messages of one sender under way: a new one goes out for each that has arrived."""

    def __init__(self, sender: Client, message: bytes, window: int, latencies: list[float]) -> None:
        self._write, self._message, self._window = sender.transport.write, message, window
        self._sent: deque[float] = deque()
        self._latencies = latencies

    def begin(self) -> None:
        self._send(self._window)

    def _send(self, n: int) -> None:
        self._sent.extend([time.perf_counter()] * n)
        self._write(self._message * n)

    def arrived(self, n: int) -> None:
        """So many have made the whole way: note how long the first of them took, and send as many."""
        sent = self._sent
        if len(self._latencies) < LATENCIES_MAX:
            self._latencies.append(time.perf_counter() - sent[0])
        for _ in range(n):
            sent.popleft()
        self._send(n)


@dataclass
class Players:
    """Where sockets are opened, and with which tokens."""

    server: Server
    tokens: Sequence[str]
    encoding: Encoding

    @classmethod
    async def of(cls, server: Server, n: int, *, log_in_first: bool, encoding: Encoding = JSON) -> Players:
        """Make sure of `n` players; a bare server asks nobody who they are."""
        return cls(server, await log_in(server.port, n) if log_in_first else [""] * n, encoding)

    def frame(self, message: dict) -> bytes:
        """A message as these players send it."""
        return masked(message, self.encoding)

    async def connect(self, n: int) -> list[Client]:
        loop = asyncio.get_running_loop()
        clients: list[Client] = []
        for first in range(0, n, CONNECTING_MAX):
            some = [
                loop.create_connection(lambda token=token: Client(token, self.encoding), "127.0.0.1", self.server.port)
                for token in self.tokens[first : min(n, first + CONNECTING_MAX)]
            ]
            made = [client for _, client in await asyncio.gather(*some)]
            await asyncio.gather(*(client.opened for client in made))
            clients += made
        return clients


@dataclass
class Room:
    """Clients that are in a room together, and the frame that each of them may send there."""

    members: list[Client]
    message: bytes


async def matches(players: Players, n: int, size: int) -> list[Room]:
    """Relayed matches with players in them."""
    clients, rooms = await players.connect(n * size), []
    for first in range(0, n * size, size):
        members = clients[first : first + size]
        match_id = (await members[0].ask(match_create={}))["match"]["match_id"]
        for member in members[1:]:
            await member.ask(match_join={"match_id": match_id})
        data = {"match_id": match_id, "op_code": "1", "data": DATA}
        rooms.append(Room(members, players.frame({"match_data_send": data})))
    return await _settled(rooms)


async def channels(players: Players, n: int, size: int, *, stored: bool) -> list[Room]:
    """Chat rooms with players in them."""
    clients, rooms = await players.connect(n * size), []
    for number in range(n):
        members = clients[number * size : (number + 1) * size]
        for member in members:
            joined = {"target": f"room-{number}", "type": 1, "persistence": stored}
            answer = await member.ask(channel_join=joined)
        said = {"channel_id": answer["channel"]["id"], "content": CONTENT}
        rooms.append(Room(members, players.frame({"cid": "1", "channel_message_send": said})))
    return await _settled(rooms)


async def _settled(rooms: list[Room]) -> list[Room]:
    """Wait for the events of joining; then everybody is sent one message, and so knows the size of those to come."""
    await asyncio.sleep(SETTLE_SECONDS)
    for room in rooms:
        for sender in room.members[:2]:
            sender.transport.write(room.message)
    await asyncio.sleep(SETTLE_SECONDS)
    return rooms


async def relay(players: Players, seconds: float, *, pairs: int, window: int) -> Result:
    """Pairs who send each other messages, `window` under way in each direction. Messages."""
    latencies: list[float] = []
    flows, counting = [], []
    for room in await matches(players, pairs, 2):
        for sender, receiver in (room.members, reversed(room.members)):
            flow = Flow(sender, room.message, window, latencies)
            receiver.count("match_data", on_rounds=flow.arrived)
            flows.append(flow)
            counting.append(receiver)
    return await _measured(players.server, seconds, flows, counting, latencies)


async def fan_out(players: Players, seconds: float, *, rooms: int, size: int, window: int) -> Result:
    """Matches in which one speaks to all others, `window` messages under way in each. Deliveries."""
    latencies: list[float] = []
    flows, counting = [], []
    for room in await matches(players, rooms, size):
        flow = Flow(room.members[0], room.message, window, latencies)
        for member in room.members[1:-1]:
            member.count("match_data")
        room.members[-1].count("match_data", on_rounds=flow.arrived)
        flows.append(flow)
        counting += room.members[1:]
    return await _measured(players.server, seconds, flows, counting, latencies)


async def chat(players: Players, seconds: float, *, rooms: int, size: int, window: int, stored: bool) -> Result:
    """Rooms in which one chats, `window` messages under way in each; all hear it, the speaker too. Deliveries."""
    latencies: list[float] = []
    flows, counting = [], []
    for room in await channels(players, rooms, size, stored=stored):
        flow = Flow(room.members[0], room.message, window, latencies)
        for member in room.members[1:]:
            member.count("channel_message")
        room.members[0].count("channel_message_ack", "channel_message", on_rounds=flow.arrived)
        flows.append(flow)
        counting += room.members
    return await _measured(players.server, seconds, flows, counting, latencies)


async def rpc(players: Players, seconds: float, *, clients: int, window: int) -> Result:
    """Players who call a function over and over, `window` calls under way for each. Calls."""
    latencies: list[float] = []
    flows, counting = [], await players.connect(clients)
    for client in counting:
        await client.ask(**CALL)
        flow = Flow(client, players.frame({"cid": "1", **CALL}), window, latencies)
        client.count("rpc", on_rounds=flow.arrived)
        flows.append(flow)
    return await _measured(players.server, seconds, flows, counting, latencies)


async def _measured(
    server: Server, seconds: float, flows: Sequence[Flow], counting: Sequence[Client], latencies: list[float]
) -> Result:
    for flow in flows:
        flow.begin()
    await asyncio.sleep(seconds / 4)
    latencies.clear()
    before, began = sum(client.n_rounds for client in counting), server.usage()
    await asyncio.sleep(seconds)
    n = sum(client.n_rounds for client in counting) - before
    elapsed, busy, others = began.until(server.usage())
    for client in counting:
        client.transport.abort()
    await asyncio.sleep(SETTLE_SECONDS)
    return Result(n / elapsed, latencies, busy, others)


async def idle(players: Players, n: int) -> Result:
    """What one open and silent socket costs. Bytes."""
    warm = await players.connect(min(n // 4, CONNECTING_MAX))
    await asyncio.sleep(SETTLE_SECONDS)
    before = players.server.memory_bytes()
    clients = await players.connect(n)
    await asyncio.sleep(SETTLE_SECONDS)
    after = players.server.memory_bytes()
    for client in warm + clients:
        client.transport.abort()
    await asyncio.sleep(SETTLE_SECONDS)
    return Result((after - before) / n)
