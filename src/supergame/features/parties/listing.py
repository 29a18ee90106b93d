"""Lists of parties: which ones are wanted, and how they are found without holding up everybody else."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

import msgspec

from supergame.core.errors import BadInput
from supergame.features.parties.model import Party
from supergame.protocol import cursor as cursors
from supergame.protocol.query import parse

LIST_LIMIT_DEFAULT = 10
LIST_LIMIT_MAX = 100  # parties that a list may be asked for
SEARCHES_MAX = 16  # at a time: each has a step in every turn of the loop
WORK_PER_STEP = 5_000  # parties looked at, and clauses asked of their labels, before others are let run


class Cursor(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A place in a list: how badly a party fits, and which it is among equals. As text it is opaque to clients."""

    misfit: float = -math.inf
    number: int = -1

    def text(self) -> str:
        """What clients keep and send back."""
        return cursors.encode(self)

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Read what a client sent back; an empty text starts at the beginning. Raises BadInput."""
        return cursors.decode(text, cls) if text else cls()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which parties to list: open or closed ones, by a query over labels that are JSON, with hidden ones or without.

    Raises BadInput for a limit outside 1 to LIST_LIMIT_MAX.
    """

    limit: int = LIST_LIMIT_DEFAULT
    open: bool | None = None
    query: str = ""
    cursor: str = ""
    hidden: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LIST_LIMIT_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_LIMIT_MAX}.")


_place = itemgetter(0)


async def search(wanted: Wanted, parties: Iterable[Party]) -> tuple[list[Party], str]:
    """The best parties, of equal ones the oldest first, and the cursor for more, empty where there is none.

    `parties` come oldest first. Raises BadInput for a bad query or cursor.
    """
    tree, after = parse(wanted.query), Cursor.parse(wanted.cursor)
    found: list[tuple[Cursor, Party]] = []
    work, work_per_party = 0, 1 + tree.work
    for party in parties:
        work += work_per_party
        if work > WORK_PER_STEP:
            work = 0
            found = heapq.nsmallest(wanted.limit + 1, found, key=_place)
            await asyncio.sleep(0)
        if not party.members or (party.hidden and not wanted.hidden) or wanted.open not in (None, party.open):
            continue
        score = tree.rank(party.label.document)
        if score is None or (place := Cursor(-score, party.number)) <= after:
            continue
        found.append((place, party))
        if tree.fixed_score is not None and len(found) > wanted.limit:
            break  # all that fit are as good, and these are the oldest
    page = heapq.nsmallest(wanted.limit, found, key=_place)
    cursor = page[-1][0].text() if len(found) > len(page) else ""
    return [party for _, party in page], cursor
