"""Records in the database: found and written, in the caller's transaction."""

from __future__ import annotations

from supergame.features.accounts import check_alive
from supergame.features.leaderboards.model import LeaderboardNotFound, Record, place_of
from supergame.store import Tx, load_queries

QUERIES = load_queries("supergame.features.leaderboards")


async def find_record(tx: Tx, leaderboard_id: str, expiry_us: int, owner_id: str) -> Record | None:
    """An owner's record of one period."""
    return await tx.one(QUERIES.find_record, Record, owner_id=owner_id, id=leaderboard_id, expiry_us=expiry_us)


async def put_record(tx: Tx, record: Record, sort: str) -> None:
    """Write a record. Raises NotFound where the owner has been deleted, LeaderboardNotFound where the board has."""
    place = place_of(record, sort)
    n_rows = await tx.run(
        QUERIES.put_record,
        owner_id=record.owner_id,
        id=record.leaderboard_id,
        expiry_us=record.expiry_us,
        username=record.username,
        score=record.score,
        subscore=record.subscore,
        num_score=record.num_score,
        metadata=record.metadata,
        create_us=record.create_us,
        update_us=record.update_us,
        order_score=place.score,
        order_subscore=place.subscore,
    )
    if not n_rows:
        await check_alive(tx, [record.owner_id])
        raise LeaderboardNotFound
