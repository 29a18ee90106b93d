"""An answer that comes later, while the session goes on.

A handler that is a coroutine makes its session's next messages wait. One that returns a `Later` has done its part in
order, and only the answer is still to come: so many messages of one session can share a commit. Such answers come in
whatever order they are given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Later(Generic[T]):
    """Given once, by `answer` or `fail`; heard once, by `then` or by who awaits it."""

    __slots__ = ("_given", "_listener")

    def __init__(self) -> None:
        self._given: tuple[T | None, Exception | None] | None = None
        self._listener: Callable[[T | None, Exception | None], object] | None = None

    def answer(self, value: T) -> None:
        """Here it is."""
        self._give(value, None)

    def fail(self, error: Exception) -> None:
        """There will be none, and this is why."""
        self._give(None, error)

    def _give(self, value: T | None, error: Exception | None) -> None:
        if self._listener is None:
            self._given = (value, error)
        else:
            self._listener(value, error)

    def then(self, listener: Callable[[T | None, Exception | None], object]) -> None:
        """Call `listener(answer, error)` at the moment it is given; at once if it was."""
        if self._given is None:
            self._listener = listener
        else:
            listener(*self._given)

    def __await__(self) -> Generator[Any, None, T]:
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def hear(value: T | None, error: Exception | None) -> None:
            if future.done():  # whoever waited was cancelled
                return
            if error is None:
                future.set_result(value)  # type: ignore[arg-type]  # an answer may well be None
            else:
                future.set_exception(error)

        self.then(hear)
        return (yield from future)
