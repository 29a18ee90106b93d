"""Snapshots of authoritative matches: what a node that stops leaves behind for its next start."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from supergame.core.clock import MICROSECONDS
from supergame.core.errors import Internal
from supergame.core.feature import Ground
from supergame.features.accounts import deleted_among
from supergame.features.presence import Presence
from supergame.store import Tx, load_queries

SNAPSHOT_SECONDS_MAX = 3600  # an older snapshot is nobody's game any more
SNAPSHOT_BYTES_MAX = 16 * 1024 * 1024  # the state of one match; a larger one is not kept
SNAPSHOTS_PER_TRANSACTION_MAX = 50  # so that many matches do not make one long transaction

QUERIES = load_queries("supergame.features.matches")


class Snapshot(msgspec.Struct, frozen=True):
    """One match as it was when its node stopped; a row of matches_snapshot."""

    match_id: str
    handler: str
    label: str
    tick: int
    seats: str
    state: bytes
    saved_us: int

    @classmethod
    def of(
        cls,
        match_id: str,
        handler: str,
        label: str,
        tick: int,
        presences: Iterable[Presence],
        state: bytes,
        saved_us: int,
    ) -> Snapshot:
        """The snapshot of a match whose seats these players have."""
        seats = _written([(seat.user_id, seat.session_id, seat.username) for seat in presences])
        return cls(match_id, handler, label, tick, seats, state, saved_us)

    def presences(self) -> list[Presence]:
        """Who had a seat."""
        return [Presence(*seat) for seat in _read_seats(self.seats)]

    def without(self, user_ids: Collection[str]) -> Snapshot:
        """The same without the seats of some users."""
        return msgspec.structs.replace(self, seats=_without(self.seats, user_ids))


def checked_state(state: object) -> bytes:
    """What an author's `snapshot` gave. Raises Internal when that cannot be kept."""
    if not isinstance(state, bytes):
        raise Internal(f"snapshot() gave {type(state).__name__}, not bytes.")
    if len(state) > SNAPSHOT_BYTES_MAX:
        raise Internal(f"snapshot() gave {len(state)} bytes, {SNAPSHOT_BYTES_MAX} are kept at most.")
    return state


class Snapshots:
    """The snapshots of one node."""

    def __init__(self, ground: Ground) -> None:
        self._database, self._clock, self._node, self._log = ground.database, ground.clock, ground.node, ground.log

    async def save(self, snapshots: Sequence[Snapshot]) -> None:
        """Keep snapshots; a match's new one replaces its old one."""
        for start in range(0, len(snapshots), SNAPSHOTS_PER_TRANSACTION_MAX):
            batch = snapshots[start : start + SNAPSHOTS_PER_TRANSACTION_MAX]

            async def body(tx: Tx, batch: Sequence[Snapshot] = batch) -> None:
                for snapshot in batch:
                    deleted = await deleted_among(tx, [presence.user_id for presence in snapshot.presences()])
                    snapshot = snapshot.without(deleted) if deleted else snapshot
                    await tx.run(QUERIES.save_snapshot, node=self._node, **msgspec.structs.asdict(snapshot))

            await self._database.transact(body)

    async def left_behind(self) -> list[Snapshot]:
        """What this node left behind when it stopped; what is too old is thrown away."""
        youngest_us = self._clock.now_us() - SNAPSHOT_SECONDS_MAX * MICROSECONDS
        dropped = await self._database.run(QUERIES.delete_old_snapshots, node=self._node, youngest_us=youngest_us)
        if dropped:
            self._log.warning("matches were not resumed, they are too old", matches=dropped)
        found: list[Snapshot] = await self._database.all(QUERIES.list_snapshots, Snapshot, node=self._node)
        return found

    async def forget(self, match_ids: Sequence[str]) -> None:
        """Throw away the snapshots of these matches."""
        if match_ids:
            await self._database.run(QUERIES.delete_snapshots, ids=match_ids)

    async def forget_player(self, tx: Tx, user_id: str) -> None:
        """Take away the seats of a deleted player."""
        for row in await tx.all(QUERIES.list_seats, _Seated, user_id=user_id):
            await tx.run(QUERIES.save_seats, match_id=row.match_id, seats=_without(row.seats, {user_id}))

    async def seats_of(self, tx: Tx, user_id: str) -> list[dict[str, Any]]:
        """Where a player has a seat, for their archive."""
        return [
            {"match_id": row.match_id, "session_id": session_id, "username": username}
            for row in await tx.all(QUERIES.list_seats, _Seated, user_id=user_id)
            for seated_id, session_id, username in _read_seats(row.seats)
            if seated_id == user_id
        ]


class _Seated(NamedTuple):
    match_id: str
    seats: str


_Seats = list[tuple[str, str, str]]
_read_seats = msgspec.json.Decoder(_Seats).decode


def _written(seats: _Seats) -> str:
    return msgspec.json.encode(seats).decode()


def _without(seats: str, user_ids: Collection[str]) -> str:
    return _written([seat for seat in _read_seats(seats) if seat[0] not in user_ids])
