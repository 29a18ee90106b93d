"""Notifications about groups: who asks to be let in, and who was. They are sent after the commit, at least once.

Of each sender one is kept, or whoever asks a thousand times would push out what else there is. The groups' lists say
what is so now.
"""

from __future__ import annotations

from typing import Final

from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.groups.model import JoinRequested, Stored, UsersAdded
from supergame.features.notifications import Draft, NotificationCode, Notifications
from supergame.protocol.groups import GroupRole
from supergame.store import Database, load_queries

ADMINS_TOLD_MAX: Final = 100  # of one request to join; those of the highest role and the longest standing

QUERIES = load_queries("supergame.features.groups")


class News:
    """Tells those whom it concerns."""

    def __init__(self, ground: Ground, accounts: Accounts, notifications: Notifications) -> None:
        self._database: Database = ground.database
        self._accounts, self._notifications = accounts, notifications

    async def join_requested(self, event: JoinRequested) -> None:
        """Tell the admins, unless the request has been answered or taken back meanwhile."""
        group = await self._group(event.group_id)
        state = await self._database.one(QUERIES.find_state, int, group_id=event.group_id, user_id=event.user_id)
        username = (await self._accounts.usernames([event.user_id])).get(event.user_id)
        if group is None or state != GroupRole.JOIN_REQUEST or username is None:
            return
        admins = await self._database.all(QUERIES.find_admins, str, group_id=group.id, limit=ADMINS_TOLD_MAX)
        await self._notifications.send_many(
            [
                Draft(
                    user_id=admin,
                    subject=f"User {username} wants to join your group",
                    content={"group_id": group.id, "name": group.name, "username": username},
                    code=NotificationCode.GROUP_JOIN_REQUEST,
                    sender_id=event.user_id,
                    replaces=True,
                )
                for admin in admins
            ]
        )

    async def users_added(self, event: UsersAdded) -> None:
        """Tell the players who are members now, and were not."""
        group = await self._group(event.group_id)
        if group is None:
            return
        members = await self._database.all(QUERIES.find_members, str, group_id=group.id, user_ids=event.user_ids)
        senders = await self._accounts.usernames([event.caller_id] if event.caller_id else [])
        sender_id = next(iter(senders), "")  # the system's, if the admin's account is deleted by now
        await self._notifications.send_many(
            [
                Draft(
                    user_id=member,
                    subject=f"You've been added to group {group.name}",
                    content={"group_id": group.id, "name": group.name},
                    code=NotificationCode.GROUP_ADD,
                    sender_id=sender_id,
                    replaces=bool(sender_id),
                )
                for member in members
            ]
        )

    async def _group(self, group_id: str) -> Stored | None:
        return await self._database.one(QUERIES.find_group, Stored, id=group_id)
