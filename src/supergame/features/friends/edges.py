"""The rows of two players, changed together in a transaction of the caller's, so that both sides always agree."""

from __future__ import annotations

from typing import NamedTuple

from supergame.features.accounts import Accounts
from supergame.features.friends.cursors import Edge
from supergame.features.friends.model import FRIENDS, Pair, merged
from supergame.protocol.friends import FriendState
from supergame.store import Tx, load_queries

QUERIES = load_queries("supergame.features.friends")


class Counts(NamedTuple):
    """How much of a player's limits is used up."""

    friends: int
    """Invites that were sent included."""
    invites: int
    blocks: int


class _Side(NamedTuple):
    user_id: str
    state: int


class Edges:
    """What players are to each other, inside a transaction."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def pair(self, tx: Tx, user_id: str, other_id: str) -> Pair:
        """What the two are to each other."""
        rows = await tx.all(QUERIES.pair, _Side, user_id=user_id, other_id=other_id)
        states = {row.user_id: FriendState(row.state) for row in rows}
        return Pair(states.get(user_id), states.get(other_id))

    async def put(
        self,
        tx: Tx,
        user_id: str,
        other_id: str,
        old: Pair,
        new: Pair,
        now_us: int,
        *,
        mine: str | None = None,
        theirs: str | None = None,
    ) -> None:
        """Make `new` of `old`, which is what they are; `mine` and `theirs` are notes to be kept from then on."""
        sides = [
            (user_id, other_id, old.mine, new.mine, mine),
            (other_id, user_id, old.theirs, new.theirs, theirs),
        ]
        # Always in the same order, whoever acts: two that add each other at once would wait for each other's row.
        for one, other, before, after, metadata in sorted(sides, key=lambda side: side[0]):
            if after == before:
                continue
            if after is None:
                await tx.run(QUERIES.drop, user_id=one, other_id=other)
            else:
                await tx.run(
                    QUERIES.put, user_id=one, other_id=other, state=int(after), metadata=metadata, now_us=now_us
                )
        if (old == FRIENDS) != (new == FRIENDS):
            await self._accounts.count_edges(tx, [user_id, other_id], 1 if new == FRIENDS else -1)

    async def counts(self, tx: Tx, user_id: str) -> Counts:
        """How many others a player has, of each kind that has a limit."""
        found = dict(await tx.all(QUERIES.counts, lambda state, count: (state, count), user_id=user_id))
        friends = found.get(FriendState.FRIEND, 0) + found.get(FriendState.INVITE_SENT, 0)
        return Counts(friends, found.get(FriendState.INVITE_RECEIVED, 0), found.get(FriendState.BLOCKED, 0))

    async def forget(self, tx: Tx, user_id: str) -> None:
        """Drop everything between a player and all others."""
        friends = await tx.all(QUERIES.friends, str, user_id=user_id)
        await tx.run(QUERIES.forget, user_id=user_id)
        await self._accounts.count_edges(tx, friends, -1)

    async def absorb(self, tx: Tx, from_id: str, into_id: str, now_us: int) -> None:
        """Give one player what others are to another, and the other to them, where that says more than what is there.

        What the absorbed player and others have noted about each other is kept where there is no note yet.
        """
        own = await tx.all(QUERIES.all_of, Edge, user_id=from_id)
        others = await tx.all(QUERIES.all_about, Edge, user_id=from_id)
        notes = {edge.other_id: edge.metadata for edge in own}
        notes_of_others = {edge.other_id: edge.metadata for edge in others}
        for other_id in sorted({*notes, *notes_of_others} - {into_id}):
            old = await self.pair(tx, into_id, other_id)
            new = merged(old, await self.pair(tx, from_id, other_id))
            await self.put(
                tx,
                into_id,
                other_id,
                old,
                new,
                now_us,
                mine=notes.get(other_id) if old.mine is None else None,
                theirs=notes_of_others.get(other_id) if old.theirs is None else None,
            )
