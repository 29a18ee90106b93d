"""What a leaderboard and a record are, how records are ordered, and what a new score does to an old one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from supergame.core.config import Section, setting
from supergame.core.errors import BadInput, NotFound, Refused
from supergame.protocol.leaderboards import Operator
from supergame.protocol.types import INT32_MAX, INT64_MAX, INT64_MIN

ID_BYTES_MAX: Final = 128
METADATA_BYTES_MAX: Final = 16 * 1024
"""Length of the metadata of a leaderboard, or of a record."""

ASCENDING: Final = "asc"
"""The least score is the first."""
DESCENDING: Final = "desc"
"""The greatest score is the first."""

OPERATORS: Final[Mapping[str, Operator]] = {
    "best": Operator.BEST,
    "set": Operator.SET,
    "incr": Operator.INCREMENT,
    "decr": Operator.DECREMENT,
}
"""What a leaderboard's operator is called in game code."""


@dataclass(frozen=True)
class LeaderboardsSettings(Section):
    """The limits of leaderboards."""

    section: ClassVar[str] = "leaderboards"

    ranked_records_max: int = setting(
        10_000_000,
        "Records whose ranks are kept in memory (about 100 bytes each); of the periods not asked for lately, "
        "ranks are forgotten and read again when needed.",
        minimum=0,
    )


class LeaderboardNotFound(NotFound):
    """Leaderboard not found."""


class WriteRefused(Refused):
    """Leaderboard only allows authoritative submissions."""


class DeleteRefused(Refused):
    """Leaderboard only allows authoritative deletions."""


class Leaderboard(msgspec.Struct, frozen=True):
    """The rules of one leaderboard. `operator` is best, set, incr or decr; `reset` a cron expression or ""."""

    id: str
    sort: str
    operator: str
    reset: str
    authoritative: bool
    ranked: bool
    metadata: dict[str, Any]
    create_us: int
    prev_reset: int = 0
    """When the last period ended, in Unix seconds: the `expiry` of its records. 0: none has."""
    next_reset: int = 0
    """When this period ends, in Unix seconds. 0: never."""


class LeaderboardReset(msgspec.Struct, frozen=True):
    """A period of a leaderboard has ended. Its records stay, under `ended_us`."""

    leaderboard_id: str
    ended_us: int


Placed = tuple[str, int, tuple[int, int, int] | None]
"""A leaderboard, the end of a period, and where an owner's record stood there, without the owner; None: nowhere."""


class RecordsChanged(msgspec.Struct, frozen=True):
    """An owner's records were deleted, or merged with those of another; the rankings have to follow."""

    owner_id: str
    places: list[Placed]
    """The places they had before."""


class Record(msgspec.Struct):
    """What an owner has reached in one period. Times are in microseconds; `rank` is 0 where none is given."""

    leaderboard_id: str
    owner_id: str
    username: str | None
    score: int
    subscore: int
    num_score: int
    metadata: str
    create_us: int
    update_us: int
    expiry_us: int
    rank: int = 0

    @property
    def expiry(self) -> int:
        """The end of the record's period in Unix seconds, 0 if it has none."""
        return self.expiry_us // 1_000_000


class RecordPage(msgspec.Struct, frozen=True):
    """Part of a leaderboard from first to last, the cursors of its neighbours, and the records of some owners."""

    records: list[Record]
    owner_records: list[Record]
    next_cursor: str = ""
    prev_cursor: str = ""
    rank_count: int = 0


class Place(NamedTuple):
    """Where a record stands: places sort from first to last, on every leaderboard."""

    score: int
    """Turned around where more is better."""
    subscore: int
    update_us: int
    owner_id: str


BEGINNING: Final = Place(INT64_MIN, INT64_MIN, -1, "")
"""Before every record."""


def place_of(record: Record, sort: str) -> Place:
    """The place of a record: by score, subscore, who was there earlier, and the owner's id.

    Where more is better the bits of the scores are turned around, which keeps them within 64 and reverses the order.
    """
    if sort == ASCENDING:
        return Place(record.score, record.subscore, record.update_us, record.owner_id)
    return Place(~record.score, ~record.subscore, record.update_us, record.owner_id)


