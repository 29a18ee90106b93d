"""A crowd that comes and goes, among players who do it badly: memory, files and tasks of the node stay bounded.

    python -m tests.acceptance.soak --minutes 10 --seed 1

It goes in waves. In each, players log in, save, chat, are matched and play; beside them some never read, some stop in
the middle of a word, some vanish without a goodbye, and the game's code is changed while it runs. After each wave
everybody leaves, and the node has to come back to what it was.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import socket
import tempfile
import time
from base64 import b64encode
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from tests.acceptance.server import GAME, Server

from supergame.cli.crowd import Crowd
from supergame.client import Client, Socket
from supergame.client import Session as Login
from supergame.edge.session import QUEUE_FULL

PLAYERS = 24
SLOW_READERS = 3
HALF_OPEN = 6
WAVE_SECONDS_MAX = 10.0
WAVES_MIN = 3
QUIET_SECONDS_MAX = 15.0
"""What everybody's leaving may take; the settings below end whoever says nothing long before."""
LOOK_SECONDS = 0.05
WARM_WAVES = 1
"""Waves that may fill caches before growth is counted."""
GROWTH_MAX_BYTES = 32 * 1024 * 1024
STRAY_FILES_MAX = 8
"""Files beyond those of the start: the database's readers are opened when they are needed."""
STRAY_TASKS_MAX = 4
LOUD_BYTES = 8_000
LOUD_MESSAGES = 400

SETTINGS = {
    "matchmaker.interval_seconds": 0.2,
    "edge.token_cache_max": 500,
    "edge.send_queue_bytes_max": 65_536,
    "edge.ping_seconds": 1,
    "edge.pong_seconds_max": 2,
    "edge.read_seconds_max": 2,
    "edge.idle_seconds_max": 3,
}
"""Short limits, so that a short run meets them all."""


class Unbounded(AssertionError):
    """Something grows that should not, or went wrong."""


@dataclass(frozen=True)
class State:
    """What the node holds when nobody is there."""

    memory_bytes: int
    files: int
    tasks: int


