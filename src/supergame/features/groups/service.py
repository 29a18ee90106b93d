"""Groups of players: everything that game code and clients may do with them."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from supergame.core.errors import BadInput
from supergame.core.feature import Ground
from supergame.core.turns import Turns
from supergame.edge import Quota
from supergame.features.accounts import AccountDeleted, AccountMerged, Accounts
from supergame.features.chat import Chat
from supergame.features.groups import formats
from supergame.features.groups.listing import LIST_LIMIT_MAX, Listing
from supergame.features.groups.members import Members
from supergame.features.groups.model import (
    GroupDeleted,
    GroupsSettings,
    JoinRequested,
    NameTaken,
    NotPermitted,
    Stored,
    UsersAdded,
    is_member,
)
from supergame.features.groups.news import News
from supergame.features.groups.rules import Case, Rules
from supergame.features.groups.succession import Succession
from supergame.features.notifications import Notifications
from supergame.protocol.groups import Group, GroupList, GroupRole, GroupUserList, UserGroupList
from supergame.store import Database, Duplicate, Events, Tx, load_queries

MAX_COUNT_DEFAULT: Final = 100
LANG_TAG_DEFAULT: Final = "en"

Rule = Callable[[Case], Awaitable[bool]]

QUERIES = load_queries("supergame.features.groups")


class Groups:
    """Players who belong together; game code uses it as `services.groups`.

    A `caller_id` is the player who wants it, and is held to roles and quotas; None is the system.
    """

    def __init__(self, ground: Ground, accounts: Accounts, notifications: Notifications, chat: Chat) -> None:
        self._accounts, self._channels = accounts, chat.group_channels
        self._database: Database = ground.database
        self._events: Events = ground.events
        self._clock, self._ids = ground.clock, ground.ids
        self._members = Members(ground, accounts, chat)
        self._rules = Rules(self._members, chat, self._events)
        self._listing = Listing(ground, accounts)
        self._succession = Succession(self._members, chat)
        self._news = News(ground, accounts, notifications)
        self._turns = Turns()
        settings = ground.config.section(GroupsSettings)
        self._max_count_max = settings.members_max
        quota = partial(Quota, ground.clock)
        self._creations = quota(settings.creations_per_second, settings.creations_burst, "new groups")
        self._joins = quota(settings.joins_per_second, settings.joins_burst, "joins of groups")
        self._additions = quota(settings.additions_per_second, settings.additions_burst, "players added to groups")
        self._channels.admit_by(self.has_member)

    async def stop(self) -> None:
        """Finish what was begun."""
        await self._turns.settle()

    # Groups

    async def create(
        self,
        user_id: str,
        name: str,
        *,
        description: str = "",
        lang_tag: str = LANG_TAG_DEFAULT,
        avatar_url: str = "",
        open: bool = False,  # noqa: A002 - the protocol's word
        max_count: int = MAX_COUNT_DEFAULT,
        metadata: Mapping[str, Any] | None = None,
        caller_id: str | None = None,
    ) -> Group:
        """Create a group, with `user_id` as its creator and superadmin. Anyone may join it if it is `open`.

        Raises BadInput, NameTaken, TooMany, and NotFound where there is no such player.
        """
        group_id, name = self._ids.uuid(), formats.name(name)
        fields = {
            "name": name,
            "search_name": formats.search_name(name),
            "description": formats.description(description),
            "lang_tag": formats.lang_tag(lang_tag),
            "avatar_url": formats.avatar_url(avatar_url),
            "metadata": formats.metadata(metadata or {}),
            "open": int(open),
            "max_count": formats.max_count(max_count, self._max_count_max),
            "now_us": self._clock.now_us(),
        }
        if caller_id is not None:
            self._creations.take(caller_id)

        async def body(tx: Tx) -> Group:
            await tx.run(QUERIES.add_group, id=group_id, creator_id=user_id, **fields)
            await self._members.put(tx, group_id, user_id, GroupRole.SUPERADMIN, None)
            return (await self._members.group(tx, group_id)).to_wire()

        try:
            return await self._database.transact(body)
        except Duplicate:
            raise NameTaken from None

    async def update(
        self,
        group_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        lang_tag: str | None = None,
        avatar_url: str | None = None,
        open: bool | None = None,  # noqa: A002 - the protocol's word
        max_count: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        caller_id: str | None = None,
    ) -> None:
        """Change some fields of a group, as an admin: None leaves one as it is.

        Raises BadInput, also for a `max_count` below the number of members, NameTaken, GroupNotFound, NotPermitted.
        """
        name = None if name is None else formats.name(name)
        fields = {
            "name": name,
            "search_name": None if name is None else formats.search_name(name),
            "description": None if description is None else formats.description(description),
            "lang_tag": None if lang_tag is None else formats.lang_tag(lang_tag),
            "avatar_url": None if avatar_url is None else formats.avatar_url(avatar_url),
            "metadata": None if metadata is None else formats.metadata(metadata),
            "open": None if open is None else int(open),
            "max_count": None if max_count is None else formats.max_count(max_count, self._max_count_max),
        }
        if all(value is None for value in fields.values()):
            raise BadInput("Specify at least one field to update.")
        now_us = self._clock.now_us()

        async def body(tx: Tx, group: Stored) -> None:
            await self._check_role(tx, group_id, caller_id, GroupRole.ADMIN, "you're not allowed to update")
            if max_count is not None and max_count < group.edge_count:
                raise BadInput(f"Group max count must be at least the {group.edge_count} members that it has.")
            await tx.run(QUERIES.change_group, id=group_id, now_us=now_us, **fields)

        try:
            await self._change(group_id, body)
        except Duplicate:
            raise NameTaken from None

    async def delete(self, group_id: str, *, caller_id: str | None = None) -> None:
        """Delete a group with its channel, as a superadmin. Raises GroupNotFound, NotPermitted."""

        async def body(tx: Tx, group: Stored) -> None:
            await self._check_role(tx, group_id, caller_id, GroupRole.SUPERADMIN, "you're not allowed to delete")
            await self._members.delete(tx, group_id)

        await self._change(group_id, body)

    def get(self, group_ids: Iterable[str]) -> Awaitable[builtins.list[Group]]:
        """Groups by id, in the order asked for; those that do not exist are left out. Raises BadInput."""
        return self._listing.get(group_ids)

    def random(self, count: int) -> Awaitable[builtins.list[Group]]:
        """Up to `count` groups, picked by chance. Raises BadInput."""
        return self._listing.random(count)

    def list(
        self,
        *,
        name: str = "",
        lang_tag: str = "",
        members: int | None = None,
        open: bool | None = None,  # noqa: A002 - the protocol's word
        limit: int = LIST_LIMIT_MAX,
        cursor: str = "",
    ) -> Awaitable[GroupList]:
        """A page of groups in the order of their names, all that fit what is given.

        In `name`, capitals or not, `%` stands for any characters: `heroes%` finds those that begin so. `members` is
        how many there are at most. Raises BadInput.
        """
        return self._listing.search(name, lang_tag, members, open, limit, cursor)

    # Who is in them

    def users_list(
        self,
        group_id: str,
        *,
        limit: int = LIST_LIMIT_MAX,
        state: int | None = None,
        cursor: str = "",
        caller_id: str | None = None,
    ) -> Awaitable[GroupUserList]:
        """A page of the players in a group, highest role first; of one GroupRole if `state` says which.

        Those who are banned come only if asked for, and for admins. Raises BadInput, GroupNotFound, NotPermitted.
        """
        return self._listing.users(group_id, limit, state, cursor, caller_id)

    def user_groups_list(
        self,
        user_id: str,
        *,
        limit: int = LIST_LIMIT_MAX,
        state: int | None = None,
        cursor: str = "",
        caller_id: str | None = None,
    ) -> Awaitable[UserGroupList]:
        """A page of a player's groups, highest role first; in one GroupRole if `state` says which. Raises BadInput."""
        return self._listing.of_user(user_id, limit, state, cursor, caller_id)

    async def has_member(self, group_id: str, user_id: str) -> bool:
        """Whether a player is a member of a group."""
        return is_member(await self._database.one(QUERIES.find_state, int, group_id=group_id, user_id=user_id))

    async def join(self, group_id: str, user_id: str, *, caller_id: str | None = None) -> None:
        """Make a player a member of an open group; of a closed one, let them ask to become one.

        Raises GroupNotFound, GroupFull, BannedFromGroup, TooMany.
        """
        if caller_id is not None:
            self._joins.take(caller_id)
        await self._change_self(group_id, user_id, self._rules.join)

    async def leave(self, group_id: str, user_id: str) -> None:
        """Let a player leave a group, or take back the wish to join it. Raises GroupNotFound, LastSuperadmin."""
        await self._change_self(group_id, user_id, self._rules.leave)

    async def users_add(self, group_id: str, user_ids: Iterable[str], *, caller_id: str | None = None) -> None:
        """Take players into a group, by their request or without; they are notified. All of them, or none.

        Raises BadInput, GroupNotFound, NotPermitted, GroupFull, BannedFromGroup, TooMany, and NotFound for a player
        who does not exist.
        """
        ids = formats.user_ids(user_ids)
        if caller_id is not None:
            self._additions.take(caller_id, len(ids))

        async def tell(tx: Tx, added: builtins.list[str]) -> None:
            if added:
                await self._events.announce(tx, UsersAdded(group_id, added, caller_id))

        await self._change_users(group_id, ids, caller_id, self._rules.add, tell)

    async def users_kick(self, group_id: str, user_ids: Iterable[str], *, caller_id: str | None = None) -> None:
        """Put players out of a group, turn their request down, or lift their ban.

        Raises BadInput, GroupNotFound, NotPermitted, LastSuperadmin.
        """
        await self._change_users(group_id, formats.user_ids(user_ids), caller_id, self._rules.kick)

    async def users_ban(self, group_id: str, user_ids: Iterable[str], *, caller_id: str | None = None) -> None:
        """Put players out of a group, if they are in it, and do not let them in any more.

        Raises BadInput, GroupNotFound, NotPermitted, LastSuperadmin, TooMany, and NotFound for a player who does not
        exist.
        """
        await self._change_users(group_id, formats.user_ids(user_ids), caller_id, self._rules.ban)

    async def users_promote(self, group_id: str, user_ids: Iterable[str], *, caller_id: str | None = None) -> None:
        """Make members admins, and admins superadmins. Raises BadInput, GroupNotFound, NotPermitted."""
        await self._change_users(group_id, formats.user_ids(user_ids), caller_id, self._rules.promote)

    async def users_demote(self, group_id: str, user_ids: Iterable[str], *, caller_id: str | None = None) -> None:
        """Make superadmins admins, and admins members. Raises BadInput, GroupNotFound, NotPermitted, LastSuperadmin."""
        await self._change_users(group_id, formats.user_ids(user_ids), caller_id, self._rules.demote)

    # What happens elsewhere

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """An account is being deleted."""
        await self._succession.forget(tx, event)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """An account is being merged into another."""
        await self._succession.absorb(tx, event)

    async def export(self, tx: Tx, user_id: str) -> Mapping[str, Any]:
        """What is kept on a player."""
        return await self._succession.export(tx, user_id)

    async def tell_admins(self, event: JoinRequested) -> None:
        """Somebody wants to join."""
        await self._news.join_requested(event)

    async def tell_added(self, event: UsersAdded) -> None:
        """Somebody was taken in."""
        await self._news.users_added(event)

    async def forget_channel(self, event: GroupDeleted) -> None:
        """A group is gone, and its channel is closed."""
        await self._channels.forget(event.group_id)

    # Below

    async def _change_self(self, group_id: str, user_id: str, rule: Rule) -> None:
        names = await self._accounts.usernames([user_id])

        async def body(tx: Tx, group: Stored) -> None:
            was = await self._members.state(tx, group_id, user_id)
            await rule(Case(tx, group, user_id, names.get(user_id, ""), was))

        await self._change(group_id, body)

    async def _change_users(
        self,
        group_id: str,
        user_ids: builtins.list[str],
        caller_id: str | None,
        rule: Rule,
        tell: Callable[[Tx, builtins.list[str]], Awaitable[None]] | None = None,
    ) -> None:
        """Apply a rule to players one by one, all in one transaction; the caller's own id is passed over."""
        others = [user_id for user_id in user_ids if user_id != caller_id]
        names = await self._accounts.usernames(others)

        async def body(tx: Tx, group: Stored) -> None:
            caller_state = await self._check_role(tx, group_id, caller_id, GroupRole.ADMIN)
            changed = []
            for user_id in others:
                was = await self._members.state(tx, group_id, user_id)
                if await rule(Case(tx, group, user_id, names.get(user_id, ""), was, caller_state)):
                    changed.append(user_id)
            if tell is not None:
                await tell(tx, changed)

        await self._change(group_id, body)

    async def _change(self, group_id: str, body: Callable[[Tx, Stored], Awaitable[None]]) -> None:
        """Change one group in a transaction of its own.

        Changes of one group take turns here: all of them touch its row, and PostgreSQL would make them try over and
        over again.
        """
        formats.group_id(group_id)

        async def whole(tx: Tx) -> None:
            await body(tx, await self._members.group(tx, group_id))

        await self._turns.run(group_id, lambda: self._database.transact(whole))

    async def _check_role(
        self, tx: Tx, group_id: str, caller_id: str | None, lowest: GroupRole, otherwise: str = "permission denied"
    ) -> int:
        """What the caller is in a group, who has to be `lowest` at least; the system is its superadmin."""
        if caller_id is None:
            return GroupRole.SUPERADMIN
        state = await self._members.state(tx, group_id, caller_id)
        if state is None or state > lowest:
            raise NotPermitted(f"Group not found or {otherwise}.")
        return state
