"""Time: the machine's, and one that stands still until it is moved."""

import asyncio
import time

import pytest

from supergame.core.clock import MICROSECONDS, ManualClock, SystemClock


@pytest.fixture
def clock():
    return ManualClock()


async def test_a_manual_clock_stands_still(clock):
    before = clock.now_us()
    await asyncio.sleep(0)
    assert clock.now_us() == before
    assert clock.monotonic() == 0.0


async def test_advance_moves_every_reading_alike(clock):
    before_us, before_seconds = clock.now_us(), clock.now_seconds()
    await clock.advance(1.5)
    assert clock.now_us() == before_us + 1_500_000
    assert clock.now_seconds() == before_seconds + 1
    assert clock.monotonic() == 1.5


async def test_timers_run_in_order_each_at_its_own_time(clock):
    seen = []
    for name, seconds in (("late", 3), ("early", 1), ("also early", 1), ("never", 10)):
        clock.call_later(seconds, lambda name=name: seen.append((name, clock.monotonic())))
    await clock.advance(5)
    assert seen == [("early", 1.0), ("also early", 1.0), ("late", 3.0)]


async def test_a_timer_set_while_time_moves_still_runs(clock):
    """A tick that plans the next one runs as often as the time allows."""
    ticks = []

    def tick():
        ticks.append(clock.monotonic())
        clock.call_later(0.25, tick)

    clock.call_later(0.25, tick)
    await clock.advance(1)
    assert ticks == [0.25, 0.5, 0.75, 1.0]


async def test_a_task_that_sleeps_again_is_woken_again(clock):
    woken = []

    async def sleeper():
        for _ in range(3):
            await clock.sleep(2)
            woken.append(clock.monotonic())

    task = asyncio.create_task(sleeper())
    await clock.advance(5)
    assert woken == [2.0, 4.0]
    await clock.advance(1)
    await task
    assert woken == [2.0, 4.0, 6.0]


async def test_a_cancelled_timer_does_not_run(clock):
    seen = []
    timer = clock.call_later(1, seen.append, "no")
    clock.call_later(1, seen.append, "yes")
    timer.cancel()
    timer.cancel()
    await clock.advance(2)
    timer.cancel()
    assert seen == ["yes"]


async def test_a_timer_may_call_off_another_that_is_due_with_it(clock):
    seen = []
    clock.call_later(1, lambda: second.cancel())
    second = clock.call_later(1, seen.append, "second")
    await clock.advance(1)
    assert seen == []


async def test_a_cancelled_sleeper_is_not_woken(clock):
    task = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    task.cancel()
    await clock.advance(2)
    assert task.cancelled()


async def test_a_sleeper_whose_task_died_meanwhile_does_no_harm(clock):
    """Two fall due together and the first cancels the second."""
    second = asyncio.create_task(clock.sleep(1))
    clock.call_later(1, second.cancel)
    await clock.advance(2)
    assert second.done()


async def test_what_is_due_in_the_past_runs_at_the_next_step(clock):
    seen = []
    clock.call_later(-5, lambda: seen.append(clock.monotonic()))
    assert seen == []
    await clock.advance(0)
    assert seen == [0.0]


async def test_the_system_clock_reads_the_machines_time():
    clock = SystemClock()
    assert abs(clock.now_us() - time.time() * MICROSECONDS) < 5 * MICROSECONDS
    assert abs(clock.now_seconds() - time.time()) < 5
    earlier = clock.monotonic()
    assert clock.monotonic() >= earlier


async def test_the_system_clock_uses_the_loops_timers():
    clock, called = SystemClock(), asyncio.get_running_loop().create_future()
    cancelled = clock.call_later(0, called.set_exception, AssertionError("was cancelled"))
    cancelled.cancel()
    clock.call_later(0, called.set_result, "rung")
    await clock.sleep(0)
    assert await called == "rung"
