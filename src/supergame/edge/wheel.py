"""Coarse timers for very many connections: one call of the clock a second looks after all of them.

Timers here fire up to a second late and are cheap to set: what a connection is due for is an entry in the slot of
that second. A connection is in one slot at a time.
"""

from __future__ import annotations

from typing import Final, Protocol

from supergame.core.clock import Clock, TimerHandle
from supergame.core.log import Log

SLOTS: Final = 64
"""Seconds until the wheel comes round; who waits longer is looked at once a round."""

TICK_SECONDS: Final = 1.0


class Timed(Protocol):
    """What can be in the wheel."""

    slot: int
    """Where it is, -1 for nowhere. Only the wheel writes it."""

    def on_tick(self) -> int:
        """Its time has come; gives the seconds until it wants to be called again, 0 for never."""


class Wheel:
    """All coarse timers of one node. `tick` is the time in whole seconds, cheap to read."""

    def __init__(self, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._slots: list[set[Timed]] = [set() for _ in range(SLOTS)]
        self._timer: TimerHandle | None = None
        self.tick = int(clock.monotonic())

    def start(self) -> None:
        """Begin to turn, on the running loop."""
        self.tick = int(self._clock.monotonic())
        self._timer = self._clock.call_later(TICK_SECONDS, self._turn)

    def stop(self) -> None:
        """Stop turning."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def set(self, item: Timed, seconds: int) -> None:
        """Call `item.on_tick()` in so many seconds, instead of when it was due before."""
        if item.slot >= 0:
            self._slots[item.slot].discard(item)
        item.slot = (self.tick + min(max(seconds, 1), SLOTS - 1)) % SLOTS
        self._slots[item.slot].add(item)

    def cancel(self, item: Timed) -> None:
        """Forget about an item; harmless when it is not in the wheel."""
        if item.slot >= 0:
            self._slots[item.slot].discard(item)
            item.slot = -1

    def _turn(self) -> None:
        self._timer = self._clock.call_later(TICK_SECONDS, self._turn)
        now = int(self._clock.monotonic())
        # After a pause of more than a round every slot is due, once.
        for tick in range(max(self.tick + 1, now - SLOTS + 1), now + 1):
            self.tick = tick
            at = tick % SLOTS
            due, self._slots[at] = self._slots[at], set()
            for item in due:
                item.slot = -1
                try:
                    seconds = item.on_tick()
                except Exception:
                    self._log.exception("a connection's timer failed")
                    continue
                if seconds:
                    self.set(item, seconds)
