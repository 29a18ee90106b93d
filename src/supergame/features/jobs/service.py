"""Runs jobs when they are due: one run of a job at a time, and a failing job is logged and tried when next due.

A run that falls due while the node is down, or while the last one is still under way, is skipped.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence

from supergame.core.clock import MICROSECONDS, TimerHandle
from supergame.core.feature import Ground
from supergame.features.jobs.model import Job


class Jobs:
    """The jobs of this node; game code uses it as `services.jobs`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._timers: dict[str, TimerHandle] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._jobs: dict[str, Job] = {}
        metrics = ground.metrics
        self._runs = metrics.counter("supergame_jobs", "Runs of jobs.")
        self._failures = metrics.counter("supergame_job_failures", "Runs of jobs that raised.")

    @property
    def all(self) -> list[Job]:
        """Every job there is."""
        return list(self._jobs.values())

    def use(self, jobs: Sequence[Job]) -> None:
        """Run these jobs from now on; one whose schedule is as before keeps its next time, runs under way finish."""
        new = {job.name: job for job in jobs}
        for name in list(self._timers):
            if name not in new or new[name].schedule != self._jobs[name].schedule:
                self._timers.pop(name).cancel()
        self._jobs = new
        for name in new:
            if name not in self._timers:
                self._schedule(name)

    def _schedule(self, name: str) -> None:
        now_us = self._ground.clock.now_us()
        due_us = self._jobs[name].after_us(now_us)
        self._timers[name] = self._ground.clock.call_later((due_us - now_us) / MICROSECONDS, self._due, name)

    def _due(self, name: str) -> None:
        self._schedule(name)
        if name in self._under_way:
            self._ground.log.warning("a job is skipped, its last run is still under way", job=name)
            return
        self._under_way[name] = asyncio.ensure_future(self._run(self._jobs[name]))

    async def _run(self, job: Job) -> None:
        self._runs.value += 1
        try:
            result = job.run()
            if inspect.isawaitable(result):
                await result
        except Exception:
            self._failures.value += 1
            self._ground.log.exception("a job failed", job=job.name)
        finally:
            del self._under_way[job.name]

    async def stop(self) -> None:
        """Start no more runs, and wait for those under way."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
