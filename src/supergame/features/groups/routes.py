"""Groups over HTTP. Ids may come in capitals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from supergame.edge import Caller
from supergame.features.groups.service import LANG_TAG_DEFAULT, MAX_COUNT_DEFAULT, Groups
from supergame.protocol.groups import (
    AddGroupUsersRequest,
    BanGroupUsersRequest,
    CreateGroupRequest,
    DeleteGroupRequest,
    DemoteGroupUsersRequest,
    Group,
    GroupList,
    GroupUserList,
    JoinGroupRequest,
    KickGroupUsersRequest,
    LeaveGroupRequest,
    ListGroupsRequest,
    ListGroupUsersRequest,
    ListUserGroupsRequest,
    PromoteGroupUsersRequest,
    UpdateGroupRequest,
    UserGroupList,
)

LIMIT_DEFAULT: Final = 1
"""The protocol's default page of groups."""

PLAYERS_DEFAULT: Final = 100
"""The protocol's default page of a group's players, and of a player's groups."""


async def create(groups: Groups, caller: Caller, request: CreateGroupRequest) -> Group:
    """Create a group of the caller's."""
    return await groups.create(
        caller.user_id,
        request.name,
        description=request.description,
        lang_tag=request.lang_tag or LANG_TAG_DEFAULT,
        avatar_url=request.avatar_url,
        open=request.open,
        max_count=request.max_count or MAX_COUNT_DEFAULT,
        caller_id=caller.user_id,
    )


async def update(groups: Groups, caller: Caller, request: UpdateGroupRequest) -> None:
    """Change a group."""
    await groups.update(
        request.group_id.lower(),
        name=request.name,
        description=request.description,
        lang_tag=request.lang_tag,
        avatar_url=request.avatar_url,
        open=request.open,
        caller_id=caller.user_id,
    )


async def delete(groups: Groups, caller: Caller, request: DeleteGroupRequest) -> None:
    """Delete a group."""
    await groups.delete(request.group_id.lower(), caller_id=caller.user_id)


async def list_groups(groups: Groups, caller: Caller, request: ListGroupsRequest) -> GroupList:
    """One page of groups."""
    return await groups.list(
        name=request.name,
        lang_tag=request.lang_tag,
        members=request.members,
        open=request.open,
        limit=LIMIT_DEFAULT if request.limit is None else request.limit,
        cursor=request.cursor,
    )


async def list_users(groups: Groups, caller: Caller, request: ListGroupUsersRequest) -> GroupUserList:
    """One page of a group's players."""
    return await groups.users_list(
        request.group_id.lower(),
        limit=PLAYERS_DEFAULT if request.limit is None else request.limit,
        state=request.state,
        cursor=request.cursor,
        caller_id=caller.user_id,
    )


async def list_of_user(groups: Groups, caller: Caller, request: ListUserGroupsRequest) -> UserGroupList:
    """One page of a player's groups."""
    return await groups.user_groups_list(
        request.user_id.lower(),
        limit=PLAYERS_DEFAULT if request.limit is None else request.limit,
        state=request.state,
        cursor=request.cursor,
        caller_id=caller.user_id,
    )


async def join(groups: Groups, caller: Caller, request: JoinGroupRequest) -> None:
    """Join a group, or ask to."""
    await groups.join(request.group_id.lower(), caller.user_id, caller_id=caller.user_id)


async def leave(groups: Groups, caller: Caller, request: LeaveGroupRequest) -> None:
    """Leave a group."""
    await groups.leave(request.group_id.lower(), caller.user_id)


async def add(groups: Groups, caller: Caller, request: AddGroupUsersRequest) -> None:
    """Take players in."""
    await groups.users_add(request.group_id.lower(), _lower(request.user_ids), caller_id=caller.user_id)


async def kick(groups: Groups, caller: Caller, request: KickGroupUsersRequest) -> None:
    """Put players out."""
    await groups.users_kick(request.group_id.lower(), _lower(request.user_ids), caller_id=caller.user_id)


async def ban(groups: Groups, caller: Caller, request: BanGroupUsersRequest) -> None:
    """Put players out for good."""
    await groups.users_ban(request.group_id.lower(), _lower(request.user_ids), caller_id=caller.user_id)


async def promote(groups: Groups, caller: Caller, request: PromoteGroupUsersRequest) -> None:
    """Raise members by one role."""
    await groups.users_promote(request.group_id.lower(), _lower(request.user_ids), caller_id=caller.user_id)


async def demote(groups: Groups, caller: Caller, request: DemoteGroupUsersRequest) -> None:
    """Lower members by one role."""
    await groups.users_demote(request.group_id.lower(), _lower(request.user_ids), caller_id=caller.user_id)


def _lower(user_ids: list[str]) -> list[str]:
    return [user_id.lower() for user_id in user_ids]


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {
    "CreateGroup": create,
    "UpdateGroup": update,
    "DeleteGroup": delete,
    "ListGroups": list_groups,
    "ListGroupUsers": list_users,
    "ListUserGroups": list_of_user,
    "JoinGroup": join,
    "LeaveGroup": leave,
    "AddGroupUsers": add,
    "KickGroupUsers": kick,
    "BanGroupUsers": ban,
    "PromoteGroupUsers": promote,
    "DemoteGroupUsers": demote,
}
