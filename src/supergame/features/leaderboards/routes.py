"""Leaderboards over HTTP: players list records, and write and delete their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from supergame.core.errors import BadInput
from supergame.edge import Caller
from supergame.features.leaderboards.model import Record, RecordPage
from supergame.features.leaderboards.service import Leaderboards
from supergame.protocol import leaderboards as wire
from supergame.protocol.types import Int64, timestamp

LIST_DEFAULT: Final = 1
"""The protocol's default page."""


async def list_records(
    leaderboards: Leaderboards, caller: Caller, request: wire.ListLeaderboardRecordsRequest
) -> wire.LeaderboardRecordList:
    """A page of a leaderboard; who asks for owners and names no limit gets those owners' records only."""
    limit: int | None = request.limit
    if limit is None and (request.cursor or not request.owner_ids):
        limit = LIST_DEFAULT
    page = await leaderboards.records_list(
        request.leaderboard_id,
        owner_ids=[id_.lower() for id_ in request.owner_ids],
        limit=limit,
        cursor=request.cursor,
        expiry=request.expiry or 0,
    )
    return _page(page)


async def list_around_owner(
    leaderboards: Leaderboards, caller: Caller, request: wire.ListLeaderboardRecordsAroundOwnerRequest
) -> wire.LeaderboardRecordList:
    """The records around an owner's."""
    page = await leaderboards.haystack(
        request.leaderboard_id,
        request.owner_id.lower(),
        limit=LIST_DEFAULT if request.limit is None else request.limit,
        cursor=request.cursor,
        expiry=request.expiry or 0,
    )
    return _page(page)


async def write_record(
    leaderboards: Leaderboards, caller: Caller, request: wire.WriteLeaderboardRecordRequest
) -> wire.LeaderboardRecord:
    """Submit the caller's score."""
    if request.record is None:
        raise BadInput("Invalid record input, record score value is required.")
    record = await leaderboards.record_write(
        request.leaderboard_id,
        caller.user_id,
        request.record.score,
        request.record.subscore,
        username=caller.username,
        metadata=request.record.metadata,
        operator=request.record.operator,
        caller=caller.user_id,
    )
    return _record(record)


async def delete_record(
    leaderboards: Leaderboards, caller: Caller, request: wire.DeleteLeaderboardRecordRequest
) -> None:
    """Delete the caller's own record."""
    await leaderboards.record_delete(request.leaderboard_id, caller.user_id, caller=caller.user_id)


def _page(page: RecordPage) -> wire.LeaderboardRecordList:
    return wire.LeaderboardRecordList(
        [_record(record) for record in page.records],
        [_record(record) for record in page.owner_records],
        page.next_cursor,
        page.prev_cursor,
        Int64(page.rank_count),
    )


def _record(record: Record) -> wire.LeaderboardRecord:
    return wire.LeaderboardRecord(
        record.leaderboard_id,
        record.owner_id,
        record.username,
        Int64(record.score),
        Int64(record.subscore),
        record.num_score,
        record.metadata,
        timestamp(record.create_us),
        timestamp(record.update_us),
        timestamp(record.expiry_us) if record.expiry_us else None,
        Int64(record.rank),
    )


ROUTES: Mapping[str, Callable[..., Any]] = {
    "ListLeaderboardRecords": list_records,
    "ListLeaderboardRecordsAroundOwner": list_around_owner,
    "WriteLeaderboardRecord": write_record,
    "DeleteLeaderboardRecord": delete_record,
}
