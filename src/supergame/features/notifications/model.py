"""A notification before it is sent, as it is kept, and the place in a list where a page ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from supergame.protocol import cursor
from supergame.protocol.notifications import Notification
from supergame.protocol.types import timestamp


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sent to whom; `content` becomes a JSON object, an empty `sender_id` is the system."""

    user_id: str
    subject: str
    content: Mapping[str, Any]
    code: int
    sender_id: str = ""
    persistent: bool = True
    replaces: bool = False
    """Whether it takes the place of those of the same code and sender that are kept still."""


class Stored(msgspec.Struct, frozen=True):
    """A row: one notification of one user."""

    id: str
    subject: str
    content: str
    code: int
    sender_id: str
    created_us: int

    def to_wire(self, *, persistent: bool = True) -> Notification:
        """The form clients see."""
        return Notification(
            self.id,
            self.subject,
            self.content,
            self.code,
            self.sender_id,
            timestamp(self.created_us),
            persistent,
        )


class Kept(Stored, frozen=True):
    """The same with who got it, as archives have it."""

    user_id: str


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last notification that was seen; the list goes on after it."""

    created_us: int = -1
    id: str = ""

    def text(self) -> str:
        """What clients keep and send back."""
        return cursor.encode(self)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read what a client sent back; an empty text starts at the beginning. Raises BadInput."""
        return cursor.decode(text, cls) if text else cls()
