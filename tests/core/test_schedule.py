"""When periods end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from supergame.core.errors import BadInput
from supergame.core.schedule import Schedule

SECOND_US = 1_000_000


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_US


@pytest.mark.parametrize(
    ("expression", "now", "previous", "following"),
    [
        ("@hourly", "2024-02-29T23:30", "2024-02-29T23:00", "2024-03-01T00:00"),
        ("@daily", "2024-02-29T23:30", "2024-02-29T00:00", "2024-03-01T00:00"),
        ("@weekly", "2024-02-29T23:30", "2024-02-25T00:00", "2024-03-03T00:00"),
        ("@monthly", "2024-02-29T23:30", "2024-02-01T00:00", "2024-03-01T00:00"),
        ("@yearly", "2024-02-29T23:30", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("*/15 9-17 * * 1-5", "2024-03-01T17:45", "2024-03-01T17:45", "2024-03-04T09:00"),
        ("30 * * * * *", "2024-03-01T00:00:30", "2024-03-01T00:00:30", "2024-03-01T00:01:30"),
    ],
)
def test_a_period_lies_between_two_ends(expression: str, now: str, previous: str, following: str) -> None:
    schedule = Schedule(expression)
    assert schedule.next_us(us(now)) == us(following)
    assert schedule.previous_us(us(now)) == us(previous)


def test_the_end_belongs_to_the_next_period() -> None:
    schedule, midnight = Schedule("@daily"), us("2024-03-01")
    assert schedule.next_us(midnight - 1) == midnight
    assert schedule.next_us(midnight) == us("2024-03-02")
    assert schedule.previous_us(midnight - 1) == us("2024-02-29")
    assert schedule.previous_us(midnight) == midnight


def test_without_an_expression_it_never_ends() -> None:
    assert (Schedule("").next_us(0), Schedule("").previous_us(us("2024-03-01"))) == (0, 0)


@pytest.mark.parametrize("expression", ["x", "* * *", "61 * * * *", "0 0 31 2 *", "@never"])
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(BadInput, match="is not a cron expression"):
        Schedule(expression)
