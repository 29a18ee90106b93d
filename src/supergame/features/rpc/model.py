"""What a function of the game is to the server, and what can go wrong with calling one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from supergame.core.errors import NotFound, SupergameError

Function = Callable[[Any, str], Awaitable[str] | str]
"""Called with (caller, payload); gives the payload of the answer. Plain ones are answered within the loop's turn."""


class RpcNotFound(NotFound):
    """RPC function not found"""

    realtime_code: ClassVar[int] = 6


class RpcFailed(SupergameError):
    """What a function raised, as a client on a socket is told of it."""

    realtime_code: ClassVar[int] = 7

    def __init__(self, error: SupergameError) -> None:
        super().__init__(error.message)
        self.code = error.code


class RpcCrashed(Exception):
    """A function raised what it did not mean to: the cause is logged, and callers learn only that it happened."""

    realtime_code: ClassVar[int] = 7
