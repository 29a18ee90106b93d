"""Owners of records: what becomes of all that one has when the account is deleted, merged or exported.

The records change in the transaction of the accounts. The rankings follow after the commit, by RecordsChanged, each
record in its turn.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from supergame.core.feature import Ground
from supergame.core.turns import Turns
from supergame.features.accounts import AccountMerged, Accounts, archived
from supergame.features.leaderboards.boards import Boards
from supergame.features.leaderboards.model import Place, Placed, Record, RecordsChanged, merge, place_of
from supergame.features.leaderboards.rankings import Period, Rankings
from supergame.features.leaderboards.records import find_record, put_record
from supergame.store import Database, Events, Tx, load_queries

QUERIES = load_queries("supergame.features.leaderboards")


class Owners:
    """All records of one owner at a time."""

    def __init__(self, ground: Ground, accounts: Accounts, boards: Boards, rankings: Rankings, turns: Turns) -> None:
        self._database: Database = ground.database
        self._events: Events = ground.events
        self._accounts, self._boards, self._rankings, self._turns = accounts, boards, rankings, turns

    async def forget(self, tx: Tx, owner_id: str) -> None:
        """Delete all records of an owner."""
        places = await tx.all(QUERIES.list_of_owner, _placed, owner_id=owner_id)
        if places:
            await tx.run(QUERIES.forget_owner, owner_id=owner_id)
            await self._events.announce(tx, RecordsChanged(owner_id, places))

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """Merge the records of one account into those of another, by the rules of each leaderboard."""
        into_id = event.into_id
        merging = await tx.all(QUERIES.list_to_merge, _to_merge, owner_id=event.from_id)
        if not merging:
            return
        username = (await self._accounts.usernames([into_id], tx=tx)).get(into_id)
        places: list[Placed] = []
        for operator, sort, other in merging:
            mine = await find_record(tx, other.leaderboard_id, other.expiry_us, into_id)
            new = other if mine is None else merge(mine, other, operator, sort)
            await put_record(tx, msgspec.structs.replace(new, owner_id=into_id, username=username), sort)
            places.append((other.leaderboard_id, other.expiry_us, None if mine is None else place_of(mine, sort)[:3]))
        await self._events.announce(tx, RecordsChanged(into_id, places))

    async def export(self, tx: Tx, owner_id: str) -> dict[str, Any]:
        """All records of an owner, of all periods."""
        records = await tx.all(QUERIES.list_records_of_owner, Record, owner_id=owner_id)
        told = [archived(record, json=("metadata",)) for record in records]
        for record in told:
            del record["rank"]  # the rows have none
        return {"records": told}

    async def rank_anew(self, event: RecordsChanged) -> None:
        """Let the rankings that are in memory follow."""
        for leaderboard_id, expiry_us, had in event.places:
            period = leaderboard_id, expiry_us
            if period in self._rankings:
                place = None if had is None else Place(*had, event.owner_id)
                work = partial(self._rank_anew, period, event.owner_id, place)
                await self._turns.run((leaderboard_id, event.owner_id), work)

    async def _rank_anew(self, period: Period, owner_id: str, had: Place | None) -> None:
        """Move a record from the place it had to where it is now, if it is there at all."""
        board = await self._boards.get(period[0])
        if board is None:
            return
        async with self._rankings.hold(period) as ranking:
            row = await self._database.one(
                QUERIES.find_record, Record, owner_id=owner_id, id=period[0], expiry_us=period[1]
            )
            ranking.move(had, None if row is None else place_of(row, board.rules.sort))


def _to_merge(operator: str, sort: str, *columns: Any) -> tuple[str, str, Record]:
    return operator, sort, Record(*columns)


def _placed(leaderboard_id: str, expiry_us: int, *place: int) -> Placed:
    score, subscore, update_us = place
    return leaderboard_id, expiry_us, (score, subscore, update_us)
