"""Ranks: for each period in use, the places of all its records in order, in memory.

A place is kept as 40 bytes that sort like it, so that a record costs about 100 bytes and a comparison is one of
memory. Adding, removing and finding a place among a million takes a few microseconds.

A period's places are read from the database when it is first asked for, and then follow the writes: each is
applied after its commit. That they fit the database rests on three rules:

* who is going to write holds the ranking first, so no write is under way while it is being read;
* writes to one record take turns, so they are applied in the order of their commits (others' places commute);
* a ranking that somebody holds is not forgotten, and one whose writer got no clear answer is read anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from struct import Struct
from typing import Final

from sortedcontainers import SortedList  # type: ignore[import-untyped]

from supergame.features.leaderboards.model import BEGINNING, Place
from supergame.store import Database, load_queries

QUERIES = load_queries("supergame.features.leaderboards")

PAGE_RECORDS: Final = 1_000
"""Places read at a time; the event loop is free in between."""
WRITES_PER_CHECK: Final = 1_000
"""So often the number of records in memory is looked at while they are written."""

_SIGN: Final = 1 << 63  # turns 64 bits with a sign into 64 without that sort alike
_NUMBERS: Final = Struct(">QQQ")


def key_of(place: Place) -> bytes:
    """The place as bytes that sort like it."""
    score, subscore, update_us, owner_id = place
    return _NUMBERS.pack(score + _SIGN, subscore + _SIGN, update_us) + bytes.fromhex(owner_id.replace("-", ""))


def place_of_key(key: bytes) -> Place:
    """The place again."""
    score, subscore, update_us = _NUMBERS.unpack_from(key)
    owner = key[_NUMBERS.size :].hex()
    owner_id = "-".join((owner[:8], owner[8:12], owner[12:16], owner[16:20], owner[20:]))
    return Place(score - _SIGN, subscore - _SIGN, update_us, owner_id)


class Ranking:
    """The places of one period in order."""

    def __init__(self) -> None:
        self._keys = SortedList()
        self.loading: asyncio.Task[None] | None = None
        self.holders = 0
        self.doubtful = False

    def __len__(self) -> int:
        return len(self._keys)

    def move(self, old: Place | None, new: Place | None) -> None:
        """A record has come (`old` is None), gone (`new` is None) or found another place."""
        if old == new:
            return
        if old is not None:
            self._keys.discard(key_of(old))
        if new is not None:
            key = key_of(new)
            if key not in self._keys:
                self._keys.add(key)

    def extend(self, places: list[Place]) -> None:
        """Add many places that are not in it yet."""
        self._keys.update(map(key_of, places))

    def rank(self, place: Place) -> int:
        """How many stand before that place, and one."""
        return int(self._keys.bisect_left(key_of(place))) + 1

    def at(self, rank: int) -> Place | None:
        """The place of that rank, or of the last where there are fewer; None where there is nobody."""
        if not self._keys:
            return None
        return place_of_key(self._keys[min(rank, len(self._keys)) - 1])


Period = tuple[str, int]
"""A leaderboard's id, and when the period ends."""


class Rankings:
    """The rankings in memory, least recently used first."""

    def __init__(self, database: Database, records_max: int) -> None:
        self._database = database
        self._records_max = records_max
        self._rankings: dict[Period, Ranking] = {}
        self._n_writes = 0

    def __len__(self) -> int:
        return sum(map(len, self._rankings.values()))

    def __contains__(self, period: Period) -> bool:
        return period in self._rankings

    async def get(self, period: Period) -> Ranking:
        """The ranking of a period, read from the database if need be."""
        ranking = self._rankings.pop(period, None)
        if ranking is None:
            ranking = Ranking()
            ranking.loading = asyncio.create_task(self._load(period, ranking))
        self._rankings[period] = ranking
        if ranking.loading is not None:
            await asyncio.shield(ranking.loading)
        return ranking

    async def read(self, period: Period) -> Ranking:
        """The ranking of a period for who only reads it now. One without places is not kept for that.

        A client may ask for any second of all time as the end of a period.
        """
        ranking = await self.get(period)
        if not len(ranking) and not ranking.holders and self._rankings.get(period) is ranking:
            del self._rankings[period]
        return ranking

    @asynccontextmanager
    async def hold(self, period: Period) -> AsyncIterator[Ranking]:
        """The ranking of a period for a writer, who sets `doubtful` if it is not known what has been written."""
        ranking = await self.get(period)
        while self._rankings.get(period) is not ranking:  # forgotten again while this task was about to go on
            ranking = await self.get(period)
        ranking.holders += 1
        try:
            yield ranking
        finally:
            ranking.holders -= 1
            if ranking.doubtful and not ranking.holders and self._rankings.get(period) is ranking:
                del self._rankings[period]
            self._n_writes += 1
            if self._n_writes % WRITES_PER_CHECK == 0:
                self._make_room(ranking)

    def forget(self, leaderboard_id: str) -> None:
        """Drop all rankings of a leaderboard."""
        for period in [period for period in self._rankings if period[0] == leaderboard_id]:
            del self._rankings[period]

    async def close(self) -> None:
        """Stop reading."""
        loading = [ranking.loading for ranking in self._rankings.values() if ranking.loading is not None]
        for task in loading:
            task.cancel()
        await asyncio.gather(*loading, return_exceptions=True)
        self._rankings.clear()

    async def _load(self, period: Period, ranking: Ranking) -> None:
        try:
            last = BEGINNING
            while True:
                places = await self._database.all(
                    QUERIES.list_places,
                    Place,
                    id=period[0],
                    expiry_us=period[1],
                    score=last.score,
                    subscore=last.subscore,
                    update_us=last.update_us,
                    owner_id=last.owner_id,
                    limit=PAGE_RECORDS,
                )
                ranking.extend(places)
                if len(places) < PAGE_RECORDS:
                    break
                last = places[-1]
                await asyncio.sleep(0)
        except BaseException:
            if self._rankings.get(period) is ranking:
                del self._rankings[period]
            raise
        ranking.loading = None
        self._make_room(ranking)

    def _make_room(self, newest: Ranking) -> None:
        """Forget what was not asked for lately, as far as nobody is at it."""
        surplus = len(self) - self._records_max
        for period, ranking in list(self._rankings.items()):
            if surplus <= 0:
                return
            if ranking is not newest and ranking.loading is None and not ranking.holders:
                surplus -= len(ranking)
                del self._rankings[period]
