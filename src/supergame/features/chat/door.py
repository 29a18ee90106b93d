"""The door of channels that not everybody may be in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable


class Door:
    """Lets in who may come in at that very moment: whoever is put out while that is looked up is not let in after."""

    def __init__(self) -> None:
        self._closings = 0

    def close(self) -> None:
        """Somebody is being put out: those who are coming in have to be looked up again."""
        self._closings += 1

    async def admits(self, may_enter: Callable[[], Awaitable[bool]]) -> bool:
        """Whether somebody may come in; it holds until the caller awaits something."""
        while True:
            closings = self._closings
            if not await may_enter():
                return False
            if closings == self._closings:
                return True
