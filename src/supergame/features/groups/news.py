"""Notifications about groups: who asks to be let in, and who was. They are sent after the commit, at least once.

Of each sender one is kept, or whoever asks a thousand times would push out what else there is. The groups' lists say
what is so now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NamedTuple

from supergame.core.errors import NotFound
from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.groups.model import JoinRequested, Stored, UsersAdded, is_member
from supergame.features.notifications import Draft, NotificationCode, Notifications
from supergame.protocol.groups import GroupRole
from supergame.store import Database, load_queries

ADMINS_TOLD_MAX: Final = 100  # of one request to join; those of the highest role and the longest standing
TRIES_MAX: Final = 3  # to tell them, while accounts are being deleted

QUERIES = load_queries("supergame.features.groups")


class _State(NamedTuple):
    user_id: str
    state: int


class News:
    """Tells those whom it concerns."""

    def __init__(self, ground: Ground, accounts: Accounts, notifications: Notifications) -> None:
        self._database: Database = ground.database
        self._accounts, self._notifications = accounts, notifications

    async def join_requested(self, event: JoinRequested) -> None:
        """Tell the admins, unless the request has been answered or taken back meanwhile."""
        await self._tell(lambda: self._of_request(event))

    async def users_added(self, event: UsersAdded) -> None:
        """Tell the players who are members now, and were not."""
        await self._tell(lambda: self._of_additions(event))

    async def _tell(self, drafts: Callable[[], Awaitable[list[Draft]]]) -> None:
        for _ in range(TRIES_MAX):
            with suppress(NotFound):  # somebody's account was deleted this moment: the others are told all the same
                await self._notifications.send_many(await drafts())
                return

    async def _of_request(self, event: JoinRequested) -> list[Draft]:
        group = await self._group(event.group_id)
        state = await self._database.one(QUERIES.find_state, int, group_id=event.group_id, user_id=event.user_id)
        username = (await self._accounts.usernames([event.user_id])).get(event.user_id)
        if group is None or state != GroupRole.JOIN_REQUEST or username is None:
            return []
        return [
            Draft(
                user_id=admin,
                subject=f"User {username} wants to join your group",
                content={"group_id": group.id, "name": group.name, "username": username},
                code=NotificationCode.GROUP_JOIN_REQUEST,
                sender_id=event.user_id,
                replaces=True,
            )
            for admin in await self._database.all(QUERIES.find_admins, str, group_id=group.id, limit=ADMINS_TOLD_MAX)
        ]

    async def _of_additions(self, event: UsersAdded) -> list[Draft]:
        group = await self._group(event.group_id)
        if group is None:
            return []
        states = await self._database.all(QUERIES.find_states, _State, group_id=group.id, user_ids=event.user_ids)
        senders = await self._accounts.usernames([event.caller_id] if event.caller_id else [])
        sender_id = next(iter(senders), "")  # the system's, if the admin's account is deleted by now
        return [
            Draft(
                user_id=user_id,
                subject=f"You've been added to group {group.name}",
                content={"group_id": group.id, "name": group.name},
                code=NotificationCode.GROUP_ADD,
                sender_id=sender_id,
                replaces=bool(sender_id),
            )
            for user_id, state in states
            if is_member(state)
        ]

    async def _group(self, group_id: str) -> Stored | None:
        return await self._database.one(QUERIES.find_group, Stored, id=group_id)