class Submission(NamedTuple):
    """A score on its way into a record."""

    owner_id: str
    score: int
    subscore: int
    username: str | None
    metadata: str
    """JSON text; "" leaves what is there."""
    operator: Operator


def apply(old: Record | None, new: Submission, board: Leaderboard, expiry_us: int, now_us: int) -> Record:
    """What becomes of a record (None: there was none yet); `old` itself if nothing does.

    * BEST keeps the better pair of score and subscore, SET takes the new one.
    * INCREMENT adds to both, and stops at the bounds of 64 bits.
    * DECREMENT subtracts from both and stops at zero, from where a first one starts; what is below zero stays.

    What leaves score and subscore as they are changes nothing at all: not the time, which decides among equals,
    nor the number of scores, nor the metadata.
    """
    score, subscore = _reached(old, new, board)
    if old is None:
        metadata = new.metadata or "{}"
        return Record(board.id, new.owner_id, new.username, score, subscore, 1, metadata, now_us, now_us, expiry_us)
    if (score, subscore) == (old.score, old.subscore):
        return old
    return msgspec.structs.replace(
        old,
        username=old.username if new.username is None else new.username,
        score=score,
        subscore=subscore,
        num_score=min(old.num_score + 1, INT32_MAX),
        metadata=new.metadata or old.metadata,
        update_us=now_us,
    )


def merge(mine: Record, other: Record, operator: str, sort: str) -> Record:
    """What becomes of two records, once their owners have turned out to be one player: the one with `mine`.

    * best: the better one; set: the one written last; decr: the lesser one.
    * incr: the sums of both, with the metadata of the one written last.

    Among equals one's own counts. The numbers of scores are added up.
    """
    pair, other_pair = (mine.score, mine.subscore), (other.score, other.subscore)
    last = other if other.update_us > mine.update_us else mine
    match operator:
        case "incr":
            won = msgspec.structs.replace(
                last, score=_sum(mine.score, other.score), subscore=_sum(mine.subscore, other.subscore)
            )
        case "set":
            won = last
        case "best" if sort == DESCENDING:
            won = other if other_pair > pair else mine
        case _:
            won = other if other_pair < pair else mine
    return msgspec.structs.replace(
        won,
        num_score=min(mine.num_score + other.num_score, INT32_MAX),
        create_us=min(mine.create_us, other.create_us),
    )


def _reached(old: Record | None, new: Submission, board: Leaderboard) -> tuple[int, int]:
    pair = new.score, new.subscore
    match new.operator:
        case Operator.INCREMENT:
            return pair if old is None else (_sum(old.score, new.score), _sum(old.subscore, new.subscore))
        case Operator.DECREMENT:
            before = (0, 0) if old is None else (old.score, old.subscore)
            return _difference(before[0], new.score), _difference(before[1], new.subscore)
        case Operator.BEST if old is not None:
            there = old.score, old.subscore
            return min(pair, there) if board.sort == ASCENDING else max(pair, there)
    return pair


def _sum(old: int, by: int) -> int:
    return max(INT64_MIN, min(INT64_MAX, old + by))


def _difference(old: int, by: int) -> int:
    return min(INT64_MAX, max(min(old, 0), old - by))


def check_metadata(metadata: Mapping[str, Any] | str | None) -> str:
    """Metadata as JSON text, "" for none. Raises BadInput unless it is a JSON object within its length."""
    if metadata is None or metadata == "":
        return ""
    text = metadata if isinstance(metadata, str) else msgspec.json.encode(metadata).decode()
    try:
        _read_object(text)
        n_bytes = len(text.encode())
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise BadInput("Metadata value must be JSON, if provided.") from None
    if n_bytes > METADATA_BYTES_MAX:
        raise BadInput(f"Metadata must be at most {METADATA_BYTES_MAX} bytes long.")
    return text


_read_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
