"""The functions of the game, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from supergame.core.errors import SupergameError
from supergame.core.feature import Ground
from supergame.features.rpc.model import Function, RpcCrashed, RpcFailed, RpcNotFound


class Rpcs:
    """Calls functions of the game; game code uses it as `services.rpc`."""

    def __init__(self, ground: Ground) -> None:
        self._functions: Mapping[str, Function] = {}

    def use(self, functions: Mapping[str, Function]) -> None:
        """Serve these functions from now on; calls under way finish with the old ones."""
        self._functions = {name.lower(): function for name, function in functions.items()}

    def call(self, caller: Any, name: str, payload: str = "") -> Awaitable[str] | str:
        """Call a function as `caller`.

        Raises RpcNotFound, RpcFailed with what the game refused, or RpcCrashed from whatever else it raised.
        """
        function = self._functions.get(name) or self._functions.get(name.lower())
        if function is None:
            raise RpcNotFound
        try:
            answer = function(caller, payload)
        except SupergameError as error:
            raise RpcFailed(error) from error
        except Exception as error:
            raise RpcCrashed(name) from error
        return answer if isinstance(answer, str) else _finish(name, answer)


async def _finish(name: str, answer: Awaitable[str]) -> str:
    try:
        return await answer
    except SupergameError as error:
        raise RpcFailed(error) from error
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # it is the caller who was cancelled
            raise
        raise RpcCrashed(name) from error
    except Exception as error:
        raise RpcCrashed(name) from error
