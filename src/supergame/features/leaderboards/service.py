"""Leaderboards: the rules of writing, reading and ranking records.

Every call is made by the system (game code), or on behalf of a player, `caller`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, Final

import msgspec

from supergame.core.clock import MICROSECONDS
from supergame.core.errors import Aborted, BadInput, NotFound
from supergame.core.feature import Ground
from supergame.core.ids import is_uuid
from supergame.core.turns import Turns
from supergame.features.accounts import AccountDeleted, AccountMerged, Accounts
from supergame.features.leaderboards.boards import Board, Boards, Listener
from supergame.features.leaderboards.cursors import Cursor
from supergame.features.leaderboards.model import (
    BEGINNING,
    OPERATORS,
    DeleteRefused,
    Leaderboard,
    LeaderboardReset,
    LeaderboardsSettings,
    Place,
    Record,
    RecordPage,
    RecordsChanged,
    Submission,
    WriteRefused,
    apply,
    check_metadata,
    place_of,
)
from supergame.features.leaderboards.owners import Owners
from supergame.features.leaderboards.rankings import Rankings
from supergame.features.leaderboards.records import find_record, put_record
from supergame.protocol.leaderboards import Operator
from supergame.protocol.types import INT64_MAX, INT64_MIN
from supergame.store import Database, Query, Tx, load_queries

QUERIES = load_queries("supergame.features.leaderboards")

LIST_MAX: Final = 1000
"""Records on one page, and owners that may be asked for at once."""
AROUND_MAX: Final = 100
"""Records around an owner's."""
BOARDS_MAX: Final = 1000
"""Leaderboards on one page."""


