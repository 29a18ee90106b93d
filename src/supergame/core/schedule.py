"""Cron expressions, in UTC: when the periods of a leaderboard end, when a job is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from cronsim import CronSim, CronSimError

from supergame.core.errors import BadInput

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
NAMED: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}


class Schedule:
    """A cron expression of five fields (six with seconds first), or one of the names; "" means never."""

    def __init__(self, expression: str) -> None:
        """Parse it. Raises BadInput, also where no such time will ever come."""
        self._expression = NAMED.get(expression, expression)
        try:
            if expression and not self.next_us(0):
                raise CronSimError("never due")
        except CronSimError as error:
            raise BadInput(f"{expression!r} is not a cron expression ({error}).") from None

    def next_us(self, now_us: int) -> int:
        """The first time after that, 0 for never; microseconds since 1970."""
        return self._seek(now_us, reverse=False)

    def previous_us(self, now_us: int) -> int:
        """The last time until then, 0 for never."""
        return self._seek(now_us + 1, reverse=True)

    def _seek(self, from_us: int, *, reverse: bool) -> int:
        if not self._expression:
            return 0
        found = next(CronSim(self._expression, EPOCH + from_us * MICROSECOND, reverse=reverse), EPOCH)
        return (found - EPOCH) // MICROSECOND
