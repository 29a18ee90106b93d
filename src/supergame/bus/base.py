"""What every bus can do, whichever engine is behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

Handler = Callable[[str, bytes], Awaitable[bytes | None] | bytes | None]
"""Called with (subject, data); what it returns answers a request and is ignored for a publication."""


class Subscription(Protocol):
    """A standing wish to hear a subject."""

    def cancel(self) -> None:
        """Stop hearing it; harmless when called twice."""


class Bus(Protocol):
    """Subjects are dot-separated words (`match.<id>`); a pattern may use `*` for one word, `>` for the rest."""

    def subscribe(self, pattern: str, handler: Handler) -> Subscription:
        """Call `handler` for every message whose subject fits the pattern."""

    def publish(self, subject: str, data: bytes) -> None:
        """Hand `data` to all who listen, in order per publisher; a listener's error never reaches the caller."""

    async def request(self, subject: str, data: bytes, *, deadline_seconds: float) -> bytes:
        """Ask whoever answers first.

        Raises Unavailable when nobody listens, DeadlineExceeded when the answer takes too long, and
        Internal when the handler failed.
        """

    async def close(self) -> None:
        """Let go of everything."""
