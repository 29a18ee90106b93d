"""Functions of the game's own that run before and after operations and messages, by name.

`before(caller, request)` may return another request, return None to leave it as it is, or raise to refuse;
raising `Disabled` says that the game does not offer this at all. `after(caller, request, response)` observes;
it runs once the answer is on its way, and what it raises is only logged. Both may be plain or async.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Before: TypeAlias = Callable[[Any, Any], Awaitable[Any] | Any]
After: TypeAlias = Callable[[Any, Any, Any], Awaitable[object] | object]


@dataclass(frozen=True)
class Hooks:
    """All hooks of a game: name of the operation (`AuthenticateDevice`) or message (`match_join`) -> function."""

    before: Mapping[str, Before] = field(default_factory=dict)
    after: Mapping[str, After] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Before | None, After | None]:
        """The two hooks of one operation or message."""
        return self.before.get(name), self.after.get(name)
