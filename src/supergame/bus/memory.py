"""The bus of a single node: same manners as one that crosses the network, without the network."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine
from typing import Any

from supergame.bus.base import Handler
from supergame.core.errors import BadInput, DeadlineExceeded, Internal, TooMany, Unavailable
from supergame.core.log import get_log

UNDER_WAY_MAX = 100_000  # publications that were accepted, and that not all who hear them are done with


class _Subscription:
    def __init__(self, bus: MemoryBus, pattern: str, handler: Handler) -> None:
        self._bus, self.words, self.handler = bus, pattern.split("."), handler
        self.active = True

    def fits(self, words: list[str]) -> bool:
        for index, word in enumerate(self.words):
            if word == ">":
                return len(words) > index
            if index >= len(words) or word not in ("*", words[index]):
                return False
        return len(words) == len(self.words)

    def cancel(self) -> None:
        self.active = False
        self._bus.forget(self)


class MemoryBus:
    """Delivers within the process, on the loop, after the publisher has gone on."""

    def __init__(self) -> None:
        self._subscriptions: list[_Subscription] = []
        self._queue: list[tuple[str, bytes]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = get_log(part="bus")

    def subscribe(self, pattern: str, handler: Handler) -> _Subscription:
        subscription = _Subscription(self, pattern, handler)
        if not all(subscription.words) or ">" in subscription.words[:-1]:
            raise BadInput(f"{pattern!r} is not a pattern of subjects.")
        self._subscriptions.append(subscription)
        return subscription

    def forget(self, subscription: _Subscription) -> None:
        """Take a subscription off the list."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def publish(self, subject: str, data: bytes) -> None:
        if len(self._queue) + len(self._tasks) >= UNDER_WAY_MAX:
            raise TooMany(f"The bus holds {UNDER_WAY_MAX} messages that nobody has taken yet.")
        if not self._queue:
            asyncio.get_running_loop().call_soon(self._deliver)
        self._queue.append((subject, data))

    def _deliver(self) -> None:
        queue, self._queue = self._queue, []
        for subject, data in queue:
            for subscription in self._fitting(subject):
                if subscription.active:  # one that heard it before may have cancelled it
                    self._hand_over(subscription.handler, subject, data)

    def _fitting(self, subject: str) -> list[_Subscription]:
        words = subject.split(".")
        return [subscription for subscription in self._subscriptions if subscription.fits(words)]

    def _hand_over(self, handler: Handler, subject: str, data: bytes) -> None:
        try:
            result = handler(subject, data)
        except Exception:
            self._log.exception("a listener failed", subject=subject)
            return
        if inspect.isawaitable(result):
            self._keep(self._finish(result, subject))

    async def _finish(self, result: object, subject: str) -> None:
        try:
            await result  # type: ignore[misc]
        except Exception:
            self._log.exception("a listener failed", subject=subject)

    async def request(self, subject: str, data: bytes, *, deadline_seconds: float) -> bytes:
        fitting = self._fitting(subject)
        if not fitting:
            raise Unavailable(f"Nobody answers {subject}.")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        for subscription in fitting:  # as tasks: as over a network, the answer never comes within the call
            self._keep(self._answer(subscription.handler, subject, data, answer))
        try:
            async with asyncio.timeout(deadline_seconds):
                return await answer
        except TimeoutError:
            raise DeadlineExceeded(f"{subject} did not answer within {deadline_seconds} s.") from None

    async def _answer(self, handler: Handler, subject: str, data: bytes, answer: asyncio.Future[bytes]) -> None:
        try:
            result = handler(subject, data)
            given = await result if inspect.isawaitable(result) else result
        except Exception as error:
            self._log.exception("a request failed", subject=subject)
            if not answer.done():
                failure = Internal(f"{subject} failed.")
                failure.__cause__ = error
                answer.set_exception(failure)
            return
        if given is not None and not answer.done():
            answer.set_result(given)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        self._subscriptions.clear()
        self._queue.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
