"""The wheel: coarse timers that a clock moved by hand drives."""

from __future__ import annotations

import pytest
from tests.edge.wire import capturing_log

from supergame.core.clock import ManualClock
from supergame.edge.wheel import SLOTS, Wheel


class Bell:
    """Notes when it rang, and wants to ring again after so many seconds."""

    def __init__(self, clock: ManualClock, again: int = 0) -> None:
        self.slot = -1
        self.clock, self.again = clock, again
        self.rang: list[float] = []

    def on_tick(self) -> int:
        self.rang.append(self.clock.monotonic())
        return self.again


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def wheel(clock: ManualClock) -> Wheel:
    wheel = Wheel(clock, capturing_log()[0])
    wheel.start()
    return wheel


async def test_it_rings_when_due_and_again_if_asked(wheel: Wheel, clock: ManualClock) -> None:
    once, often = Bell(clock), Bell(clock, 3)
    wheel.set(once, 2)
    wheel.set(often, 3)
    await clock.advance(10)
    assert once.rang == [2]
    assert often.rang == [3, 6, 9]
    assert wheel.tick == 10


async def test_it_is_set_anew_or_called_off(wheel: Wheel, clock: ManualClock) -> None:
    moved, off, never = Bell(clock), Bell(clock), Bell(clock)
    wheel.set(moved, 2)
    wheel.set(moved, 5)
    wheel.set(off, 2)
    wheel.cancel(off)
    wheel.cancel(never)
    await clock.advance(10)
    assert (moved.rang, off.rang) == ([5], [])


async def test_who_waits_longer_than_a_round_is_looked_at_once_a_round(wheel: Wheel, clock: ManualClock) -> None:
    far, at_once = Bell(clock), Bell(clock)
    wheel.set(far, 1000)
    wheel.set(at_once, 0)
    await clock.advance(100)
    assert far.rang == [SLOTS - 1]
    assert at_once.rang == [1]


async def test_after_a_pause_everything_due_rings_once(clock: ManualClock) -> None:
    """The machine slept: the clock has moved on without a single turn."""

    class Sleepy(ManualClock):
        asleep = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.asleep

    sleepy = Sleepy()
    wheel = Wheel(sleepy, capturing_log()[0])
    wheel.start()
    bells = [Bell(sleepy, 1000) for _ in range(5)]
    for i, bell in enumerate(bells):
        wheel.set(bell, 1 + i * 10)
    sleepy.asleep = 500
    await sleepy.advance(1)
    assert [len(bell.rang) for bell in bells] == [1] * 5
    wheel.stop()
    wheel.stop()


async def test_one_that_fails_keeps_the_others_ringing(clock: ManualClock) -> None:
    log, lines = capturing_log()
    wheel = Wheel(clock, log)
    wheel.start()

    class Broken(Bell):
        def on_tick(self) -> int:
            raise RuntimeError

    good = Bell(clock)
    wheel.set(Broken(clock), 1)
    wheel.set(good, 1)
    await clock.advance(1)
    assert good.rang == [1]
    assert [line["event"] for line in lines] == ["a connection's timer failed"]
