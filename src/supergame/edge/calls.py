"""Calling handlers: plain ones inline, async ones when they are awaited, with the game's hooks around them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from supergame.core.log import Log
from supergame.edge import hooks

Call: TypeAlias = Callable[[Any, Any], Any]
"""(caller, request) -> the answer, or something to be awaited for it."""

AFTER_HOOKS_MAX: Final = 4_096
"""After-hooks that may wait at a time; beyond that they are not run, which is logged."""


def waits(value: object) -> bool:
    """Whether a value has to be awaited."""
    return hasattr(type(value), "__await__")


class After:
    """Runs after-hooks once the answer is on its way. What they raise is only logged."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._under_way: set[asyncio.Task[None]] = set()

    def __call__(self, hook: hooks.After, caller: Any, request: Any, answer: Any) -> None:
        """Run a hook in the loop's next turn."""
        asyncio.get_running_loop().call_soon(self._run, hook, caller, request, answer)

    def _run(self, hook: hooks.After, caller: Any, request: Any, answer: Any) -> None:
        try:
            waiting = hook(caller, request, answer)
        except Exception:
            self._log.exception("an after-hook failed", hook=_name(hook))
            return
        if not waits(waiting):
            return
        if len(self._under_way) >= AFTER_HOOKS_MAX:
            self._log.error("too many after-hooks are waiting, one was not run", hook=_name(hook))
            close = getattr(waiting, "close", None)
            if close is not None:
                close()  # a coroutine that is never awaited would warn
            return
        task = asyncio.ensure_future(self._finish(hook, waiting))  # type: ignore[arg-type]
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _finish(self, hook: hooks.After, waiting: Awaitable[object]) -> None:
        try:
            await waiting
        except Exception:
            self._log.exception("an after-hook failed", hook=_name(hook))

    async def drain(self) -> None:
        """Wait for those that are under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)


def _name(hook: object) -> str:
    return str(getattr(hook, "__qualname__", hook))


def with_hooks(call: Call, before: hooks.Before | None, after: hooks.After | None, run_after: After) -> Call:
    """Put hooks around a call; it stays as it is when there are none, and inline when they are plain."""
    if before is None and after is None:
        return call

    def finished(caller: Any, request: Any, answer: Any) -> Any:
        if after is not None:
            run_after(after, caller, request, answer)
        return answer

    async def after_waiting(caller: Any, request: Any, waiting: Awaitable[Any]) -> Any:
        return finished(caller, request, await waiting)

    async def before_waiting(caller: Any, request: Any, waiting: Awaitable[Any]) -> Any:
        changed = await waiting
        request = request if changed is None else changed
        answer = call(caller, request)
        return finished(caller, request, await answer if waits(answer) else answer)

    def hooked(caller: Any, request: Any) -> Any:
        if before is not None:
            changed = before(caller, request)
            if changed is not None:
                if waits(changed):
                    return before_waiting(caller, request, changed)
                request = changed
        answer = call(caller, request)
        return after_waiting(caller, request, answer) if waits(answer) else finished(caller, request, answer)

    return hooked