class Leaderboards:
    """Leaderboards, their records and ranks."""

    def __init__(self, ground: Ground, accounts: Accounts) -> None:
        self._database: Database = ground.database
        self._clock = ground.clock
        self._boards = Boards(ground)
        settings = ground.config.section(LeaderboardsSettings)
        self._rankings = Rankings(ground.database, settings.ranked_records_max)
        self._turns = Turns()
        self._owners = Owners(ground, accounts, self._boards, self._rankings, self._turns)
        ground.metrics.gauge(
            "supergame_leaderboard_records_ranked", "Records whose ranks are in memory.", self._rankings.__len__
        )

    async def start(self) -> None:
        """Note the resets that were missed, and wait for the next."""
        await self._boards.start()

    async def stop(self) -> None:
        """Finish what is being written."""
        await self._boards.stop()
        await self._turns.settle()
        await self._rankings.close()

    # -- leaderboards

    async def create(
        self,
        id: str,  # noqa: A002 - what the protocol calls it
        *,
        sort: str = "desc",
        operator: str = "best",
        reset: str | None = None,
        authoritative: bool = False,
        metadata: Mapping[str, Any] | None = None,
        enable_ranks: bool = True,
    ) -> Leaderboard:
        """Make a leaderboard; where there is one of that id, it gets these rules and keeps its records.

        * `sort`: desc, the greatest score is the first, or asc. It cannot change: raises Conflict.
        * `operator`: best, set, incr or decr: what a new score does to an old one (see `model.apply`).
        * `reset`: a cron expression in UTC, or @hourly, @daily, @weekly, @monthly, @yearly: when a period ends and
          everybody begins anew. Records stay in the period in which they were written.
        * `authoritative`: players cannot write to it, game code can.
        * `enable_ranks`: ranks once switched off stay off.

        Raises BadInput for rules that make no sense.
        """
        board = await self._boards.create(
            id,
            sort=sort,
            operator=operator,
            reset=reset,
            authoritative=authoritative,
            metadata=metadata,
            enable_ranks=enable_ranks,
        )
        return self._seen(board)

    async def delete(self, leaderboard_id: str) -> None:
        """Delete a leaderboard and all its records. Raises LeaderboardNotFound."""
        await self._boards.delete(leaderboard_id)
        self._rankings.forget(leaderboard_id)

    async def get(self, leaderboard_id: str) -> Leaderboard | None:
        """One leaderboard, or None."""
        board = await self._boards.get(leaderboard_id)
        return None if board is None else self._seen(board)

    async def ranks_disable(self, leaderboard_id: str) -> None:
        """Give no ranks from now on, and forget those in memory. Raises LeaderboardNotFound."""
        await self._boards.stop_ranking(leaderboard_id)
        self._rankings.forget(leaderboard_id)

    def on_reset(self, listener: Listener) -> None:
        """Call `listener(leaderboard)` after a period has ended, at least once.

        `leaderboard.prev_reset` is the `expiry` of the records of the period that ended.
        """
        self._boards.on_reset(listener)

    async def tell_reset(self, event: LeaderboardReset) -> None:
        """Tell those who want to know of a reset."""
        await self._boards.tell_reset(event)

    def _seen(self, board: Board) -> Leaderboard:
        return board.seen(self._clock.now_us())

    # -- writing records

    async def record_write(
        self,
        leaderboard_id: str,
        owner_id: str,
        score: int = 0,
        subscore: int = 0,
        *,
        username: str | None = None,
        metadata: Mapping[str, Any] | str | None = None,
        operator: str | Operator = Operator.NO_OVERRIDE,
        caller: str | None = None,
    ) -> Record:
        """Submit a score, and get the record and rank that come of it.

        Raises LeaderboardNotFound, BadInput for values out of range, WriteRefused where a player may not write, and
        NotFound where the owner was deleted.
        """
        board = await self._boards.find(leaderboard_id)
        if caller is not None and (board.rules.authoritative or caller != owner_id):
            raise WriteRefused
        _check_owners([owner_id])
        if not (INT64_MIN <= score <= INT64_MAX and INT64_MIN <= subscore <= INT64_MAX):
            raise BadInput("Score and subscore are integers of 64 bits.")
        chosen = OPERATORS.get(operator) if isinstance(operator, str) else Operator(operator)
        if chosen is None:
            raise BadInput(f"The operator is one of {', '.join(OPERATORS)}, not {operator!r}.")
        if chosen is Operator.NO_OVERRIDE:
            chosen = OPERATORS[board.rules.operator]
        new = Submission(owner_id, score, subscore, username, check_metadata(metadata), chosen)
        return await self._turns.run((leaderboard_id, owner_id), partial(self._write, board, new))

    async def _write(self, board: Board, new: Submission) -> Record:
        """Read, change and write a record in its turn, then move it in the ranking."""
        rules = board.rules
        now_us = self._clock.now_us()
        expiry_us = board.expiry_us(now_us)
        tried = False

        async def body(tx: Tx) -> tuple[Record | None, Record]:
            nonlocal tried
            old = await find_record(tx, rules.id, expiry_us, new.owner_id)
            record = apply(old, new, rules, expiry_us, now_us)
            if record is not old:
                tried = True
                await put_record(tx, record, rules.sort)
            return old, record

        if not rules.ranked:
            return (await self._database.transact(body))[1]
        async with self._rankings.hold((rules.id, expiry_us)) as ranking:
            try:
                old, record = await self._database.transact(body)
            except (Aborted, NotFound):
                raise
            except BaseException:
                ranking.doubtful |= tried
                raise
            place = place_of(record, rules.sort)
            ranking.move(None if old is None else place_of(old, rules.sort), place)
            record.rank = ranking.rank(place)
        return record

    async def record_delete(self, leaderboard_id: str, owner_id: str, *, caller: str | None = None) -> bool:
        """Delete an owner's record of the period that runs; False where there was none.

        Raises LeaderboardNotFound, and DeleteRefused where a player may not delete.
        """
        board = await self._boards.find(leaderboard_id)
        if caller is not None and (board.rules.authoritative or caller != owner_id):
            raise DeleteRefused
        _check_owners([owner_id])
        return await self._turns.run((leaderboard_id, owner_id), partial(self._delete, board, owner_id))

    async def _delete(self, board: Board, owner_id: str) -> bool:
        rules = board.rules
        expiry_us = board.expiry_us(self._clock.now_us())

        async def body(tx: Tx) -> Record | None:
            old = await find_record(tx, rules.id, expiry_us, owner_id)
            if old is not None:
                await tx.run(QUERIES.remove_record, owner_id=owner_id, id=rules.id, expiry_us=expiry_us)
            return old

        if not rules.ranked:
            return await self._database.transact(body) is not None
        async with self._rankings.hold((rules.id, expiry_us)) as ranking:
            try:
                old = await self._database.transact(body)
            except BaseException:
                ranking.doubtful = True
                raise
            if old is not None:
                ranking.move(place_of(old, rules.sort), None)
        return old is not None

    # -- owners

    def forget(self, tx: Tx, event: AccountDeleted) -> Awaitable[None]:
        """Delete all records of a deleted player; their ranks follow after the commit."""
        return self._owners.forget(tx, event.user_id)

    def absorb(self, tx: Tx, event: AccountMerged) -> Awaitable[None]:
        """Two accounts become one: where both have a record, the leaderboard's operator says what becomes of it."""
        return self._owners.absorb(tx, event)

    def export(self, tx: Tx, user_id: str) -> Awaitable[dict[str, Any]]:
        """All records of a player, of all periods, for their archive."""
        return self._owners.export(tx, user_id)

    def rank_anew(self, event: RecordsChanged) -> Awaitable[None]:
        """Let the rankings in memory follow what became of an owner's records."""
        return self._owners.rank_anew(event)

    # -- reading records

    async def records_list(
        self,
        leaderboard_id: str,
        *,
        owner_ids: Sequence[str] = (),
        limit: int | None = 100,
        cursor: str = "",
        expiry: int = 0,
    ) -> RecordPage:
        """A page of a leaderboard from first to last (none with `limit=None`), and the records of some owners.

        `expiry` (Unix seconds) asks for the period that ends or ended then, 0 for the one that runs. A cursor stays
        in its period. Raises LeaderboardNotFound and BadInput.
        """
        board, expiry_us, start = await self._begin(leaderboard_id, cursor, expiry)
        if limit is not None and not 1 <= limit <= LIST_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_MAX}.")
        _check_owners(owner_ids)
        page = RecordPage([], [])
        if limit is not None:
            page = await self._page(board, expiry_us, start, limit)
        owner_records = await self._of_owners(board, expiry_us, owner_ids)
        return await self._ranked(board, expiry_us, page, owner_records)

    async def haystack(
        self, leaderboard_id: str, owner_id: str, *, limit: int = 1, cursor: str = "", expiry: int = 0
    ) -> RecordPage:
        """The records around an owner's: up to `limit`, the owner in the middle as far as there are others.

        The page's cursors go on in both directions, here or in `records_list`. Empty where the owner has no record.
        """
        board, expiry_us, start = await self._begin(leaderboard_id, cursor, expiry)
        if not 1 <= limit <= AROUND_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {AROUND_MAX}.")
        _check_owners([owner_id])
        own = await self._of_owners(board, expiry_us, [owner_id])
        if start is not None:
            page = await self._page(board, expiry_us, start, limit)
        elif own:
            page = await self._around(board, expiry_us, own[0], limit)
        else:
            page = RecordPage([], [])
        return await self._ranked(board, expiry_us, page, own)

    async def cursor_from_rank(self, leaderboard_id: str, rank: int, *, expiry: int = 0) -> str:
        """The cursor with which `records_list` begins at that rank. Raises BadInput where there are no ranks."""
        board, expiry_us, _ = await self._begin(leaderboard_id, "", expiry)
        if rank < 1:
            raise BadInput("Invalid rank - rank must be at least 1.")
        if not board.rules.ranked:
            raise BadInput("Ranks are disabled on this leaderboard.")
        place = (await self._rankings.read((leaderboard_id, expiry_us))).at(rank - 1) if rank > 1 else None
        return "" if place is None else Cursor.at(leaderboard_id, expiry_us, place)

    async def _begin(self, leaderboard_id: str, cursor: str, expiry: int) -> tuple[Board, int, Cursor | None]:
        """The leaderboard, the period that is meant, and the place to go on from."""
        board = await self._boards.find(leaderboard_id)
        if not 0 <= expiry <= INT64_MAX // MICROSECONDS:
            raise BadInput("Invalid expiry - expiry must be a time in seconds.")
        expiry_us = expiry * MICROSECONDS or board.expiry_us(self._clock.now_us())
        if not cursor:
            return board, expiry_us, None
        start = Cursor.parse(cursor)
        if start.leaderboard_id != leaderboard_id or (expiry and start.expiry_us != expiry_us):
            raise BadInput("Invalid cursor.")
        return board, start.expiry_us, start

    async def _rows(self, query: Query, board: Board, expiry_us: int, place: Place, limit: int) -> Sequence[Record]:
        return await self._database.all(
            query,
            Record,
            id=board.rules.id,
            expiry_us=expiry_us,
            score=place.score,
            subscore=place.subscore,
            update_us=place.update_us,
            owner_id=place.owner_id,
            limit=limit,
        )

    async def _page(self, board: Board, expiry_us: int, start: Cursor | None, limit: int) -> RecordPage:
        backwards = start is not None and start.backwards
        query = QUERIES.list_before if backwards else QUERIES.list_after
        place = BEGINNING if start is None else start.place
        rows = await self._rows(query, board, expiry_us, place, limit + 1)
        more, records = len(rows) > limit, list(rows[:limit])
        if backwards:
            return self._neighbours(board, expiry_us, records[::-1], before=more, after=True)
        return self._neighbours(board, expiry_us, records, before=start is not None, after=more)

    async def _around(self, board: Board, expiry_us: int, own: Record, limit: int) -> RecordPage:
        place = place_of(own, board.rules.sort)
        before = await self._rows(QUERIES.list_before, board, expiry_us, place, limit)
        after = await self._rows(QUERIES.list_after, board, expiry_us, place, limit)
        before = [record for record in before if record.owner_id != own.owner_id]  # moved since it was read
        after = [record for record in after if record.owner_id != own.owner_id]
        others = limit - 1
        n_before = min(len(before), max(others // 2, others - len(after)))
        n_after = min(len(after), others - n_before)
        records = [*before[:n_before][::-1], own, *after[:n_after]]
        return self._neighbours(board, expiry_us, records, before=len(before) > n_before, after=len(after) > n_after)

    def _neighbours(
        self, board: Board, expiry_us: int, records: list[Record], *, before: bool, after: bool
    ) -> RecordPage:
        """A page, with cursors to what is before and after it."""
        id_, sort = board.rules.id, board.rules.sort
        next_cursor = prev_cursor = ""
        if records and after:
            next_cursor = Cursor.at(id_, expiry_us, place_of(records[-1], sort))
        if records and before:
            prev_cursor = Cursor.at(id_, expiry_us, place_of(records[0], sort), backwards=True)
        return RecordPage(records, [], next_cursor, prev_cursor)

    async def _of_owners(self, board: Board, expiry_us: int, owner_ids: Sequence[str]) -> list[Record]:
        """The records of some owners, in the order asked for; who has none is left out."""
        if not owner_ids:
            return []
        rows = await self._database.all(
            QUERIES.find_records, Record, owner_ids=owner_ids, id=board.rules.id, expiry_us=expiry_us
        )
        found = {record.owner_id: record for record in rows}
        return [found[owner_id] for owner_id in dict.fromkeys(owner_ids) if owner_id in found]

    async def _ranked(self, board: Board, expiry_us: int, page: RecordPage, owner_records: list[Record]) -> RecordPage:
        """The page with everybody's rank; what follows the first on the page has the ranks after it."""
        rules = board.rules
        if not rules.ranked:
            return msgspec.structs.replace(page, owner_records=owner_records)
        ranking = await self._rankings.read((rules.id, expiry_us))
        if page.records:
            ranks = count(ranking.rank(place_of(page.records[0], rules.sort)))
            for record, rank in zip(page.records, ranks, strict=False):
                record.rank = rank
        for record in owner_records:
            record.rank = ranking.rank(place_of(record, rules.sort))
        return msgspec.structs.replace(page, owner_records=owner_records, rank_count=len(ranking))

    async def list(self, *, after: str = "", limit: int = BOARDS_MAX) -> list[Leaderboard]:
        """Leaderboards by id, up to BOARDS_MAX of them: those that come after `after`."""
        if not 1 <= limit <= BOARDS_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {BOARDS_MAX}.")
        return [self._seen(board) for board in await self._boards.list(after, limit)]


def _check_owners(owner_ids: Sequence[str]) -> None:
    """Raises BadInput unless all are UUIDs, and not too many."""
    if len(owner_ids) > LIST_MAX:
        raise BadInput(f"At most {LIST_MAX} owner IDs at a time.")
    if not all(map(is_uuid, owner_ids)):
        raise BadInput("One or more owner IDs are invalid.")
