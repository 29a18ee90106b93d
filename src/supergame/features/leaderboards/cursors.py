"""Cursors: where a page of a leaderboard ended, and which way to go from there."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated

import msgspec

from supergame.core.errors import BadInput
from supergame.core.ids import is_uuid
from supergame.features.leaderboards.model import Place
from supergame.protocol.types import INT64_MAX, INT64_MIN

Int = Annotated[int, msgspec.Meta(ge=INT64_MIN, le=INT64_MAX)]


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in one period of one leaderboard. As text it is opaque to clients."""

    leaderboard_id: str
    expiry_us: Int
    backwards: bool
    score: Int
    subscore: Int
    update_us: Int
    owner_id: str

    @classmethod
    def at(cls, leaderboard_id: str, expiry_us: int, place: Place, *, backwards: bool = False) -> str:
        """The cursor, as text, for what comes after (or before) a place."""
        cursor = cls(leaderboard_id, expiry_us, backwards, *place)
        return urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor. Raises BadInput."""
        try:
            cursor = msgspec.json.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=cls)
        except (msgspec.DecodeError, ValueError):
            raise BadInput("Invalid cursor.") from None
        if not is_uuid(cursor.owner_id):
            raise BadInput("Invalid cursor.")
        return cursor

    @property
    def place(self) -> Place:
        """Where the page ended."""
        return Place(self.score, self.subscore, self.update_us, self.owner_id)
