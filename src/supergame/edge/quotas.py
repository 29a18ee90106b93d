"""Quotas: how often each player may do a thing that concerns others, and how much of one kind goes on at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from supergame.core.clock import Clock
from supergame.core.errors import TooMany
from supergame.edge.limits import Bucket, Rate

KEYS_MAX = 100_000
"""Players, or other keys, that are remembered at a time; those longest unseen give way."""


class Quota:
    """So many of one thing for each key: a bucket each, full at first; 0 a second is no limit."""

    def __init__(self, clock: Clock, per_second: float, burst: int, what: str, *, keys_max: int = KEYS_MAX) -> None:
        self._rate = Rate(clock, per_second, burst)
        self._buckets: dict[str, Bucket] = {}
        self._keys_max = keys_max
        self._what = what

    def take(self, key: str, count: int = 1) -> None:
        """Count `count` of them for a key. Raises TooMany, which says when to try again."""
        if not self._rate.per_second:
            return
        bucket = self._buckets.pop(key, None)
        if bucket is None:
            bucket = Bucket(self._rate)
            if len(self._buckets) >= self._keys_max:
                del self._buckets[next(iter(self._buckets))]
        self._buckets[key] = bucket
        for _ in range(count):
            if not bucket.take():
                raise TooMany(f"Too many {self._what}; try again later.", retry_seconds=bucket.wait_seconds())

    @contextmanager
    def attempt(self, key: str, *failures: type[Exception]) -> Iterator[None]:
        """Count what is done inside while it is under way, and for good only if it ends in one of these errors.

        Raises TooMany before it begins.
        """
        self.take(key)
        try:
            yield
        except failures:
            raise
        except BaseException:
            self._give_back(key)
            raise
        self._give_back(key)

    def forget(self, key: str) -> None:
        """Begin anew with a key."""
        self._buckets.pop(key, None)

    def _give_back(self, key: str) -> None:
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(self._rate.burst, bucket.tokens + 1)


class Room:
    """Room for so many at a time of what takes long: `with room: ...`. Raises TooMany when there is none left."""

    def __init__(self, most: int, what: str) -> None:
        self._left = most
        self._what = what

    def __enter__(self) -> None:
        if not self._left:
            raise TooMany(f"Too many {self._what} are under way; try again in a moment.", retry_seconds=1)
        self._left -= 1

    def __exit__(self, *_: object) -> None:
        self._left += 1
