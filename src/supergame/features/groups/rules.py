"""Who may do what to whom in a group, and what becomes of them.

Superadmins may change what anybody is, admins only what those below admins are; whoever is no admin changes nobody
but themselves. Whom an operation has nothing to do for is passed over, so that repeating one is harmless.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from supergame.features.chat import Chat
from supergame.features.groups.members import Members
from supergame.features.groups.model import (
    BannedFromGroup,
    GroupFull,
    JoinRequested,
    LastSuperadmin,
    NotPermitted,
    Stored,
    is_member,
)
from supergame.protocol.chat import ChannelMessageCode
from supergame.protocol.groups import GroupRole
from supergame.store import Events, Tx


class Case(NamedTuple):
    """A player in a group, as somebody is about to change what they are there."""

    tx: Tx
    group: Stored
    user_id: str
    username: str
    was: int | None
    """What the player is now: a GroupRole, or None."""
    caller_state: int = GroupRole.SUPERADMIN
    """What the one who wants it is in the group; the system may do what a superadmin may."""


class Rules:
    """What may happen to a player in a group. Each says whether anything did."""

    def __init__(self, members: Members, chat: Chat, events: Events) -> None:
        self._members, self._channels, self._events = members, chat.group_channels, events

    async def join(self, case: Case) -> bool:
        """Become a member of an open group, or ask to become one. Raises GroupFull, BannedFromGroup, TooMany."""
        if is_member(case.was):
            return False
        _check_not_banned(case)
        if case.group.open:
            return await self._put(case, GroupRole.MEMBER, ChannelMessageCode.GROUP_JOIN)
        if case.was is not None:
            return False
        if case.group.edge_count >= case.group.max_count:
            raise GroupFull
        await self._members.put(case.tx, case.group.id, case.user_id, GroupRole.JOIN_REQUEST, case.was)
        await self._events.announce(case.tx, JoinRequested(case.group.id, case.user_id))
        return True

    async def leave(self, case: Case) -> bool:
        """Be a member no more, or not ask to be one any more; a ban stays. Raises LastSuperadmin."""
        if case.was is None or case.was == GroupRole.BANNED:
            return False
        await self._check_not_last(case, "Cannot leave group when you are the last superadmin.")
        return await self._remove(case, case.was, ChannelMessageCode.GROUP_LEAVE)

    async def add(self, case: Case) -> bool:
        """Be taken in, by request or without. Raises GroupFull, BannedFromGroup, NotFound, TooMany."""
        if is_member(case.was):
            return False
        _check_not_banned(case)
        return await self._put(case, GroupRole.MEMBER, ChannelMessageCode.GROUP_ADD)

    async def kick(self, case: Case) -> bool:
        """Be put out, turned down, or pardoned. Raises NotPermitted, LastSuperadmin."""
        if case.was is None:
            return False
        _check_rank(case)
        await self._check_not_last(case)
        return await self._remove(case, case.was, ChannelMessageCode.GROUP_KICK)

    async def ban(self, case: Case) -> bool:
        """Be put out for good, or never come in. Raises NotPermitted, LastSuperadmin, NotFound, TooMany."""
        if case.was == GroupRole.BANNED:
            return False
        _check_rank(case)
        await self._check_not_last(case)
        return await self._put(case, GroupRole.BANNED, ChannelMessageCode.GROUP_BAN)

    async def promote(self, case: Case) -> bool:
        """Rise by one role, not above whoever wants it. Raises NotPermitted."""
        if case.was not in (GroupRole.ADMIN, GroupRole.MEMBER):
            return False
        _check_rank(case)
        return await self._put(case, GroupRole(case.was - 1), ChannelMessageCode.GROUP_PROMOTE)

    async def demote(self, case: Case) -> bool:
        """Fall by one role, and stay a member. Raises NotPermitted, LastSuperadmin."""
        if case.was not in (GroupRole.SUPERADMIN, GroupRole.ADMIN):
            return False
        _check_rank(case)
        await self._check_not_last(case)
        return await self._put(case, GroupRole(case.was + 1), ChannelMessageCode.GROUP_DEMOTE)

    async def _put(self, case: Case, state: GroupRole, code: ChannelMessageCode) -> bool:
        await self._members.put(case.tx, case.group.id, case.user_id, state, case.was)
        if is_member(state) or is_member(case.was):
            await self._note(case, code)
        if is_member(case.was) and not is_member(state):
            self._expel(case)
        return True

    async def _remove(self, case: Case, was: int, code: ChannelMessageCode) -> bool:
        await self._members.remove(case.tx, case.group.id, case.user_id, was)
        if is_member(was):
            await self._note(case, code)
            self._expel(case)
        return True

    async def _note(self, case: Case, code: ChannelMessageCode) -> None:
        await self._channels.note(case.tx, case.group.id, code, case.user_id, case.username)

    def _expel(self, case: Case) -> None:
        """Out of the channel at once, after hearing there why."""
        case.tx.then(partial(self._channels.expel, case.group.id, case.user_id))

    async def _check_not_last(self, case: Case, message: str | None = None) -> None:
        if await self._members.is_last_superadmin(case.tx, case.group.id, case.was):
            raise LastSuperadmin(message)


def _check_rank(case: Case) -> None:
    if case.caller_state == GroupRole.ADMIN and case.was is not None and case.was <= GroupRole.ADMIN:
        raise NotPermitted


def _check_not_banned(case: Case) -> None:
    if case.was == GroupRole.BANNED:
        raise BannedFromGroup
