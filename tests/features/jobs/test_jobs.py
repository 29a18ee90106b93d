"""Jobs: when they run, and what a bad one does to the others."""

import asyncio
import math
from datetime import UTC, datetime, timedelta

import pytest

from supergame.core.clock import ManualClock
from supergame.core.errors import BadInput
from supergame.core.feature import Ground
from supergame.core.ids import SeededIds
from supergame.core.log import get_log
from supergame.core.telemetry import Metrics
from supergame.features.jobs import Jobs, every, on_cron

MIDNIGHT_US = 1_700_006_400 * 1_000_000  # 2023-11-15 00:00:00 UTC


class WallClock(ManualClock):
    """A clock whose hands can be set, and whose timers fire a little early, as those of event loops do."""

    set_us = 0

    def now_us(self):
        return super().now_us() + self.set_us

    def call_later(self, seconds, function, *args):
        return super().call_later(seconds - 0.0009, function, *args)


@pytest.fixture
def clock():
    return WallClock(MIDNIGHT_US)


def minutes(ran):
    """When something ran, in minutes since midnight."""
    return [round((now_us - MIDNIGHT_US) / 60_000_000, 2) for now_us in ran]


def ground(clock):
    return Ground(
        node="n1",
        config=None,
        clock=clock,
        ids=SeededIds(),
        log=get_log(),
        metrics=Metrics(),
        database=None,
        events=None,
        bus=None,
        directory=None,
        edge=None,
    )


@pytest.fixture
async def jobs(clock):
    jobs = Jobs(ground(clock))
    yield jobs
    await jobs.stop()


async def test_an_interval_job_runs_every_so_often_and_does_not_drift(jobs, clock):
    ran = []
    jobs.use([every("tick", 0.7, lambda: ran.append(clock.monotonic()))])
    await clock.advance(700)
    assert len(ran) == 1000
    assert ran[-1] == pytest.approx(700, abs=0.001)


async def test_a_cron_job_runs_when_the_expression_says_and_once(jobs, clock):
    ran = []
    jobs.use([on_cron("quarter", "*/15 * * * *", lambda: ran.append(clock.now_us()))])
    await clock.advance(3601)
    assert minutes(ran) == [15, 30, 45, 60]
    assert all(now_us >= MIDNIGHT_US + 15 * 60_000_000 for now_us in ran)


async def test_a_clock_that_is_set_forward_makes_a_cron_job_due(jobs, clock):
    ran = []
    jobs.use([on_cron("noon", "0 12 * * *", lambda: ran.append(clock.now_us()))])
    await clock.advance(60)
    clock.set_us = 12 * 3600 * 1_000_000
    await clock.advance(60)
    assert 12 * 60 <= minutes(ran)[0] <= 12 * 60 + 2


async def test_a_clock_that_is_set_back_makes_a_cron_job_run_no_second_time(jobs, clock):
    ran = []
    jobs.use([on_cron("hour", "0 * * * *", lambda: ran.append(clock.now_us()))])
    await clock.advance(3600.5)
    clock.set_us = -30 * 60 * 1_000_000
    await clock.advance(3600)
    assert minutes(ran) == [60]
    await clock.advance(1801)
    assert minutes(ran) == [60, 120]


async def test_a_clock_that_is_set_leaves_intervals_alone(jobs, clock):
    ran = []
    jobs.use([every("tick", 10, lambda: ran.append(clock.monotonic()))])
    clock.set_us = -3600 * 1_000_000
    await clock.advance(25)
    clock.set_us = 3600 * 1_000_000
    await clock.advance(10)
    assert [round(seconds) for seconds in ran] == [10, 20, 30]


async def test_what_was_missed_is_not_made_up_for(jobs, clock):
    ran = []
    jobs.use([every("tick", 10, lambda: ran.append(clock.monotonic()))])
    clock._now_us += 35_000_000  # the loop stands still for so long
    await clock.advance(6)
    assert [round(seconds) for seconds in ran] == [35, 40]


async def test_a_failing_job_stops_neither_itself_nor_others(jobs, clock):
    ran = []

    async def broken():
        ran.append("broken")
        raise ValueError("oh")

    jobs.use([every("broken", 1, broken), every("fine", 1, lambda: ran.append("fine"))])
    await clock.advance(2.1)
    assert ran == ["broken", "fine"] * 2


async def test_a_job_never_runs_twice_at_a_time_which_is_said_once(jobs, clock, capsys):
    started, go_on = [], asyncio.Event()

    async def slow():
        started.append(1)
        await go_on.wait()

    jobs.use([every("slow", 1, slow)])
    await clock.advance(5.1)
    assert len(started) == 1
    assert capsys.readouterr().out.count("skipped until its last run is over") == 1
    go_on.set()
    await clock.advance(1)
    assert len(started) == 2
    await jobs.stop()
    await clock.advance(5)
    assert len(started) == 2


async def test_new_jobs_replace_old_ones_and_unchanged_ones_keep_their_time(jobs, clock):
    ran = []
    jobs.use([every("kept", 10, lambda: ran.append("old")), every("gone", 5, lambda: ran.append("gone"))])
    await clock.advance(4)
    jobs.use([every("kept", 10, lambda: ran.append("new"))])
    await clock.advance(6.1)
    assert ran == ["new"]
    assert [job.name for job in jobs.all] == ["kept"]


async def test_a_changed_schedule_begins_anew(jobs, clock):
    ran = []
    jobs.use([every("work", 10, lambda: ran.append("ten"))])
    await clock.advance(9)
    jobs.use([every("work", 20, lambda: ran.append("twenty"))])
    await clock.advance(19)
    assert ran == []
    await clock.advance(1.1)
    assert ran == ["twenty"]


@pytest.mark.parametrize("expression", ["every day", "", "* * * *", "* * * * * * *", "0 0 30 2 *", "61 * * * *"])
def test_a_cron_expression_has_to_make_sense(expression):
    with pytest.raises(BadInput, match="not a cron expression"):
        on_cron("bad", expression, print)


@pytest.mark.parametrize("seconds", [0, 0.09, -1, 1e9, math.inf, math.nan])
def test_an_interval_is_neither_too_short_nor_too_long(seconds):
    with pytest.raises(BadInput, match="does not do"):
        every("bad", seconds, print)


def test_a_cron_expression_tells_its_times(clock):
    jobs = Jobs(ground(clock))
    midnight = datetime.fromtimestamp(MIDNIGHT_US // 1_000_000, UTC)
    assert jobs.cron_next("0 12 * * *") == midnight + timedelta(hours=12)
    assert jobs.cron_prev("0 12 * * *") == midnight - timedelta(hours=12)
    assert jobs.cron_next("@monthly", midnight) == datetime(2023, 12, 1, tzinfo=UTC)
    assert jobs.cron_prev("0 0 * * *", midnight) == midnight
    with pytest.raises(BadInput, match="not a cron expression"):
        jobs.cron_next("whenever")
