"""Tombstones: the ids of deleted accounts. Nothing is ever written about one of them again.

A request or a match that was under way when its player was deleted still wants to keep something. So whoever writes
about a player looks for the tombstone in the same transaction: with `check_alive`, or within a hot statement by

    WHERE NOT EXISTS (SELECT 1 FROM accounts_tombstone WHERE user_id = :user_id)

which costs one look-up in an index. Transactions are serializable, so either the write sees the tombstone or the
deletion sees what was written. It is the one table of accounts that other features' statements may name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from supergame.core.errors import NotFound
from supergame.store import Database, Tx, load_queries

TOMBSTONES_PER_TRANSACTION: Final = 1_000
"""Tombstones that are read or written at a time when a backup is restored."""

_QUERIES = load_queries("supergame.features.accounts")


class Tombstone(NamedTuple):
    """Whose account was deleted, and when."""

    user_id: str
    deleted_us: int


async def deleted_among(tx: Tx, user_ids: Sequence[str]) -> list[str]:
    """Which of these accounts have been deleted; ids that never were any are not among them."""
    return await tx.all(_QUERIES.find_tombstones, str, user_ids=user_ids)


async def check_alive(tx: Tx, user_ids: Sequence[str]) -> None:
    """Raise NotFound where one of these accounts has been deleted."""
    if await deleted_among(tx, user_ids):
        raise NotFound("Account not found.")


async def copy_tombstones(source: Database, target: Database) -> int:
    """Add the tombstones of one database to another, a backup that takes its place.

    Gives how many accounts in it were deleted since; the next node to start on it deletes them again.
    """
    after = ""
    while batch := await source.all(_QUERIES.read_tombstones, Tombstone, after=after, count=TOMBSTONES_PER_TRANSACTION):
        after = batch[-1].user_id

        async def body(tx: Tx, batch: Sequence[Tombstone] = batch) -> None:
            for tombstone in batch:
                await tx.run(_QUERIES.add_tombstone, user_id=tombstone.user_id, deleted_us=tombstone.deleted_us)

        await target.transact(body)
    return len(await returned(target))


async def returned(database: Database) -> list[str]:
    """Accounts that were deleted and are there all the same, since a backup was restored."""
    return await database.all(_QUERIES.read_returned, str)
