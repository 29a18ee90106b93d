"""What a job is, and when it falls due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from supergame.core.clock import MICROSECONDS
from supergame.core.errors import BadInput

EVERY_SECONDS_MIN = 0.1


@dataclass(frozen=True)
class Job:
    """Work with a name. `after_us(now)` says when it is next due, both in microseconds since 1970."""

    name: str
    schedule: str
    after_us: Callable[[int], int]
    run: Callable[[], Awaitable[object] | object]


def every(name: str, seconds: float, run: Callable[[], Awaitable[object] | object]) -> Job:
    """A job that runs every `seconds`, the first time that long after the start. Raises BadInput if too often."""
    if seconds < EVERY_SECONDS_MIN:
        raise BadInput(f"Job {name}: every {seconds} s is too often, {EVERY_SECONDS_MIN} s is the least.")
    step_us = round(seconds * MICROSECONDS)
    return Job(name, f"every {seconds:g} s", lambda now_us: now_us + step_us, run)


def on_cron(name: str, expression: str, run: Callable[[], Awaitable[object] | object]) -> Job:
    """A job that runs by a cron expression of five fields, in UTC. Raises BadInput if that does not parse."""
    try:
        CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise BadInput(f"Job {name}: {expression!r} is not a cron expression ({error}).") from None

    def after_us(now_us: int) -> int:
        due = next(CronSim(expression, datetime.fromtimestamp(now_us / MICROSECONDS, UTC)))
        return round(due.timestamp()) * MICROSECONDS

    return Job(name, expression, after_us, run)
