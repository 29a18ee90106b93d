"""Time, passed in everywhere: the machine's own clock, and one that tests move by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any, Protocol

MICROSECONDS = 1_000_000


class TimerHandle(Protocol):
    """A call that is due later and may be called off."""

    def cancel(self) -> None:
        """Call it off; harmless when it has run already."""


class Clock(Protocol):
    """What time it is, and when to wake up."""

    def now_us(self) -> int:
        """Wall time in microseconds since 1970, UTC."""

    def now_seconds(self) -> int:
        """Wall time in whole seconds since 1970, UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary point; never goes back."""

    def call_later(self, seconds: float, function: Callable[..., object], *args: Any) -> TimerHandle:
        """Call `function(*args)` on the running loop once `seconds` have passed."""

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def now_seconds(self) -> int:
        return int(time.time())

    def monotonic(self) -> float:
        return time.monotonic()

    def call_later(self, seconds: float, function: Callable[..., object], *args: Any) -> TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, function, *args)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _ManualTimer:
    __slots__ = ("args", "cancelled", "function")

    def __init__(self, function: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.function, self.args, self.cancelled = function, args, False

    def cancel(self) -> None:
        self.cancelled = True


class ManualClock:
    """A clock that stands still until a test moves it: `await clock.advance(seconds)`."""

    SETTLE_TURNS_MAX = 20  # loop turns given to what a timer woke, before the next one is due

    def __init__(self, start_us: int = 1_700_000_000 * MICROSECONDS) -> None:
        self._now_us = start_us
        self._start_us = start_us
        self._timers: list[tuple[int, int, _ManualTimer]] = []
        self._order = itertools.count()

    def now_us(self) -> int:
        return self._now_us

    def now_seconds(self) -> int:
        return self._now_us // MICROSECONDS

    def monotonic(self) -> float:
        return (self._now_us - self._start_us) / MICROSECONDS

    def call_later(self, seconds: float, function: Callable[..., object], *args: Any) -> TimerHandle:
        timer = _ManualTimer(function, args)
        due_us = self._now_us + max(0, round(seconds * MICROSECONDS))
        heapq.heappush(self._timers, (due_us, next(self._order), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, _wake, woken)
        try:
            await woken
        finally:
            timer.cancel()

    async def advance(self, seconds: float) -> None:
        """Move time on, running what falls due in order and letting the loop settle after each."""
        until_us = self._now_us + round(seconds * MICROSECONDS)
        await self._settle()
        while self._timers and self._timers[0][0] <= until_us:
            due_us, _, timer = heapq.heappop(self._timers)
            self._now_us = max(self._now_us, due_us)
            if not timer.cancelled:
                timer.function(*timer.args)
                await self._settle()
        self._now_us = until_us
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(self.SETTLE_TURNS_MAX):
            await asyncio.sleep(0)
