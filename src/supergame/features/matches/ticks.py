"""When the ticks of a match are due: evenly, and never so that one match takes the node for itself."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from supergame.core.clock import Clock, TimerHandle
from supergame.core.errors import BadInput
from supergame.features.matches.model import TICK_RATE_MAX


def check_tick_rate(rate: object) -> int:
    """The rate, if it is one. Raises BadInput."""
    if not isinstance(rate, int) or not 1 <= rate <= TICK_RATE_MAX:
        raise BadInput(f"A match's tick_rate is a whole number from 1 to {TICK_RATE_MAX}, not {rate!r}.")
    return rate


class Ticks:
    """Calls `due()` for every tick; whoever ticks says so `with ticks:`, and asks for the `next` one when it is done.

    A late match skips ticks instead of catching up in a burst. While plain code runs, the whole node stands still;
    a tick whose plain part overruns its period is followed by a rest as long, which leaves the others half the time.
    """

    def __init__(self, clock: Clock, due: Callable[[], None]) -> None:
        self.period_seconds = 1.0
        self.skipped = 0
        """How many ticks were left out before the one that `next` waits for: the match, or the node, was too slow."""
        self._clock, self._due = clock, due
        self._due_at = 0.0
        self._began_at = 0.0
        self._held_seconds = 0.0
        self._timer: TimerHandle | None = None

    def set_rate(self, rate: object) -> None:
        """Take another rate, a second, from the next tick on. Raises BadInput."""
        self.period_seconds = 1.0 / check_tick_rate(rate)

    def start(self) -> None:
        """The first tick is due now."""
        self._due_at = self._clock.monotonic()
        self._wait()

    def stop(self) -> None:
        """There are no more ticks."""
        if self._timer is not None:
            self._timer.cancel()

    def __enter__(self) -> None:
        self._began_at = self._clock.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held_seconds = self._clock.monotonic() - self._began_at

    def next(self) -> float:
        """The tick is done, what it waited for included: wait for the next one. Gives the seconds it took."""
        now = self._clock.monotonic()
        self._due_at += self.period_seconds
        self.skipped = max(0, int((now - self._due_at) / self.period_seconds))
        self._due_at = max(self._due_at, now)
        if self._held_seconds > self.period_seconds:
            self._due_at = max(self._due_at, now + self._held_seconds)
        self._wait()
        return now - self._began_at

    def _wait(self) -> None:
        self._timer = self._clock.call_later(max(0.0, self._due_at - self._clock.monotonic()), self._due)
