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
    async def hook(caller: Any, request: Any, response: Any) -> None:
        ctx = Context.of(services, caller)
        for function in functions:
            answer = function(ctx, request, response)
            if inspect.isawaitable(answer):
                await answer

    return hook
