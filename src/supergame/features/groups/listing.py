"""Finding groups, and who is in them, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from supergame.core.errors import BadInput
from supergame.core.feature import Ground
from supergame.core.ids import is_uuid
from supergame.features.accounts import Accounts
from supergame.features.groups import formats
from supergame.features.groups.model import (
    GroupNotFound,
    GroupsPlace,
    NotPermitted,
    StandingPlace,
    Stored,
)
from supergame.protocol.groups import Group, GroupList, GroupRole, GroupUser, GroupUserList, UserGroup, UserGroupList
from supergame.store import Database, load_queries

LIST_LIMIT_MAX: Final = 100  # groups, or players in one, on a page; also groups asked for by id

QUERIES = load_queries("supergame.features.groups")


class _Seat(NamedTuple):
    """A row: a player in a group."""

    user_id: str
    state: int
    since_us: int


def _membership(state: int, since_us: int, *group: object) -> tuple[int, int, Stored]:
    """A row: a group that a player is in."""
    return state, since_us, Stored(*group)  # type: ignore[arg-type]


class Listing:
    """Reads groups and their players."""

    def __init__(self, ground: Ground, accounts: Accounts) -> None:
        self._database: Database = ground.database
        self._accounts, self._ids = accounts, ground.ids

    async def get(self, group_ids: Iterable[str]) -> list[Group]:
        """The groups with these ids that there are, in the order asked for."""
        ids = list(dict.fromkeys(group_ids))
        if len(ids) > LIST_LIMIT_MAX or not all(map(is_uuid, ids)):
            raise BadInput(f"Expected at most {LIST_LIMIT_MAX} valid group IDs.")
        rows = {row.id: row for row in await self._database.all(QUERIES.find_groups, Stored, ids=ids)}
        return [rows[group_id].to_wire() for group_id in ids if group_id in rows]

    async def random(self, count: int) -> list[Group]:
        """Some groups, picked by chance."""
        _check_limit(count)
        start = self._ids.uuid()
        found = await self._database.all(QUERIES.find_groups_from, Stored, start=start, count=count)
        if len(found) < count:
            more = await self._database.all(QUERIES.find_groups_from, Stored, start="", count=count - len(found))
            found += [group for group in more if group.id < start]
        return [group.to_wire() for group in found]

    async def search(
        self, name: str, lang_tag: str, members: int | None, open_: bool | None, limit: int, cursor: str
    ) -> GroupList:
        """A page of groups in the order of their names."""
        _check_limit(limit)
        pattern = formats.name_pattern(name)
        start = max(GroupsPlace.parse(cursor), GroupsPlace(pattern.first))
        rows = await self._database.all(
            QUERIES.search,
            Stored,
            after_name=start.search_name,
            after_id=start.group_id,
            last_name=pattern.last,
            pattern=pattern.like,
            lang_tag=formats.lang_tag(lang_tag) if lang_tag else None,
            members=members,
            open=None if open_ is None else int(open_),
            limit=limit + 1,
        )
        more = len(rows) > limit
        del rows[limit:]
        end = GroupsPlace(formats.search_name(rows[-1].name), rows[-1].id) if more else None
        return GroupList([row.to_wire() for row in rows], end.text() if end else "")

    async def users(
        self, group_id: str, limit: int, state: int | None, cursor: str, caller_id: str | None
    ) -> GroupUserList:
        """A page of the players in a group; the banned ones only where they are asked for, and by who may."""
        _check_limit(limit)
        highest, lowest = _states(state)
        formats.group_id(group_id)
        if state == GroupRole.BANNED and caller_id is not None:
            await self._check_admin(group_id, caller_id)
        start = max(StandingPlace.parse(cursor), StandingPlace(highest))
        rows = await self._database.all(
            QUERIES.page_of_group,
            _Seat,
            group_id=group_id,
            lowest=lowest,
            after_state=start.state,
            after_us=start.since_us,
            after_id=start.id,
            limit=limit + 1,
        )
        if not rows and await self._database.one(QUERIES.find_group, Stored, id=group_id) is None:
            raise GroupNotFound
        more = len(rows) > limit
        del rows[limit:]
        users = {user.id: user for user in await self._accounts.users([row.user_id for row in rows])}
        end = StandingPlace(rows[-1].state, rows[-1].since_us, rows[-1].user_id) if more else None
        return GroupUserList(
            [GroupUser(users[row.user_id], row.state) for row in rows if row.user_id in users],
            end.text() if end else "",
        )

    async def of_user(
        self, user_id: str, limit: int, state: int | None, cursor: str, caller_id: str | None
    ) -> UserGroupList:
        """A page of a player's groups; those the player is banned from are for the system alone."""
        _check_limit(limit)
        highest, lowest = _states(state, GroupRole.BANNED if caller_id is None else GroupRole.JOIN_REQUEST)
        if not is_uuid(user_id):
            raise BadInput("User ID must be a valid ID.")
        start = max(StandingPlace.parse(cursor), StandingPlace(highest))
        rows = await self._database.all(
            QUERIES.page_of_user,
            _membership,
            user_id=user_id,
            lowest=lowest,
            after_state=start.state,
            after_us=start.since_us,
            after_id=start.id,
            limit=limit + 1,
        )
        more = len(rows) > limit
        del rows[limit:]
        end = StandingPlace(rows[-1][0], rows[-1][1], rows[-1][2].id) if more else None
        return UserGroupList([UserGroup(group.to_wire(), state) for state, _, group in rows], end.text() if end else "")

    async def _check_admin(self, group_id: str, caller_id: str) -> None:
        state = await self._database.one(QUERIES.find_state, int, group_id=group_id, user_id=caller_id)
        if state is None or state > GroupRole.ADMIN:
            raise NotPermitted


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= LIST_LIMIT_MAX:
        raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_LIMIT_MAX}.")


def _states(state: int | None, lowest: GroupRole = GroupRole.BANNED) -> tuple[int, int]:
    """The highest and the lowest of the states to list: the one asked for, or all but the banned."""
    if state is None:
        return int(GroupRole.SUPERADMIN), int(GroupRole.JOIN_REQUEST)
    if not GroupRole.SUPERADMIN <= state <= lowest:
        raise BadInput(f"Invalid state - state must be between {int(GroupRole.SUPERADMIN)} and {int(lowest)}.")
    return state, state
