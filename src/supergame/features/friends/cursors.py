"""The rows of a player's lists, and the places in them where a page ended."""

from __future__ import annotations

import msgspec

from supergame.core.errors import BadInput
from supergame.protocol import cursor
from supergame.protocol.friends import FriendState


class Edge(msgspec.Struct, frozen=True):
    """A row of a player's list: what another is to them."""

    other_id: str
    state: int
    metadata: str
    updated_us: int


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last of a player's list that was seen; `state` is -1 before the first."""

    state: int = -1
    updated_us: int = -1
    other_id: str = ""
    of_state: bool = False
    """Whether it is a list of that state alone."""

    @classmethod
    def parse(cls, text: str, state: FriendState | None) -> Cursor:
        """Read what a client sent back for a list of that state, or of all; empty is the beginning. Raises BadInput."""
        beginning = cls() if state is None else cls(state, of_state=True)
        if not text:
            return beginning
        place = cursor.decode(text, cls)
        if place.of_state != beginning.of_state or (place.of_state and place.state != state):
            raise BadInput("Invalid cursor.")
        return place

    @classmethod
    def after(cls, edge: Edge, *, of_state: bool) -> Cursor:
        """The place behind a row, in the list of its state alone or of all."""
        return cls(edge.state, edge.updated_us, edge.other_id, of_state)

    def text(self) -> str:
        """What clients keep and send back."""
        return cursor.encode(self)


class Acquaintance(msgspec.Struct, frozen=True, array_like=True):
    """Somebody a friend knows, and which friend; also the last of the list that was seen."""

    referrer_id: str = ""
    other_id: str = ""

    @classmethod
    def parse(cls, text: str) -> Acquaintance:
        """Read what a client sent back; empty is the beginning. Raises BadInput."""
        return cursor.decode(text, cls) if text else cls()

    def text(self) -> str:
        """What clients keep and send back."""
        return cursor.encode(self)
