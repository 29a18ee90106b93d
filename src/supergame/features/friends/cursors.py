"""The rows of a player's lists, and the places in them where a page ended."""

from __future__ import annotations

import base64
import binascii
from typing import TypeVar

import msgspec

from supergame.core.errors import BadInput
from supergame.core.ids import is_uuid
from supergame.protocol.friends import FriendState
from supergame.protocol.types import INT64_MAX


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
        if not text:
            return cls() if state is None else cls(state, of_state=True)
        place = _read(text, cls)
        if place.of_state != (state is not None) or (place.of_state and place.state != state):
            raise BadInput("Invalid cursor.")
        if not (
            0 <= place.state <= FriendState.BLOCKED and 0 <= place.updated_us <= INT64_MAX and is_uuid(place.other_id)
        ):
            raise BadInput("Invalid cursor.")
        return place

    @classmethod
    def after(cls, edge: Edge, *, of_state: bool) -> Cursor:
        """The place behind a row, in the list of its state alone or of all."""
        return cls(edge.state, edge.updated_us, edge.other_id, of_state)

    def text(self) -> str:
        """What clients keep and send back."""
        return _written(self)


class Acquaintance(msgspec.Struct, frozen=True, array_like=True):
    """Somebody a friend knows, and which friend; also the last of the list that was seen."""

    referrer_id: str = ""
    other_id: str = ""

    @classmethod
    def parse(cls, text: str) -> Acquaintance:
        """Read what a client sent back; empty is the beginning. Raises BadInput."""
        if not text:
            return cls()
        place = _read(text, cls)
        if not is_uuid(place.referrer_id) or not is_uuid(place.other_id):
            raise BadInput("Invalid cursor.")
        return place

    def text(self) -> str:
        """What clients keep and send back."""
        return _written(self)


P = TypeVar("P", Cursor, Acquaintance)


def _read(text: str, kind: type[P]) -> P:
    try:
        return msgspec.json.decode(base64.b64decode(text, altchars=b"-_", validate=True), type=kind)
    except (binascii.Error, ValueError):  # msgspec's errors are ValueErrors
        raise BadInput("Invalid cursor.") from None


def _written(place: Cursor | Acquaintance) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()
