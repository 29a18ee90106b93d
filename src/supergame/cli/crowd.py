"""A crowd of players made by machine: they log in, are matched, play, chat and save, and what it took is measured.

They use nothing but the protocol, so they play against any server that speaks it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from supergame.client import Client, ClientError, Session, Socket
from supergame.protocol.matches import MatchData
from supergame.protocol.matchmaker import MatchmakerMatched

SAMPLES_MAX = 200_000  # latencies kept for each kind of step; later ones replace earlier ones at random
LOGINS_AT_A_TIME = 20
MATCHED_SECONDS_MAX = 60.0
PLAY_SECONDS = 10.0  # one match, then the next is looked for
SENDS_PER_SECOND = 10
ROOMS = 20  # players per chat room
ERRORS_SHOWN = 5


@dataclass
class Step:
    """How one kind of step has gone."""

    count: int = 0
    errors: int = 0
    seconds: list[float] = field(default_factory=list)

    def add(self, seconds: float, rng: random.Random) -> None:
        """Count one that went well."""
        self.count += 1
        if len(self.seconds) < SAMPLES_MAX:
            self.seconds.append(seconds)
        else:
            self.seconds[rng.randrange(SAMPLES_MAX)] = seconds

    def percentile(self, share: float) -> float:
        """The latency in seconds that this share of the steps did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Crowd:
    """Players, and what they have measured so far."""

    def __init__(self, client: Client, players: int, *, run: str, seed: int = 0) -> None:
        self._client, self._players, self._run_name = client, players, run
        self._rng = random.Random(seed)
        self._logins = asyncio.Semaphore(LOGINS_AT_A_TIME)
        self.steps: dict[str, Step] = {
            name: Step() for name in ("login", "save", "load", "chat", "matched", "match data")
        }
        self.online = 0
        self.playing = 0
        self.reasons: Counter[str] = Counter()

    async def run(self, seconds: float) -> None:
        """Let everybody play for so long."""
        until = time.perf_counter() + seconds
        try:
            async with asyncio.timeout(seconds + MATCHED_SECONDS_MAX), asyncio.TaskGroup() as group:
                for number in range(self._players):
                    group.create_task(self._play(number, until))
        except TimeoutError:
            self.reasons["players did not finish in time"] += 1

    @asynccontextmanager
    async def _timed(self, name: str) -> AsyncIterator[None]:
        step, began = self.steps[name], time.perf_counter()
        try:
            yield
        except (ClientError, TimeoutError) as error:
            step.errors += 1
            self.reasons[f"{name}: {error or 'no answer in time'}"] += 1
            raise
        step.add(time.perf_counter() - began, self._rng)

    async def _play(self, number: int, until: float) -> None:
        rng = random.Random(self._rng.random())
        while time.perf_counter() < until:
            try:
                async with self._logins, self._timed("login"):
                    session = await self._client.authenticate_device(f"crowd-{self._run_name}-{number:06d}")
                    socket = await self._client.connect(session, reconnect=False)
            except (ClientError, TimeoutError):
                await asyncio.sleep(rng.uniform(0.5, 1.5))
                continue
            self.online += 1
            try:
                async with socket:
                    await self._stay(number, session, socket, until, rng)
            except (ClientError, TimeoutError):
                await asyncio.sleep(rng.uniform(0.1, 0.5))
            finally:
                self.online -= 1

    async def _stay(self, number: int, session: Session, socket: Socket, until: float, rng: random.Random) -> None:
        channel = await socket.join_chat(f"crowd-{self._run_name}-{number // ROOMS}")
        while time.perf_counter() < until:
            async with self._timed("save"):
                await self._client.write_object(session, "crowd", "state", {"seen": rng.random()})
            async with self._timed("load"):
                await self._client.read_object(session, "crowd", "state")
            async with self._timed("chat"):
                await socket.send_chat(channel.id, {"text": f"player {number} is here"})
            async with self._timed("matched"):
                await socket.add_matchmaker(
                    f"+properties.crowd:{self._run_name}", 2, 2, string_properties={"crowd": self._run_name}
                )
                wait = min(MATCHED_SECONDS_MAX, max(0.1, until - time.perf_counter()))
                try:
                    matched = await socket.next(MatchmakerMatched, wait)
                except TimeoutError:
                    if time.perf_counter() >= until:
                        return  # the time is over, and nobody was left to play with
                    raise
            await self._match(socket, matched, until, rng)

    async def _match(self, socket: Socket, matched: MatchmakerMatched, until: float, rng: random.Random) -> None:
        match = await socket.join_match(matched.match_id, token=matched.token)
        step, loop_until = self.steps["match data"], min(until, time.perf_counter() + PLAY_SECONDS)
        hear_no_more = socket.on(MatchData, lambda event: self._arrived(step, event))
        self.playing += 1
        try:
            while time.perf_counter() < loop_until:
                socket.send_match_data(match.match_id, 1, f"{time.perf_counter():.6f}".encode())
                await asyncio.sleep(rng.uniform(0.5, 1.5) / SENDS_PER_SECOND)
            await socket.leave_match(match.match_id)
        finally:
            hear_no_more()
            self.playing -= 1

    def _arrived(self, step: Step, event: MatchData) -> None:
        try:
            sent = float(event.data)
        except ValueError:
            return  # the server's own game talks in its own way
        if event.op_code == 1 and event.presence is not None:
            step.add(time.perf_counter() - sent, self._rng)
