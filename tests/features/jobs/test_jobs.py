"""Jobs: when they run, and what a bad one does to the others."""

import asyncio

import pytest

from supergame.core.clock import ManualClock
from supergame.core.errors import BadInput
from supergame.core.feature import Ground
from supergame.core.ids import SeededIds
from supergame.core.log import get_log
from supergame.core.telemetry import Metrics
from supergame.features.jobs import Jobs, every, on_cron

MIDNIGHT_US = 1_700_006_400 * 1_000_000  # 2023-11-15 00:00:00 UTC


@pytest.fixture
def clock():
    return ManualClock(MIDNIGHT_US)


@pytest.fixture
async def jobs(clock):
    ground = Ground(
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
    jobs = Jobs(ground)
    yield jobs
    await jobs.stop()


async def test_an_interval_job_runs_every_so_often(jobs, clock):
    ran = []
    jobs.use([every("tick", 10, lambda: ran.append(clock.now_seconds()))])
    await clock.advance(35)
    assert [seconds - MIDNIGHT_US // 1_000_000 for seconds in ran] == [10, 20, 30]


async def test_a_cron_job_runs_when_the_expression_says(jobs, clock):
    ran = []
    jobs.use([on_cron("quarter", "*/15 * * * *", lambda: ran.append(clock.now_seconds()))])
    await clock.advance(3600)
    assert [(seconds - MIDNIGHT_US // 1_000_000) // 60 for seconds in ran] == [15, 30, 45, 60]


async def test_a_failing_job_stops_neither_itself_nor_others(jobs, clock):
    ran = []

    async def broken():
        ran.append("broken")
        raise ValueError("oh")

    jobs.use([every("broken", 1, broken), every("fine", 1, lambda: ran.append("fine"))])
    await clock.advance(2)
    assert ran == ["broken", "fine"] * 2


async def test_a_job_never_runs_twice_at_a_time(jobs, clock):
    started, go_on = [], asyncio.Event()

    async def slow():
        started.append(1)
        await go_on.wait()

    jobs.use([every("slow", 1, slow)])
    await clock.advance(5)
    assert len(started) == 1
    go_on.set()
    await clock.advance(1)
    assert len(started) == 2
    await jobs.stop()


async def test_new_jobs_replace_old_ones_and_unchanged_ones_keep_their_time(jobs, clock):
    ran = []
    jobs.use([every("kept", 10, lambda: ran.append("old")), every("gone", 5, lambda: ran.append("gone"))])
    await clock.advance(4)
    jobs.use([every("kept", 10, lambda: ran.append("new"))])
    await clock.advance(6)
    assert ran == ["new"]
    assert [job.name for job in jobs.all] == ["kept"]


def test_a_schedule_that_makes_no_sense_is_refused():
    with pytest.raises(BadInput, match="not a cron expression"):
        on_cron("bad", "every day", print)
    with pytest.raises(BadInput, match="too often"):
        every("bad", 0, print)
