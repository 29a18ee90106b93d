"""One after the other: work on the same thing in the order it was asked for, unharmed by whoever stops waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any, Final, TypeVar

from supergame.core.errors import Unavailable

T = TypeVar("T")

WORKS_MAX: Final = 20_000
"""Pieces of work that may be under way or waiting."""


class Turns:
    """Work under keys: in turn where keys are the same, at once where they are not."""

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Task[Any]] = {}
        self._n_works = 0

    async def run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work()` after whatever was asked for under this key before.

        It is done to its end even if the caller is cancelled meanwhile. Raises Unavailable where too much waits.
        """
        if self._n_works >= WORKS_MAX:
            raise Unavailable("Too many writes are waiting; please try again.")
        self._n_works += 1
        task = asyncio.create_task(_after(self._last.get(key), work))
        self._last[key] = task
        task.add_done_callback(partial(self._ended, key))
        return await asyncio.shield(task)

    def _ended(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._n_works -= 1
        if self._last.get(key) is task:
            del self._last[key]
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        while self._last:
            await asyncio.wait(list(self._last.values()))


async def _after(previous: asyncio.Task[Any] | None, work: Callable[[], Awaitable[T]]) -> T:
    if previous is not None:
        await asyncio.wait([previous])
    return await work()
