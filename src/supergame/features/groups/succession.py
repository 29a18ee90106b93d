"""What becomes of groups when a member's account is deleted or merged into another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from supergame.core.ids import NIL
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.chat import Chat
from supergame.features.groups.members import Members
from supergame.features.groups.model import Standing, is_member
from supergame.protocol.groups import GroupRole
from supergame.protocol.types import timestamp
from supergame.store import Tx, load_queries

QUERIES = load_queries("supergame.features.groups")


class _Membership(NamedTuple):
    group_id: str
    state: int
    since_us: int


class Succession:
    """Keeps groups sound while accounts go. Nothing of it is told in the groups' channels."""

    def __init__(self, members: Members, chat: Chat) -> None:
        self._members, self._channels = members, chat.group_channels

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """An account is being deleted: it leaves all groups, and what it has created is the system's.

        Where it was the last superadmin, the longest-standing admin becomes one, without admins the longest-standing
        member; a group without members is deleted.
        """
        await tx.run(QUERIES.change_creator, from_id=event.user_id, to_id=NIL)
        for membership in await self._memberships(tx, event.user_id):
            await self._members.remove(tx, membership.group_id, event.user_id, membership.state)
            await self._members.bequeath(tx, membership.group_id)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """One account becomes part of another, which is in all the groups then that either was in.

        Where both are, the higher role wins and the longer time; a ban of either wins over everything. The limits on
        the groups of one player are not asked. What the one account has created, the other has.
        """
        await tx.run(QUERIES.change_creator, from_id=event.from_id, to_id=event.into_id)
        for group_id, state, since_us in await self._memberships(tx, event.from_id):
            old = Standing(state, since_us)
            own = await self._members.standing(tx, group_id, event.into_id)
            new = old if own is None else _united(old, own)
            await self._members.remove(tx, group_id, event.from_id, old.state)
            if new != own:
                await self._members.set(tx, group_id, event.into_id, new, None if own is None else own.state)
            if own is not None and is_member(own.state) and not is_member(new.state):
                tx.then(partial(self._channels.expel, group_id, event.into_id))
            await self._members.bequeath(tx, group_id)

    async def export(self, tx: Tx, user_id: str) -> Mapping[str, Any]:
        """The groups that a player is in, has asked to join or is banned from, and those created by the player."""
        return {
            "memberships": [
                {"group_id": group_id, "state": GroupRole(state).name.lower(), "since": timestamp(since_us)}
                for group_id, state, since_us in await self._memberships(tx, user_id)
            ],
            "created": await tx.all(QUERIES.created_by, str, user_id=user_id),
        }

    async def _memberships(self, tx: Tx, user_id: str) -> list[_Membership]:
        return await tx.all(QUERIES.all_of_user, _Membership, user_id=user_id)


def _united(one: Standing, other: Standing) -> Standing:
    """What somebody is in a group who has been there twice."""
    if GroupRole.BANNED in (one.state, other.state):
        return max(one, other)
    return Standing(min(one.state, other.state), min(one.since_us, other.since_us))
