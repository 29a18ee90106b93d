"""Whose turn it is in a match: the author's callbacks are called one at a time, and the others wait in line.

A plain callback is over when it returns. While an async one waits, those behind it wait too, and nobody else does.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable
from typing import Any

from supergame.core.clock import Clock
from supergame.core.errors import DeadlineExceeded, TooMany
from supergame.core.log import Log
from supergame.features.matches.model import MatchNotFound

CALLS_WAITING_MAX = 256  # join attempts, signals and the like behind a callback that waits
CALL_SECONDS_MAX = 10.0  # how long a player or caller waits for join_attempt, signal or init
CALLBACK_SECONDS_MAX = 60.0  # how long an async callback may take before it is broken off

Work = Callable[[], object]
"""Calls the author's code: gives its result, or something to be awaited for it."""

Done = Callable[[Any, Exception | None], None]
"""Hears of the (result, error) of some work."""


class TooBusy(TooMany):
    """The match is too busy."""


class TurnsOver(MatchNotFound):
    """Match not found."""


class BrokenOff(DeadlineExceeded):
    """A match callback was broken off: it took too long, or what it waited for was cancelled."""


class Turns:
    """Does one piece of work after the other, and calls `between()` after each.

    Whoever brings in work from outside asks first whether it is `crowded`, and stays away then. What a match tells
    itself always finds a place: there is one tick at most, and for each seat a coming and a going.
    """

    def __init__(self, clock: Clock, log: Log, between: Callable[[], None]) -> None:
        self.busy = False
        self.closed = False
        self.under_way: asyncio.Future[Any] | None = None
        """The async callback that is waiting, if one is."""
        self._clock, self._log, self._between = clock, log, between
        self._line: deque[tuple[Work, Done]] = deque()
        self._done: Done | None = None

    @property
    def crowded(self) -> bool:
        """Whether so many wait that nobody else may come."""
        return len(self._line) >= CALLS_WAITING_MAX

    def take(self, work: Work, done: Done) -> None:
        """Do some work when its turn comes and tell `done`; of TurnsOver, when they are over before."""
        if self.closed:
            done(None, TurnsOver())
            return
        self._line.append((work, done))
        if not self.busy:
            self._go_on()

    async def ask(self, work: Work, *, last: bool = False) -> Any:
        """Do some work when its turn comes and give its result; after the `last` nothing is done any more.

        Raises what it raises, DeadlineExceeded when the answer does not come within CALL_SECONDS_MAX, and TurnsOver
        when they are over before. Work is left out when nobody waits for it any more.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def done(result: Any, error: Exception | None) -> None:
            if last:
                self.close()
            if answer.done():
                if error is not None:
                    self._log.error("a match callback failed when nobody waited for it any more", exc_info=error)
            elif error is None:
                answer.set_result(result)
            else:
                answer.set_exception(_raisable(error))

        def give_up() -> None:
            answer.set_exception(DeadlineExceeded("The match did not answer in time."))

        self.take(lambda: None if answer.done() else work(), done)
        if answer.done():
            return answer.result()
        timer = self._clock.call_later(CALL_SECONDS_MAX, give_up)
        try:
            return await answer
        finally:
            timer.cancel()

    def close(self) -> None:
        """Do nothing any more. Who waits is told; an async callback that is under way goes on, and is not heard."""
        self.closed = True
        line, self._line = self._line, deque()
        waiting = [done for _, done in line]
        if self._done is not None:
            waiting.append(self._done)
            self._done = None
        for done in waiting:
            done(None, TurnsOver())

    def _go_on(self) -> None:
        while self._line and not self.busy:
            work, done = self._line.popleft()
            self.busy = True
            try:
                result = work()
            except Exception as error:
                self._over(done, None, error)
                continue
            if result is not None and inspect.isawaitable(result):
                self._wait_for(asyncio.ensure_future(result), done)
            else:
                self._over(done, result, None)

    def _wait_for(self, task: asyncio.Future[Any], done: Done) -> None:
        self.under_way, self._done = task, done
        timer = self._clock.call_later(CALLBACK_SECONDS_MAX, task.cancel)

        def over(task: asyncio.Future[Any]) -> None:
            timer.cancel()
            self.under_way = self._done = None
            error = BrokenOff() if task.cancelled() else task.exception()
            if error is None:
                self._over(done, task.result(), None)
            else:
                self._over(done, None, error if isinstance(error, Exception) else BrokenOff())
            self._go_on()

        task.add_done_callback(over)

    def _over(self, done: Done, result: Any, error: Exception | None) -> None:
        try:
            done(result, error)
        finally:
            self.busy = False
        self._between()


def _raisable(error: Exception) -> Exception:
    """The error, in a form in which a future can hold it."""
    if isinstance(error, StopIteration):
        wrapped = RuntimeError("a match callback raised StopIteration")
        wrapped.__cause__ = error
        return wrapped
    return error
