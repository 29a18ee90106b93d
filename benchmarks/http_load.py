"""Load over HTTP: connections that are kept open, with one request under way on each."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle

from benchmarks.result import Result
from benchmarks.servers import SERVER_KEY, Server

LATENCIES_MAX = 200_000
LOGINS_UNDER_WAY = 32
BASIC = {"Authorization": "Basic " + b64encode(f"{SERVER_KEY}:".encode()).decode()}


def request(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """A request's bytes, with the headers that clients usually send."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: load", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def login_request(number: int) -> bytes:
    """Log in with the device of that number."""
    return request(
        "POST", "/v2/account/authenticate/device", BASIC, json.dumps({"id": f"bench-device-{number:08}"}).encode()
    )


class Connection(asyncio.Protocol):
    """One connection that sends its next request as soon as the last one is answered, until there are no more."""

    def __init__(self, requests: Iterable[bytes], latencies: list[float], answers: list[bytes] | None = None) -> None:
        self._requests: Iterator[bytes] = iter(requests)
        self._latencies, self._answers = latencies, answers
        self._size = 0  # of the last answer: most are as long as the one before
        self._buffer = b""
        self._sent = 0.0
        self.transport: asyncio.Transport
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.n = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        following = next(self._requests, None)
        if following is None:
            self.ended.set_result(None)
            self.transport.close()
            return
        self._sent = time.perf_counter()
        self.transport.write(following)

    def data_received(self, data: bytes) -> None:
        if len(data) != self._size or self._buffer:
            self._buffer += data
            if not self._is_whole(self._buffer):
                return
            data, self._buffer = self._buffer, b""
            self._size = len(data)
        self.n += 1
        if len(self._latencies) < LATENCIES_MAX:
            self._latencies.append(time.perf_counter() - self._sent)
        if self._answers is not None:
            self._answers.append(data)
        self._send()

    def _is_whole(self, data: bytes) -> bool:
        head, end, body = data.partition(b"\r\n\r\n")
        if not end:
            return False
        if b" 200 " not in head:
            self.ended.set_exception(ConnectionError(data.decode()))
            raise ConnectionError(data.decode())
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        return len(body) == length


async def ask_all(port: int, requests: Sequence[bytes]) -> list[bytes]:
    """Make requests once, some at a time; gives the bodies of the answers, in order."""
    loop = asyncio.get_running_loop()
    lanes = [requests[first::LOGINS_UNDER_WAY] for first in range(min(LOGINS_UNDER_WAY, len(requests)))]
    answers: list[list[bytes]] = [[] for _ in lanes]
    connections: list[Connection] = []
    for lane, found in zip(lanes, answers, strict=True):
        made = loop.create_connection(lambda lane=lane, found=found: Connection(lane, [], found), "127.0.0.1", port)
        connections.append((await made)[1])
    await asyncio.gather(*(connection.ended for connection in connections))
    bodies: list[bytes] = [b""] * len(requests)
    for first, found in enumerate(answers):
        bodies[first::LOGINS_UNDER_WAY] = [answer.partition(b"\r\n\r\n")[2] for answer in found]
    return bodies


async def log_in(port: int, n: int) -> list[str]:
    """The tokens of `n` players, whose accounts are made if need be."""
    answers = await ask_all(port, [login_request(number) for number in range(n)])
    return [json.loads(answer)["token"] for answer in answers]


async def load(server: Server, seconds: float, lanes: Sequence[Sequence[bytes]]) -> Result:
    """Connections that each send their own requests in turn, over and over. Requests."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    connections: list[Connection] = []
    for lane in lanes:
        _, connection = await loop.create_connection(
            lambda lane=lane: Connection(cycle(lane), latencies), "127.0.0.1", server.port
        )
        connections.append(connection)
    await asyncio.sleep(seconds / 4)
    latencies.clear()
    before, began = sum(connection.n for connection in connections), server.usage()
    await asyncio.sleep(seconds)
    n = sum(connection.n for connection in connections) - before
    elapsed, busy, others = began.until(server.usage())
    for connection in connections:
        if connection.ended.done():
            connection.ended.result()
        connection.transport.abort()
    await asyncio.sleep(0.1)
    return Result(n / elapsed, latencies, busy, others)
