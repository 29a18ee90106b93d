"""The leaderboards there are: made, changed and deleted by game code, with periods that end by the clock.

The end of a period is told through the outbox: the transaction that begins the next one also notes the event, so a
reset is told at least once, even if the node was down when it fell due or dies while telling.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from supergame.core.clock import MICROSECONDS, TimerHandle
from supergame.core.errors import BadInput, Conflict
from supergame.core.feature import Ground
from supergame.core.schedule import Schedule
from supergame.features.leaderboards.model import (
    ASCENDING,
    DESCENDING,
    ID_BYTES_MAX,
    OPERATORS,
    Leaderboard,
    LeaderboardNotFound,
    LeaderboardReset,
    check_metadata,
)
from supergame.store import Database, Events, Tx, load_queries

QUERIES = load_queries("supergame.features.leaderboards")

CHECK_SECONDS_MAX: Final = 3600.0
"""The clock is looked at this often, in case somebody has set it."""
RETRY_SECONDS: Final = 10.0
"""After this a reset that could not be noted down is tried again."""
DELETED_RECORDS_MAX: Final = 1_000
"""Records that one transaction deletes."""

Listener = Callable[[Leaderboard], Awaitable[object] | object]


class _Row(msgspec.Struct, frozen=True):
    id: str
    sort: str
    operator: str
    reset: str
    authoritative: int
    ranked: int
    metadata: str
    create_us: int
    due_us: int


class Board:
    """A leaderboard as it lies in memory: its rules, and the period that runs."""

    __slots__ = ("_expiry_us", "_schedule", "due_us", "rules")

    def __init__(self, row: _Row) -> None:
        self.rules = Leaderboard(
            row.id,
            row.sort,
            row.operator,
            row.reset,
            bool(row.authoritative),
            bool(row.ranked),
            msgspec.json.decode(row.metadata, type=dict[str, Any]),
            row.create_us,
        )
        self.due_us = row.due_us
        self._schedule = Schedule(row.reset)
        self._expiry_us = row.due_us if row.reset else 0

    def expiry_us(self, now_us: int) -> int:
        """When the period that runs now ends; 0: never."""
        if self._expiry_us and self._expiry_us <= now_us:
            self._expiry_us = self._schedule.next_us(now_us)
        return self._expiry_us

    def seen(self, now_us: int) -> Leaderboard:
        """The rules, with the ends of the last period and of this one."""
        previous_us = self._schedule.previous_us(now_us)
        return msgspec.structs.replace(
            self.rules,
            prev_reset=previous_us // MICROSECONDS if previous_us > self.rules.create_us else 0,
            next_reset=self.expiry_us(now_us) // MICROSECONDS,
        )


class Boards:
    """The leaderboards of a database."""

    def __init__(self, ground: Ground) -> None:
        self._database: Database = ground.database
        self._events: Events = ground.events
        self._clock = ground.clock
        self._log = ground.log
        self._boards: dict[str, Board] = {}
        self._listeners: list[Listener] = []
        self._timer: TimerHandle | None = None
        self._resetting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Note the resets that fell due while no node ran; whoever delivers the outbox will tell of them."""
        for row in await self._database.all(QUERIES.list_resetting, _Row):
            self._boards[row.id] = Board(row)
        for board in self._due():
            await self._begin_period(board)
        self._wait()

    async def stop(self) -> None:
        """Wait for no more resets."""
        if self._resetting is not None:
            await asyncio.wait([self._resetting])
        if self._timer is not None:
            self._timer.cancel()

    async def get(self, id_: str) -> Board | None:
        """The leaderboard of that id, or None."""
        return self._boards.get(id_) or await self._refresh(id_)

    async def find(self, id_: str) -> Board:
        """The leaderboard of that id. Raises LeaderboardNotFound."""
        board = await self.get(id_)
        if board is None:
            raise LeaderboardNotFound
        return board

    async def create(
        self,
        id_: str,
        *,
        sort: str,
        operator: str,
        reset: str | None,
        authoritative: bool,
        metadata: Mapping[str, Any] | None,
        enable_ranks: bool,
    ) -> Board:
        """Make a leaderboard, or give the one of that id these rules."""
        now_us = self._clock.now_us()
        row = _checked(id_, sort, operator, reset, authoritative, metadata, enable_ranks, now_us)

        async def body(tx: Tx) -> None:
            old = await tx.one(QUERIES.find_board, _Row, id=id_)
            if old is None:
                await tx.run(QUERIES.add_board, **msgspec.structs.asdict(row))
                return
            if old.sort != sort:
                raise Conflict(f"Leaderboard {id_} is sorted {old.sort}; it has to be deleted to be sorted {sort}.")
            new = msgspec.structs.replace(
                row,
                ranked=old.ranked & row.ranked,
                create_us=old.create_us,
                due_us=old.due_us if old.reset == row.reset else row.due_us,
            )
            if new != old:
                values = msgspec.structs.asdict(new)
                del values["sort"], values["create_us"]
                await tx.run(QUERIES.change_board, **values)

        await self._database.transact(body)
        self._boards.pop(id_, None)
        board = await self.find(id_)
        self._wait()
        return board

    async def stop_ranking(self, id_: str) -> None:
        """Give no more ranks. Raises LeaderboardNotFound."""
        if not await self._database.run(QUERIES.stop_ranking, id=id_):
            raise LeaderboardNotFound
        await self._refresh(id_)

    async def delete(self, id_: str) -> None:
        """Delete a leaderboard and all its records. Raises LeaderboardNotFound."""
        await self.find(id_)
        while await self._database.run(QUERIES.remove_records, id=id_, limit=DELETED_RECORDS_MAX):
            pass

        async def body(tx: Tx) -> None:
            await tx.run(QUERIES.remove_board, id=id_)
            while await tx.run(QUERIES.remove_records, id=id_, limit=DELETED_RECORDS_MAX):  # written meanwhile
                pass

        await self._database.transact(body)
        self._boards.pop(id_, None)

    async def list(self, after: str, limit: int) -> list[Board]:
        """Leaderboards by id, from the one after `after`."""
        return [Board(row) for row in await self._database.all(QUERIES.list_boards, _Row, after=after, limit=limit)]

    def on_reset(self, listener: Listener) -> None:
        """Call `listener(leaderboard)` when a period has ended."""
        self._listeners.append(listener)

    async def tell_reset(self, event: LeaderboardReset) -> None:
        """Tell all who want to know that a period has ended; an error of one keeps nothing from the others."""
        board = await self.get(event.leaderboard_id)
        if board is None:  # deleted since
            return
        seen = msgspec.structs.replace(board.seen(self._clock.now_us()), prev_reset=event.ended_us // MICROSECONDS)
        for listener in self._listeners:
            try:
                waiting = listener(seen)
                if inspect.isawaitable(waiting):
                    await waiting
            except Exception:
                self._log.exception("a listener to a leaderboard's reset failed", leaderboard=seen.id)

    async def _refresh(self, id_: str) -> Board | None:
        """Read a leaderboard anew, and forget it if it is gone."""
        row = await self._database.one(QUERIES.find_board, _Row, id=id_)
        if row is None:
            self._boards.pop(id_, None)
            return None
        board = self._boards[id_] = Board(row)
        return board

    def _due(self) -> Sequence[Board]:
        now_us = self._clock.now_us()
        return [board for board in self._boards.values() if 0 < board.due_us <= now_us]

    def _wait(self, at_least_seconds: float = 0.0) -> None:
        """Set the timer to the next end of a period."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_us = min((board.due_us for board in self._boards.values() if board.due_us), default=0)
        if due_us:
            seconds = (due_us - self._clock.now_us()) / MICROSECONDS
            seconds = min(max(seconds, at_least_seconds), CHECK_SECONDS_MAX)
            self._timer = self._clock.call_later(seconds, self._begin_periods_soon)

    def _begin_periods_soon(self) -> None:
        if self._resetting is None:
            self._resetting = asyncio.create_task(self._begin_periods())

    async def _begin_periods(self) -> None:
        again_seconds = 0.0
        try:
            for board in self._due():
                await self._begin_period(board)
        except Exception:
            self._log.exception("resets of leaderboards could not be noted down; they are tried again")
            again_seconds = RETRY_SECONDS
        finally:
            self._resetting = None
            self._wait(again_seconds)

    async def _begin_period(self, board: Board) -> None:
        """Move on to the period that runs now; the one that was due has ended, and any between held no records."""
        id_, due_us = board.rules.id, board.due_us
        next_us = board.expiry_us(self._clock.now_us())

        async def body(tx: Tx) -> None:
            if await tx.run(QUERIES.begin_period, id=id_, due_us=due_us, next_us=next_us):
                await self._events.announce(tx, LeaderboardReset(id_, due_us))

        await self._database.transact(body)
        await self._refresh(id_)


def _checked(
    id_: str,
    sort: str,
    operator: str,
    reset: str | None,
    authoritative: bool,
    metadata: Mapping[str, Any] | None,
    enable_ranks: bool,
    now_us: int,
) -> _Row:
    """The row of a leaderboard that is to be made. Raises BadInput."""
    if not id_ or not id_.isprintable() or len(id_.encode()) > ID_BYTES_MAX:
        raise BadInput(f"A leaderboard's ID is 1 to {ID_BYTES_MAX} bytes of printable text.")
    if sort not in (ASCENDING, DESCENDING):
        raise BadInput(f"A leaderboard is sorted {ASCENDING} or {DESCENDING}, not {sort!r}.")
    if operator not in OPERATORS:
        raise BadInput(f"A leaderboard's operator is one of {', '.join(OPERATORS)}, not {operator!r}.")
    return _Row(
        id_,
        sort,
        operator,
        reset or "",
        int(authoritative),
        int(enable_ranks),
        check_metadata(metadata) or "{}",
        now_us,
        Schedule(reset or "").next_us(now_us),
    )
