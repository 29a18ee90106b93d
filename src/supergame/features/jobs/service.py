"""Runs jobs when they are due: one run of a job at a time, and a failing job is logged and tried when next due.

A run that falls due while the node is down, or while the last one is still under way, is skipped.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from supergame.core.clock import MICROSECONDS, TimerHandle
from supergame.core.feature import Ground
from supergame.core.schedule import Schedule
from supergame.features.jobs.model import Job
from supergame.protocol.types import timestamp

LOOK_SECONDS_MAX = 60.0  # how long at most until the clock is looked at again: it may be set, or a laptop sleep
WAIT_SECONDS_MIN = 0.001  # the loop's timers are no finer than that, and may fire so much too early


@dataclass(slots=True, eq=False)
class _Planned:
    """A job, and when it is due by its clock."""

    job: Job
    due_us: int
    timer: TimerHandle | None = None


class Jobs:
    """The jobs of this node; game code uses it as `services.jobs`."""

    def __init__(self, ground: Ground) -> None:
        self._clock, self._log = ground.clock, ground.log
        self._planned: dict[str, _Planned] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._skipping: set[str] = set()
        metrics = ground.metrics
        self._runs = metrics.counter("supergame_jobs", "Runs of jobs.")
        self._failures = metrics.counter("supergame_job_failures", "Runs of jobs that raised.")

    @property
    def all(self) -> list[Job]:
        """Every job there is."""
        return [planned.job for planned in self._planned.values()]

    def cron_next(self, expression: str, after: datetime | None = None) -> datetime | None:
        """When a cron expression is due next, after now or another time; None for never again. Raises BadInput."""
        return _moment(Schedule(expression).next_us(self._us(after)))

    def cron_prev(self, expression: str, before: datetime | None = None) -> datetime | None:
        """When a cron expression was due last, until now or another time; None for never. Raises BadInput."""
        return _moment(Schedule(expression).previous_us(self._us(before)))

    def _us(self, moment: datetime | None) -> int:
        return self._clock.now_us() if moment is None else round(moment.timestamp() * MICROSECONDS)

    def use(self, jobs: Sequence[Job]) -> None:
        """Run these jobs from now on; one whose schedule is as before keeps its next time, runs under way finish."""
        before, self._planned = self._planned, {}
        for job in jobs:
            kept = before.get(job.name)
            if kept is not None and kept.job.schedule == job.schedule:
                kept.job = job
                self._planned[job.name] = before.pop(job.name)
                continue
            now_us = job.now_us(self._clock)
            planned = self._planned[job.name] = _Planned(job, job.next_us(now_us, now_us))
            self._wait(planned)
        for gone in before.values():
            self._cancel(gone)

    def _wait(self, planned: _Planned) -> None:
        left_seconds = (planned.due_us - planned.job.now_us(self._clock)) / MICROSECONDS
        seconds = min(max(left_seconds, WAIT_SECONDS_MIN), LOOK_SECONDS_MAX)
        planned.timer = self._clock.call_later(seconds, self._look, planned)

    def _look(self, planned: _Planned) -> None:
        """Run the job if it is due, which the timer alone does not say, and wait for the next time."""
        now_us = planned.job.now_us(self._clock)
        due = now_us >= planned.due_us
        if due:
            planned.due_us = planned.job.next_us(planned.due_us, now_us)
        self._wait(planned)
        if due:
            self._begin(planned.job)

    def _begin(self, job: Job) -> None:
        if job.name not in self._under_way:
            self._under_way[job.name] = asyncio.ensure_future(self._run(job))
        elif job.name not in self._skipping:
            self._skipping.add(job.name)
            self._log.warning("a job is skipped until its last run is over", job=job.name)

    async def _run(self, job: Job) -> None:
        self._runs.value += 1
        try:
            result = job.run()
            if inspect.isawaitable(result):
                await result
        except Exception:
            self._failures.value += 1
            self._log.exception("a job failed", job=job.name)
        finally:
            del self._under_way[job.name]
            self._skipping.discard(job.name)

    @staticmethod
    def _cancel(planned: _Planned) -> None:
        if planned.timer is not None:
            planned.timer.cancel()

    async def stop(self) -> None:
        """Start no more runs, and wait for those under way."""
        for planned in self._planned.values():
            self._cancel(planned)
        self._planned.clear()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)


def _moment(us: int) -> datetime | None:
    return timestamp(us) if us else None
