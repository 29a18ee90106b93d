"""The rules of friends: who may be what to whom, and what others are told of it."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from supergame.core.errors import BadInput, NotFound, TooMany
from supergame.core.feature import Ground
from supergame.core.ids import is_uuid
from supergame.edge import Quota
from supergame.features.accounts import AccountDeleted, AccountMerged, Accounts, archived
from supergame.features.friends.cursors import Acquaintance, Cursor, Edge
from supergame.features.friends.edges import QUERIES, Edges
from supergame.features.friends.model import (
    FRIENDS,
    INVITED,
    NOTHING,
    FriendAdded,
    FriendInvited,
    FriendRemoved,
    FriendsSettings,
    PlayerBlocked,
    added,
    blocked,
    deleted,
    imported,
    written,
)
from supergame.features.friends.news import MADE, News, draft
from supergame.features.notifications import Notifications
from supergame.protocol.friends import Friend, FriendList, FriendOfFriend, FriendsOfFriendsList, FriendState
from supergame.protocol.json import ECHO_CHARACTERS_MAX
from supergame.protocol.types import timestamp
from supergame.protocol.users import User
from supergame.store import Database, Events, Tx

IDS_PER_CALL_MAX: Final = 100  # users, by id and username together, in one call
IMPORTED_MAX: Final = 5_000  # users in one import
IMPORTED_PER_TRANSACTION: Final = 100
LIST_LIMIT_MAX: Final = 1_000
OF_FRIENDS_LIMIT_MAX: Final = 100
OF_FRIENDS_LIMIT_DEFAULT: Final = 10


class Friends:
    """Invites, friendships and blocks between players; game code uses it as `services.friends`."""

    def __init__(self, ground: Ground, accounts: Accounts, notifications: Notifications) -> None:
        self._accounts, self._notifications = accounts, notifications
        self._database: Database = ground.database
        self._events: Events = ground.events
        self._clock = ground.clock
        self._edges = Edges(accounts)
        self._limits = limits = ground.config.section(FriendsSettings)
        self._requests = Quota(ground.clock, limits.requests_per_second, limits.requests_burst, "friend requests")

    # -- what players do

    async def add(
        self,
        user_id: str,
        friend_ids: Sequence[str] = (),
        usernames: Sequence[str] = (),
        *,
        metadata: Mapping[str, Any] | None = None,
        caller_id: str | None = None,
    ) -> None:
        """Invite up to IDS_PER_CALL_MAX users, or accept their invites; all or none.

        Users who do not exist are passed over, and so are those who have blocked the player or are blocked. `metadata`
        is what the player notes about them, up to METADATA_BYTES_MAX as JSON. `caller_id` is the player who asks,
        for whom a quota is kept; None is the system. Raises BadInput, NotFound, TooMany.
        """
        note = None if metadata is None else written(metadata)
        _check_call(friend_ids, usernames)
        if caller_id is not None:
            self._requests.take(caller_id, len(friend_ids) + len(usernames))
        others = await self._others(user_id, friend_ids, usernames, "Cannot add self as friend.")
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> None:
            await self._check_exists(tx, user_id)
            changed = False
            for other_id in others:
                old = await self._edges.pair(tx, user_id, other_id)
                new = added(old)
                if new == old or (old == NOTHING and not await self._accounts.exists(tx, other_id)):
                    continue
                changed = True
                await self._edges.put(tx, user_id, other_id, old, new, now_us, mine=note)
                if new == INVITED:
                    await self._check_invites(tx, other_id)
                    await self._events.announce(tx, FriendInvited(user_id, other_id))
                else:
                    await self._events.announce(tx, FriendAdded(user_id, other_id))
            if changed and (await self._edges.counts(tx, user_id)).friends > self._limits.friends_max:
                raise TooMany(f"A player may have {self._limits.friends_max} friends, invites included.")

        await self._database.transact(body)

    async def delete(self, user_id: str, friend_ids: Sequence[str] = (), usernames: Sequence[str] = ()) -> None:
        """End friendships, withdraw and decline invites, take back the player's own blocks; all or none.

        Others' blocks stay. Raises BadInput.
        """
        _check_call(friend_ids, usernames)
        others = await self._others(user_id, friend_ids, usernames, "Cannot delete self.")
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> None:
            for other_id in others:
                await self._delete(tx, user_id, other_id, now_us)

        await self._database.transact(body)

    async def block(self, user_id: str, friend_ids: Sequence[str] = (), usernames: Sequence[str] = ()) -> None:
        """Block users: what was between them and the player ends, and they can begin nothing new; all or none.

        Users who do not exist are passed over. Raises BadInput, NotFound, TooMany.
        """
        _check_call(friend_ids, usernames)
        others = await self._others(user_id, friend_ids, usernames, "Cannot block self.")
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> None:
            await self._check_exists(tx, user_id)
            changed = False
            for other_id in others:
                old = await self._edges.pair(tx, user_id, other_id)
                new = blocked(old)
                if new != old and await self._accounts.exists(tx, other_id):
                    changed = True
                    await self._edges.put(tx, user_id, other_id, old, new, now_us)
                    await self._events.announce(tx, PlayerBlocked(user_id, other_id))
            if changed and (await self._edges.counts(tx, user_id)).blocks > self._limits.blocks_max:
                raise TooMany(f"A player may block {self._limits.blocks_max} users.")

        await self._database.transact(body)

    async def list(
        self, user_id: str, *, limit: int = LIST_LIMIT_MAX, state: int | None = None, cursor: str = ""
    ) -> FriendList:
        """A page of a player's friends, then invites and blocks, or of those in one `state`.

        Those longest in their state come first. Raises BadInput for a limit outside 1 to LIST_LIMIT_MAX, for what is
        no state, and for a cursor that is none of this list.
        """
        _check_limit(limit, LIST_LIMIT_MAX)
        if state is not None and state not in frozenset(FriendState):
            raise BadInput("Invalid state - state must be between 0 and 3.")
        place = Cursor.parse(cursor, None if state is None else FriendState(state))
        rows = await self._database.all(
            QUERIES.page if state is None else QUERIES.page_of_state,
            Edge,
            user_id=user_id,
            state=place.state,
            updated_us=place.updated_us,
            other_id=place.other_id,
            limit=limit + 1,
        )
        more = len(rows) > limit
        del rows[limit:]
        users = await self._users(row.other_id for row in rows)
        friends = [
            Friend(users[row.other_id], row.state, timestamp(row.updated_us), row.metadata)
            for row in rows
            if row.other_id in users
        ]
        return FriendList(friends, Cursor.after(rows[-1], of_state=state is not None).text() if more else "")

    async def of_friends_list(
        self, user_id: str, *, limit: int = OF_FRIENDS_LIMIT_DEFAULT, cursor: str = ""
    ) -> FriendsOfFriendsList:
        """A page of those whom a player's friends know, once for each friend who does.

        The player is not among them, nor anybody who is something to the player already or has blocked the player.
        Raises BadInput for a limit outside 1 to OF_FRIENDS_LIMIT_MAX and for a cursor that is none.
        """
        _check_limit(limit, OF_FRIENDS_LIMIT_MAX)
        place = Acquaintance.parse(cursor)
        rows = await self._database.all(
            QUERIES.page_of_friends,
            Acquaintance,
            user_id=user_id,
            referrer_id=place.referrer_id,
            other_id=place.other_id,
            limit=limit + 1,
        )
        more = len(rows) > limit
        del rows[limit:]
        users = await self._users(row.other_id for row in rows)
        found = [FriendOfFriend(row.referrer_id, users[row.other_id]) for row in rows if row.other_id in users]
        return FriendsOfFriendsList(found, rows[-1].text() if more else "")

    # -- for game code and the features above

    async def metadata_update(self, user_id: str, friend_id: str, metadata: Mapping[str, Any]) -> None:
        """Change what a player has noted about another. Raises BadInput, and NotFound where there is nothing yet."""
        if not await self._database.run(QUERIES.note, user_id=user_id, other_id=friend_id, metadata=written(metadata)):
            raise NotFound("Friend not found.")

    async def states(self, user_id: str, other_ids: Sequence[str]) -> dict[str, FriendState]:
        """What others are to a player, in one read; those who are nothing are left out."""
        rows = await self._database.all(QUERIES.states, _id_and_state, user_id=user_id, other_ids=other_ids)
        return dict(rows)

    async def blocked(self, user_id: str, other_id: str) -> bool:
        """Whether either of two players has blocked the other."""
        rows = await self._database.all(QUERIES.pair, _id_and_state, user_id=user_id, other_id=other_id)
        return any(state is FriendState.BLOCKED for _, state in rows)

    async def import_friends(self, user_id: str, friend_ids: Iterable[str], *, reset: bool = False) -> int:
        """Make friends of a player and up to IMPORTED_MAX users who are friends elsewhere; how many are new.

        Nobody is asked, but blocks hold, and users whose list is full, as well as those for whom the player's own
        list has no room, are passed over. With `reset` all other friendships of the player end first. Raises BadInput,
        NotFound.
        """
        wanted = _checked(friend_ids)
        if len(wanted) > IMPORTED_MAX:
            raise BadInput(f"At most {IMPORTED_MAX} users can be imported at a time.")
        found = sorted({*await self._accounts.existing(ids=wanted)} - {user_id})
        if reset:
            await self._end_all_but(user_id, frozenset(found))
        return sum(
            [
                await self._import(user_id, found[start : start + IMPORTED_PER_TRANSACTION])
                for start in range(0, len(found), IMPORTED_PER_TRANSACTION)
            ]
        )

    # -- what befalls players

    async def tell(self, news: News) -> None:
        """Notify the other of what a player has done, unless it was undone meanwhile or either account is gone."""
        if (await self.states(news.friend_id, [news.user_id])).get(news.user_id) is not MADE[type(news)]:
            return
        username = (await self._accounts.usernames([news.user_id])).get(news.user_id)
        if username is not None:
            with suppress(NotFound):
                await self._notifications.send_many([draft(news, username)])

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """An account is being deleted: nobody is anything to its player any more, nor the player to anybody."""
        await self._edges.forget(tx, event.user_id)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """One account becomes part of another, and what others were to either they are to it.

        A block by or of either account wins, then friendship; an invite each way makes friends. The notes of the
        account that stays win. Limits do not hold: nobody is lost.
        """
        await self._edges.absorb(tx, event.from_id, event.into_id, self._clock.now_us())

    async def export(self, tx: Tx, user_id: str) -> Mapping[str, Any]:
        """What others are to a player, and what the player has noted about them."""
        edges = await tx.all(QUERIES.all_of, Edge, user_id=user_id)
        return {"friends": [archived(edge, json=("metadata",)) for edge in edges]}

    # -- below

    async def _others(
        self, user_id: str, ids: Sequence[str], usernames: Sequence[str], self_refused: str
    ) -> builtins.list[str]:
        """The others who are meant, those who exist, in the order in which all transactions go through them."""
        wanted = _checked(ids)
        if user_id in wanted:
            raise BadInput(self_refused)
        found = await self._accounts.existing(ids=wanted, usernames=usernames)
        if user_id in found:
            raise BadInput(self_refused)
        if not found and not wanted:
            raise BadInput("No valid ID or username was provided.")
        return sorted(found)

    async def _users(self, user_ids: Iterable[str]) -> dict[str, User]:
        return {user.id: user for user in await self._accounts.users(builtins.list(user_ids))}

    async def _delete(self, tx: Tx, user_id: str, other_id: str, now_us: int) -> None:
        old = await self._edges.pair(tx, user_id, other_id)
        await self._edges.put(tx, user_id, other_id, old, deleted(old), now_us)
        if old == FRIENDS or old.mine == FriendState.INVITE_RECEIVED:
            await self._events.announce(tx, FriendRemoved(user_id, other_id, declined=old != FRIENDS))

    async def _end_all_but(self, user_id: str, kept: frozenset[str]) -> None:
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> None:
            for other_id in sorted(await tx.all(QUERIES.friends, str, user_id=user_id)):
                if other_id not in kept:
                    await self._delete(tx, user_id, other_id, now_us)

        await self._database.transact(body)

    async def _import(self, user_id: str, others: Sequence[str]) -> int:
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> int:
            await self._check_exists(tx, user_id)
            room, new_friends = self._limits.friends_max - (await self._edges.counts(tx, user_id)).friends, 0
            for other_id in others:
                old = await self._edges.pair(tx, user_id, other_id)
                new = imported(old)
                takes_room = old.mine != FriendState.INVITE_SENT
                if new == old or (takes_room and room <= 0) or not await self._accounts.exists(tx, other_id):
                    continue
                if old.theirs != FriendState.INVITE_SENT and await self._is_full(tx, other_id):
                    continue
                await self._edges.put(tx, user_id, other_id, old, new, now_us)
                await self._events.announce(tx, FriendAdded(user_id, other_id, imported=True))
                room, new_friends = room - takes_room, new_friends + 1
            return new_friends

        return await self._database.transact(body)

    async def _check_exists(self, tx: Tx, user_id: str) -> None:
        if not await self._accounts.exists(tx, user_id):
            raise NotFound("User account not found.")

    async def _is_full(self, tx: Tx, user_id: str) -> bool:
        return (await self._edges.counts(tx, user_id)).friends >= self._limits.friends_max

    async def _check_invites(self, tx: Tx, user_id: str) -> None:
        if (await self._edges.counts(tx, user_id)).invites > self._limits.invites_max:
            raise TooMany("Too many invites wait for an answer of this player.")


def _id_and_state(user_id: str, state: int) -> tuple[str, FriendState]:
    return user_id, FriendState(state)


def _check_call(ids: Sequence[str], usernames: Sequence[str]) -> None:
    if not ids and not usernames:
        raise BadInput("Specify at least one ID or username.")
    if len(ids) + len(usernames) > IDS_PER_CALL_MAX:
        raise BadInput(f"At most {IDS_PER_CALL_MAX} users at a time.")
    if not all(usernames):
        raise BadInput("Username must not be empty.")


def _checked(ids: Iterable[str]) -> list[str]:
    """Ids as they are kept, each once. Raises BadInput."""
    found = list(dict.fromkeys(id_.lower() for id_ in ids))
    for id_ in found:
        if not is_uuid(id_):
            raise BadInput(f"Invalid user ID '{id_[:ECHO_CHARACTERS_MAX]}'.")
    return found


def _check_limit(limit: int, limit_max: int) -> None:
    if not 1 <= limit <= limit_max:
        raise BadInput(f"Invalid limit - limit must be between 1 and {limit_max}.")
