"""Leaderboards: records of players' scores, ranked."""

from __future__ import annotations

from enum import IntEnum

from supergame.protocol.operation import Binding, Event, Operation, Realtime
from supergame.protocol.types import ZERO, Empty, Int32, Int64, Message, Timestamp, UInt32


class Operator(IntEnum):
    """What a new score does to the one that is there."""

    NO_OVERRIDE = 0
    """As the leaderboard says."""
    BEST = 1
    SET = 2
    INCREMENT = 3
    DECREMENT = 4


class LeaderboardRecord(Message):
    """A player's score on a leaderboard; `metadata` is a JSON object in text, `num_score` the number of writes."""

    leaderboard_id: str = ""
    owner_id: str = ""
    username: str | None = None
    score: Int64 = ZERO
    subscore: Int64 = ZERO
    num_score: Int32 = 0
    metadata: str = ""
    create_time: Timestamp | None = None
    update_time: Timestamp | None = None
    expiry_time: Timestamp | None = None
    rank: Int64 = ZERO
    max_num_score: UInt32 = 0


class LeaderboardRecordList(Message):
    """A page of records with the cursors of its neighbours, and the records of the owners that were asked for."""

    records: list[LeaderboardRecord] = []
    owner_records: list[LeaderboardRecord] = []
    next_cursor: str = ""
    prev_cursor: str = ""
    rank_count: Int64 = ZERO


class ListLeaderboardRecordsRequest(Message):
    """A page of a leaderboard, best first: `limit` 1 to 1000; `expiry` (Unix seconds) asks for an earlier season."""

    leaderboard_id: str = ""
    owner_ids: list[str] = []
    limit: Int32 | None = None
    cursor: str = ""
    expiry: Int64 | None = None


class ListLeaderboardRecordsAroundOwnerRequest(Message):
    """The records around a player's own: `limit` 1 to 100 in all."""

    leaderboard_id: str = ""
    limit: UInt32 | None = None
    owner_id: str = ""
    expiry: Int64 | None = None
    cursor: str = ""


class LeaderboardRecordWrite(Message):
    """A score to submit; `operator` overrides the leaderboard's own."""

    score: Int64 = ZERO
    subscore: Int64 = ZERO
    metadata: str = ""
    operator: Operator = Operator.NO_OVERRIDE


class WriteLeaderboardRecordRequest(Message):
    """A leaderboard, and the score to submit to it."""

    leaderboard_id: str = ""
    record: LeaderboardRecordWrite | None = None


class DeleteLeaderboardRecordRequest(Message):
    """The leaderboard from which the player's own record is to go."""

    leaderboard_id: str = ""


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="ListLeaderboardRecords",
        bindings=(Binding("GET", "/v2/leaderboard/{leaderboard_id}"),),
        request=ListLeaderboardRecordsRequest,
        response=LeaderboardRecordList,
        summary="List a leaderboard's records page by page.",
    ),
    Operation(
        name="ListLeaderboardRecordsAroundOwner",
        bindings=(Binding("GET", "/v2/leaderboard/{leaderboard_id}/owner/{owner_id}"),),
        request=ListLeaderboardRecordsAroundOwnerRequest,
        response=LeaderboardRecordList,
        summary="List the records around a player's own.",
    ),
    Operation(
        name="WriteLeaderboardRecord",
        bindings=(Binding("POST", "/v2/leaderboard/{leaderboard_id}", "record"),),
        request=WriteLeaderboardRecordRequest,
        response=LeaderboardRecord,
        summary="Submit a score, and get the record and rank that come of it.",
    ),
    Operation(
        name="DeleteLeaderboardRecord",
        bindings=(Binding("DELETE", "/v2/leaderboard/{leaderboard_id}"),),
        request=DeleteLeaderboardRecordRequest,
        response=Empty,
        summary="Delete the player's own record.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
