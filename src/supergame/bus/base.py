"""What every bus can do, whichever engine is behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

Handler = Callable[[str, bytes], Awaitable[bytes | None] | bytes | None]
"""Called with (subject, data). What it returns answers a request, unless it is None; a publication has no answer."""


class Subscription(Protocol):
    """A standing wish to hear a subject."""

    def cancel(self) -> None:
        """Stop hearing it; harmless when called twice."""


class Bus(Protocol):
    """Subjects are dot-separated words (`match.<id>`); a pattern may use `*` for one word, `>` for the rest."""

    def subscribe(self, pattern: str, handler: Handler) -> Subscription:
        """Call `handler` for every message whose subject fits the pattern. Raises BadInput for what is no pattern."""

    def publish(self, subject: str, data: bytes) -> None:
        """Hand `data` to all who listen, in order per publisher; a listener's error never reaches the caller.

        Raises TooMany when the listeners are too far behind.
        """

    async def request(self, subject: str, data: bytes, *, deadline_seconds: float) -> bytes:
        """Ask all who listen; the first answer counts.

        Raises Unavailable when nobody listens, DeadlineExceeded when there is no answer in time, and Internal when
        the first to come to an end failed.
        """

    async def close(self) -> None:
        """Let go of everything."""
