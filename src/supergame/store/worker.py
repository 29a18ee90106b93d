"""One thread that makes blocking calls in order and answers on the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Answer = Callable[[Any, BaseException | None], None]


class Worker:
    """A thread with a queue. What it is handed bounds the queue: a writer one call, a reader a named number."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: SimpleQueue[tuple[Callable[[], Any], Answer] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], Any], answer: Answer) -> None:
        """Call `function()` on the thread, then `answer(result, error)` on the loop."""
        self._calls.put((function, answer))

    def do(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Call `function()` on the thread; the future holds what it gives or raises."""
        future: asyncio.Future[T] = self._loop.create_future()

        def answer(result: T, error: BaseException | None) -> None:
            if future.done():  # whoever waited was cancelled
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.call(function, answer)
        return future

    def close(self) -> None:
        """Let the thread end after the calls it has, and wait for that."""
        self._calls.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            function, answer = call
            result, error = None, None
            try:
                result = function()
            except BaseException as caught:
                error = caught
            try:
                self._loop.call_soon_threadsafe(answer, result, error)
            except RuntimeError:  # the loop is closed: nobody is left to hear it
                pass
            del call, function, answer, result, error  # nothing is kept alive while the thread waits
