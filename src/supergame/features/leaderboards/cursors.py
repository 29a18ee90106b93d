"""Cursors: where a page of a leaderboard ended, and which way to go from there."""

from __future__ import annotations

import msgspec

from supergame.core.errors import BadInput
from supergame.core.ids import is_uuid
from supergame.features.leaderboards.model import Place
from supergame.protocol import cursor


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in one period of one leaderboard. As text it is opaque to clients."""

    leaderboard_id: str
    expiry_us: int
    backwards: bool
    score: int
    subscore: int
    update_us: int
    owner_id: str

    @classmethod
    def at(cls, leaderboard_id: str, expiry_us: int, place: Place, *, backwards: bool = False) -> str:
        """The cursor, as text, for what comes after (or before) a place."""
        return cursor.encode(cls(leaderboard_id, expiry_us, backwards, *place))

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read a cursor. Raises BadInput."""
        read = cursor.decode(text, cls)
        if not is_uuid(read.owner_id):
            raise BadInput("Invalid cursor.")
        return read

    @property
    def place(self) -> Place:
        """Where the page ended."""
        return Place(self.score, self.subscore, self.update_us, self.owner_id)