class Soak:
    """One node, and what is done to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._rng = random.Random(seed)
        self._game = folder / "game" / "game.py"
        self._game.parent.mkdir()
        self._game.write_text(GAME.read_text())
        self.server = Server(folder, self._game, command="dev", settings=SETTINGS)
        self._version = 1
        self._done: Counter[str] = Counter()
        self._steady: Socket

    async def run(self, seconds: float) -> list[State]:
        """Soak for so long; gives the state at the start and after each wave. Raises Unbounded."""
        self.server.start()
        try:
            async with Client("127.0.0.1", self.server.port) as client:
                login = await client.authenticate_device("device-of-the-steady-one")
                self._steady = await client.connect(login, reconnect=False)
                async with self._steady:
                    states = await self._waves(client, seconds)
        finally:
            self.server.stop()
        complaints = self.server.complaints()
        if complaints:
            raise Unbounded(f"the node has logged errors: {complaints[:3]}")
        return states

    async def _waves(self, client: Client, seconds: float) -> list[State]:
        waves = max(WAVES_MIN, round(seconds / WAVE_SECONDS_MAX))
        states = [await self._state()]
        for number in range(1, waves + 1):
            began = time.perf_counter()
            await self._wave(client, seconds / waves)
            states.append(await self._quiet(states[0]))
            now = states[-1]
            print(
                f"wave {number:3} of {waves}: {time.perf_counter() - began:4.1f} s, then {now.memory_bytes >> 20} MiB, "
                f"{now.files} files, {now.tasks} tasks",
                flush=True,
            )
        if not all(self._done.values()):
            raise Unbounded(f"some steps were never done: {dict(self._done)}")
        grown = states[-1].memory_bytes - states[WARM_WAVES].memory_bytes
        if grown > GROWTH_MAX_BYTES:
            raise Unbounded(f"memory has grown by {grown >> 20} MiB since the first wave")
        return states

    async def _wave(self, client: Client, seconds: float) -> None:
        crowd = Crowd(client, PLAYERS, run="soak", seed=self._rng.getrandbits(32))
        async with AsyncExitStack() as stack:
            login = await client.authenticate_device("device-of-the-unsteady-one")
            for _ in range(HALF_OPEN):
                await self._half_open(stack, login)
            async with asyncio.TaskGroup() as group:
                group.create_task(crowd.run(seconds))
                group.create_task(self._slow_readers(client))
                group.create_task(self._reload())
        if crowd.reasons:
            raise Unbounded(f"players met errors: {dict(crowd.reasons)}")
        self._done.update({name: step.count for name, step in crowd.steps.items()})

    async def _slow_readers(self, client: Client) -> None:
        """Players who never read what a loud room says are cut off; the loud one is not held up."""
        loud = await client.authenticate_device("device-of-the-loud-one")
        async with AsyncExitStack() as stack:
            speaker = await stack.enter_async_context(await client.connect(loud, reconnect=False))
            channel = await speaker.join_chat("loud", persistence=False)
            readers = [await self._slow_reader(stack, loud) for _ in range(SLOW_READERS)]
            content = {"text": "x" * LOUD_BYTES}
            for _ in range(LOUD_MESSAGES // 20):
                await asyncio.gather(*(speaker.send_chat(channel.id, content) for _ in range(20)))
            ends = [await _drained(reader) for reader in readers]
            if not any(QUEUE_FULL.encode() in end for end in ends):
                raise Unbounded(f"nobody was cut off for not reading: {ends}")

    async def _slow_reader(self, stack: AsyncExitStack, login: Login) -> socket.socket:
        reader = await self._raw_socket(stack, login)
        await asyncio.get_running_loop().sock_sendall(
            reader, _masked(b'{"channel_join":{"target":"loud","type":1,"persistence":false}}')
        )
        return reader

    async def _half_open(self, stack: AsyncExitStack, login: Login) -> None:
        """Connections that stop in the middle of a word, or fall silent, or vanish."""
        loop = asyncio.get_running_loop()
        kind = self._rng.randrange(4)
        if kind == 0:
            stopped = await self._connection(stack)
            await loop.sock_sendall(stopped, b"PUT /v2/storage HTTP/1.1\r\nHost: x\r\nContent-Le")
        elif kind == 1:
            stopped = await self._connection(stack)
            await loop.sock_sendall(stopped, b"PUT /v2/storage HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        elif kind == 2:
            silent = await self._raw_socket(stack, login)
            await loop.sock_sendall(silent, _masked(b'{"match_create":{}}')[:-4])
        else:
            vanished = await self._raw_socket(stack, login)
            vanished.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # reset

    async def _raw_socket(self, stack: AsyncExitStack, login: Login) -> socket.socket:
        """A connection on which a WebSocket has been opened, and nobody answers pings."""
        opened = await self._connection(stack)
        loop = asyncio.get_running_loop()
        key = b64encode(self._rng.randbytes(16)).decode()
        head = (
            f"GET /ws?token={login.token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        await loop.sock_sendall(opened, head.encode())
        answer = await loop.sock_recv(opened, 1_000)
        if not answer.startswith(b"HTTP/1.1 101 "):
            raise Unbounded(f"a socket was refused: {answer!r}")
        return opened

    async def _connection(self, stack: AsyncExitStack) -> socket.socket:
        connection = stack.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.server.port))
        return connection

    async def _reload(self) -> None:
        """Change the game's code; the steady player's next calls reach the new one, over the same socket."""
        before, self._version = self._version, self._version + 1
        code = self._game.read_text().replace(f"VERSION = {before}\n", f"VERSION = {self._version}\n")
        changed = self._game.with_suffix(".new")
        changed.write_text(code)
        os.replace(changed, self._game)
        async with asyncio.timeout(QUIET_SECONDS_MAX):
            while int(await self._steady.rpc("version")) != self._version:  # noqa: ASYNC110 - another process
                await asyncio.sleep(LOOK_SECONDS)

    async def _quiet(self, first: State) -> State:
        """Wait until everybody but the steady player is gone, and the node holds no more than at first."""
        deadline = time.monotonic() + QUIET_SECONDS_MAX
        while True:
            left = (await self._metrics())["supergame_sessions"] - 1
            state = await self._state()
            files, tasks = state.files - first.files, state.tasks - first.tasks
            if not left and files <= STRAY_FILES_MAX and tasks <= STRAY_TASKS_MAX:
                return state
            if time.monotonic() > deadline:
                raise Unbounded(f"when all had left there were {left} sessions, {files} files and {tasks} tasks more")
            await asyncio.sleep(LOOK_SECONDS)

    async def _state(self) -> State:
        process = Path("/proc") / str(self.server.pid)
        found = re.search(r"VmRSS:\s+(\d+) kB", (process / "status").read_text())
        assert found is not None
        files = len(list((process / "fd").iterdir()))
        return State(int(found[1]) * 1024, files, int(await self._steady.rpc("tasks")))

    async def _metrics(self) -> dict[str, float]:
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        async with aiohttp.ClientSession() as http, http.get(url, headers={"Connection": "close"}) as answer:
            lines = (await answer.text()).splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}


async def _drained(reader: socket.socket) -> bytes:
    """Read at last what was sent, up to the end that the server has made of it; gives the last bytes."""
    loop, end = asyncio.get_running_loop(), b""
    async with asyncio.timeout(QUIET_SECONDS_MAX):
        try:
            while data := await loop.sock_recv(reader, 65_536):
                end = (end + data)[-100:]
        except ConnectionResetError:
            pass
    return end


def _masked(payload: bytes) -> bytes:
    """A text frame as clients send it, with a mask that changes nothing."""
    size = len(payload)
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE, size >> 8, size & 255])
    return head + bytes(4) + payload


async def run(folder: Path, *, seconds: float, seed: int) -> list[State]:
    """Soak a node for so long. Raises Unbounded."""
    return await Soak(folder, seed).run(seconds)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Let a crowd come and go, and watch what the node holds.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), seconds=60 * options.minutes, seed=options.seed))


if __name__ == "__main__":
    main()
