"""Any sequence of logins, refreshes, logouts, pauses and restarts: a family has one live generation at most."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from tests.features.accounts.house import House

from supergame.core.clock import ManualClock
from supergame.core.errors import Unauthenticated
from supergame.edge import TokenPair
from supergame.features.accounts import REFRESH_GRACE_SECONDS
from supergame.store.sqlite import SqliteDatabase

REFRESH_TOKEN_SECONDS = 3600


@dataclass
class Line:
    """What should be true of a family: its pairs by generation, when the newest was made, whether it is over."""

    pairs: list[TokenPair]
    rotated_us: int
    over: bool = False
    used: set[int] = field(default_factory=set)


class Rotation(RuleBasedStateMachine):
    """Accounts beside the plainest model of them."""

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = ManualClock()
        self.lines: list[Line] = []
        self.starts = 0
        self.runner.run(self._begin())

    async def _begin(self) -> None:
        self.database = await SqliteDatabase.memory(clock=self.clock)
        await self._start()

    async def _start(self) -> None:
        self.starts += 1
        self.house = await House.open(self.database, self.clock, seed=self.starts)

    def teardown(self) -> None:
        self.runner.run(self._end())
        self.runner.close()

    async def _end(self) -> None:
        await self.house.close()
        await self.database.close()

    @rule(target=tokens)
    def log_in(self) -> tuple[int, int]:
        pair = self.runner.run(self._log_in())
        self.lines.append(Line([pair], self.clock.now_us()))
        return len(self.lines) - 1, 0

    async def _log_in(self) -> TokenPair:
        return await self.house.accounts.begin_session(await self.house.player("alice"))

    @rule(target=tokens, token=tokens)
    def refresh(self, token: tuple[int, int]) -> tuple[int, int]:
        number, generation = token
        line = self.lines[number]
        newest = len(line.pairs) - 1
        try:
            pair = self.runner.run(self._refresh(line.pairs[generation].refresh_token))
        except Unauthenticated:
            assert line.over or self._expired(line, generation) or not self._replayable(line, generation)
            line.over = line.over or not self._expired(line, generation)
            return token
        assert not line.over
        assert not self._expired(line, generation)
        if generation == newest:
            assert all(pair.refresh_token != earlier.refresh_token for earlier in line.pairs)
            assert all(pair.token != earlier.token for earlier in line.pairs)
            line.pairs.append(pair)
            line.rotated_us = self.clock.now_us()
        else:
            assert self._replayable(line, generation)
            assert pair.refresh_token == line.pairs[newest].refresh_token
            assert pair.token == line.pairs[newest].token
        return number, generation + 1

    async def _refresh(self, token: str) -> TokenPair:
        return await self.house.accounts.session_refresh(token)

    def _expired(self, line: Line, generation: int) -> bool:
        return line.pairs[generation].claims.issued_at + REFRESH_TOKEN_SECONDS <= self.clock.now_seconds()

    def _replayable(self, line: Line, generation: int) -> bool:
        newest = len(line.pairs) - 1
        if generation == newest:
            return True
        # No move of time here ends within a second of the grace's end, so microseconds do not matter.
        return generation == newest - 1 and self.clock.now_us() - line.rotated_us <= REFRESH_GRACE_SECONDS * 1_000_000

    @rule(token=tokens)
    def log_out(self, token: tuple[int, int]) -> None:
        number, generation = token
        line = self.lines[number]
        if line.over or self._expired(line, generation):
            return
        claims = line.pairs[generation].claims
        self.runner.run(self._log_out(claims.user_id, line.pairs[generation].refresh_token))
        line.over = True

    @rule()
    def log_out_everywhere(self) -> None:
        if self.lines:
            self.runner.run(self._log_out(self.lines[0].pairs[0].claims.user_id, ""))
            for line in self.lines:
                line.over = True

    async def _log_out(self, user_id: str, token: str) -> None:
        await self.house.accounts.session_logout(user_id, "", token)

    @rule(seconds=st.sampled_from([3, 30, 1200, 4200]))
    def wait(self, seconds: int) -> None:
        self.runner.run(self.clock.advance(seconds))

    @rule()
    def restart(self) -> None:
        self.runner.run(self._restart())

    async def _restart(self) -> None:
        await self.house.close()
        await self.clock.advance(3)  # a process takes that long to start
        await self._start()

    @invariant()
    def session_tokens_die_with_their_family(self) -> None:
        for line in self.lines:
            for pair in line.pairs:
                young = pair.claims.expires_at > self.clock.now_seconds()
                assert self._accepted(pair.token) == (young and not line.over)

    def _accepted(self, token: str) -> bool:
        try:
            self.house.tokens.verify(token)
        except Unauthenticated:
            return False
        return True


Rotation.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRotation = Rotation.TestCase
