"""The rows of who is in which group, and what holds for them whoever changes them.

* `edge_count` is the number of members, and never above `max_count`.
* A group has a superadmin: the last one stays until there is another or the account is deleted, and then the
  longest-standing member of the highest role becomes one. A group without members is deleted.
* Who is banned is no member.

Everything here happens within a transaction of the caller's.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from supergame.core.errors import NotFound, TooMany
from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.chat import Chat
from supergame.features.groups.model import (
    GroupDeleted,
    GroupFull,
    GroupNotFound,
    GroupsSettings,
    Standing,
    Stored,
    is_member,
)
from supergame.protocol.groups import GroupRole
from supergame.store import Events, Tx, load_queries

QUERIES = load_queries("supergame.features.groups")


class _Heir(NamedTuple):
    user_id: str
    state: int


class Members:
    """Reads and changes what players are in groups."""

    def __init__(self, ground: Ground, accounts: Accounts, chat: Chat) -> None:
        self._accounts, self._channels, self._clock = accounts, chat.group_channels, ground.clock
        self._events: Events = ground.events
        self._settings = ground.config.section(GroupsSettings)

    async def group(self, tx: Tx, group_id: str) -> Stored:
        """The group. Raises GroupNotFound."""
        group = await tx.one(QUERIES.find_group, Stored, id=group_id)
        if group is None:
            raise GroupNotFound
        return group

    async def state(self, tx: Tx, group_id: str, user_id: str) -> int | None:
        """What a player is in a group: a GroupRole, or None."""
        return await tx.one(QUERIES.find_state, int, group_id=group_id, user_id=user_id)

    async def standing(self, tx: Tx, group_id: str, user_id: str) -> Standing | None:
        """What a player is in a group, and since when."""
        return await tx.one(QUERIES.find_since, Standing, group_id=group_id, user_id=user_id)

    async def put(self, tx: Tx, group_id: str, user_id: str, state: GroupRole, was: int | None) -> None:
        """Make a player something in a group, where they were `was` before.

        Raises GroupFull, TooMany where another limit is reached, and NotFound where there is no such player.
        """
        if was is None:
            await self._check_newcomer(tx, user_id, state)
        if state == GroupRole.JOIN_REQUEST:
            await self._check_room(tx, group_id, state, self._settings.requests_max, "ask to join this group")
        if state == GroupRole.BANNED:
            await self._check_room(tx, group_id, state, self._settings.bans_max, "are banned from this group")
        if is_member(state) and is_member(was):
            await tx.run(QUERIES.change_state, group_id=group_id, user_id=user_id, state=int(state))
            return
        await self.set(tx, group_id, user_id, Standing(state, self._clock.now_us()), was)

    async def set(self, tx: Tx, group_id: str, user_id: str, standing: Standing, was: int | None) -> None:
        """Write what a player is in a group and since when, and keep the group's count. Raises GroupFull."""
        if is_member(standing.state) and not is_member(was) and not await tx.run(QUERIES.grow, id=group_id):
            raise GroupFull
        if is_member(was) and not is_member(standing.state):
            await tx.run(QUERIES.shrink, id=group_id)
        await tx.run(
            QUERIES.put_member,
            group_id=group_id,
            user_id=user_id,
            state=int(standing.state),
            since_us=standing.since_us,
        )

    async def remove(self, tx: Tx, group_id: str, user_id: str, was: int) -> None:
        """Make a player nothing in a group any more."""
        await tx.run(QUERIES.remove_member, group_id=group_id, user_id=user_id)
        if is_member(was):
            await tx.run(QUERIES.shrink, id=group_id)

    async def is_last_superadmin(self, tx: Tx, group_id: str, state: int | None) -> bool:
        """Whether whoever is `state` in a group is its only superadmin."""
        return state == GroupRole.SUPERADMIN and await self._count(tx, group_id, GroupRole.SUPERADMIN) == 1

    async def bequeath(self, tx: Tx, group_id: str) -> None:
        """See that a group has a superadmin; without any members it is deleted."""
        heir = await tx.one(QUERIES.find_heir, _Heir, group_id=group_id)
        if heir is None:
            await self.delete(tx, group_id)
        elif heir.state != GroupRole.SUPERADMIN:
            state = int(GroupRole.SUPERADMIN)
            await tx.run(QUERIES.change_state, group_id=group_id, user_id=heir.user_id, state=state)

    async def delete(self, tx: Tx, group_id: str) -> None:
        """Delete a group and close its channel; its history goes after that."""
        await tx.run(QUERIES.delete_group, id=group_id)
        await tx.run(QUERIES.delete_members, group_id=group_id)
        await self._events.announce(tx, GroupDeleted(group_id))
        tx.then(partial(self._channels.close, group_id))

    async def _check_newcomer(self, tx: Tx, user_id: str, state: GroupRole) -> None:
        if not await self._accounts.exists(tx, user_id):
            raise NotFound("User account not found.")
        if state != GroupRole.BANNED:
            n_groups = await tx.one(QUERIES.count_groups, int, user_id=user_id) or 0
            if n_groups >= self._settings.groups_max:
                raise TooMany(f"A player may be in {self._settings.groups_max} groups or ask to join them.")

    async def _check_room(self, tx: Tx, group_id: str, state: GroupRole, most: int, what: str) -> None:
        if await self._count(tx, group_id, state) >= most:
            raise TooMany(f"There are {most} players already who {what}.")

    async def _count(self, tx: Tx, group_id: str, state: GroupRole) -> int:
        return await tx.one(QUERIES.count_state, int, group_id=group_id, state=int(state)) or 0
