"""What a job is, and when it falls due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from supergame.core.clock import MICROSECONDS, Clock
from supergame.core.errors import BadInput
from supergame.core.schedule import Schedule

EVERY_SECONDS_MIN = 0.1  # the shortest interval of a job
EVERY_SECONDS_MAX = 366 * 86_400.0  # the longest; for what is rarer there is cron

NEVER_US: Final = 2**62
"""When a job is due whose last time has passed."""

Work: TypeAlias = Callable[[], Awaitable[object] | object]


@dataclass(frozen=True)
class Job:
    """Work with a name, and a schedule by one of two clocks; its times are microseconds of that clock.

    An interval goes by the time that passes. A cron expression goes by the clock on the wall, which may be set.
    """

    name: str
    schedule: str
    run: Work
    now_us: Callable[[Clock], int]
    next_us: Callable[[int, int], int]
    """When it is due after (the last time it was due, now); what was missed meanwhile is left out."""


def every(name: str, seconds: float, run: Work) -> Job:
    """A job that runs every `seconds`, the first time that long after the start.

    Raises BadInput unless that is EVERY_SECONDS_MIN to EVERY_SECONDS_MAX.
    """
    if not EVERY_SECONDS_MIN <= seconds <= EVERY_SECONDS_MAX:
        raise BadInput(
            f"Job {name}: every {seconds} s does not do; {EVERY_SECONDS_MIN} to {EVERY_SECONDS_MAX:.0f} s does."
        )
    step_us = round(seconds * MICROSECONDS)

    def next_us(due_us: int, now_us: int) -> int:
        return due_us + step_us * ((now_us - due_us) // step_us + 1)

    return Job(name, f"every {seconds:g} s", run, _monotonic_us, next_us)


def on_cron(name: str, expression: str, run: Work) -> Job:
    """A job that runs by a cron expression, in UTC; see Schedule. Raises BadInput if that does not parse."""
    try:
        if not expression:
            raise BadInput(f"{expression!r} is not a cron expression (never due).")
        schedule = Schedule(expression)
    except BadInput as error:
        raise BadInput(f"Job {name}: {error.message}") from None

    def next_us(due_us: int, now_us: int) -> int:
        return schedule.next_us(now_us) or NEVER_US

    return Job(name, expression, run, _wall_us, next_us)


def _monotonic_us(clock: Clock) -> int:
    return round(clock.monotonic() * MICROSECONDS)


def _wall_us(clock: Clock) -> int:
    return clock.now_us()
