"""The hooks of a game as the edge calls them: several per operation, in the order they were written."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import Any

from supergame.edge import Hooks
from supergame.edge.hooks import After, Before
from supergame.game.context import Context
from supergame.game.functions import AuthorFunction
from supergame.game.services import Services


def bind_hooks(
    befores: Mapping[str, Sequence[AuthorFunction]],
    afters: Mapping[str, Sequence[AuthorFunction]],
    services: Services,
) -> Hooks:
    """All hooks of a game, bound to the server's services."""
    return Hooks(
        {name: _before(functions, services) for name, functions in befores.items()},
        {name: _after(functions, services) for name, functions in afters.items()},
    )


def _before(functions: Sequence[AuthorFunction], services: Services) -> Before:
    def hook(caller: Any, request: Any) -> Any:
        ctx = Context.of(services, caller)
        rest = iter(functions)
        for function in rest:
            answer = function(ctx, request)
            if inspect.isawaitable(answer):
                return _wait_before(ctx, request, answer, rest)
            request = request if answer is None else answer
        return request

    return hook


async def _wait_before(ctx: Context, request: Any, answer: Awaitable[Any], rest: Iterator[AuthorFunction]) -> Any:
    changed = await answer
    request = request if changed is None else changed
    for function in rest:
        changed = function(ctx, request)
        if inspect.isawaitable(changed):
            changed = await changed
        request = request if changed is None else changed
    return request


def _after(functions: Sequence[AuthorFunction], services: Services) -> After:
    """All of them run, whatever one of them raises; what that is, the log tells."""

    def hook(caller: Any, request: Any, response: Any) -> Awaitable[None] | None:
        ctx = Context.of(services, caller)
        rest = iter(functions)
        for function in rest:
            try:
                answer = function(ctx, request, response)
            except Exception:
                _failed(ctx, function)
                continue
            if inspect.isawaitable(answer):
                return _wait_after(ctx, request, response, function, answer, rest)
        return None

    return hook


async def _wait_after(
    ctx: Context,
    request: Any,
    response: Any,
    function: AuthorFunction,
    answer: Awaitable[object],
    rest: Iterator[AuthorFunction],
) -> None:
    try:
        await answer
    except Exception:
        _failed(ctx, function)
    for later in rest:
        try:
            result = later(ctx, request, response)
            if inspect.isawaitable(result):
                await result
        except Exception:
            _failed(ctx, later)


def _failed(ctx: Context, function: AuthorFunction) -> None:
    ctx.log.exception("an after-hook failed", hook=getattr(function, "__qualname__", str(function)))
