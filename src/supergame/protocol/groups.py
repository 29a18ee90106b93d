"""Groups: players who belong together, with roles, a size and a way in."""

from __future__ import annotations

from enum import IntEnum

from supergame.protocol.operation import Binding, Event, Operation, Realtime
from supergame.protocol.types import Empty, Int32, Message, Timestamp
from supergame.protocol.users import User


class GroupRole(IntEnum):
    """What a player is in a group: the values of `state`, highest first."""

    SUPERADMIN = 0
    ADMIN = 1
    MEMBER = 2
    JOIN_REQUEST = 3
    """Has asked to be let in, and is no member yet."""
    BANNED = 4
    """Is no member and cannot become one; only admins see it."""


class Group(Message):
    """A group: `edge_count` members of at most `max_count`; `open` if anyone may join. `metadata` is JSON in text."""

    id: str = ""
    creator_id: str = ""
    name: str = ""
    description: str = ""
    lang_tag: str = ""
    metadata: str = ""
    avatar_url: str = ""
    open: bool | None = None
    edge_count: Int32 = 0
    max_count: Int32 = 0
    create_time: Timestamp | None = None
    update_time: Timestamp | None = None


class GroupList(Message):
    """A page of groups."""

    groups: list[Group] = []
    cursor: str = ""


class GroupUser(Message):
    """A player in a group; `state` is a GroupRole."""

    user: User | None = None
    state: Int32 | None = None


class GroupUserList(Message):
    """A page of the players in a group."""

    group_users: list[GroupUser] = []
    cursor: str = ""


class UserGroup(Message):
    """A group that a player is in; `state` is a GroupRole."""

    group: Group | None = None
    state: Int32 | None = None


class UserGroupList(Message):
    """A page of the groups that a player is in."""

    user_groups: list[UserGroup] = []
    cursor: str = ""


class CreateGroupRequest(Message):
    """A new group, which has `max_count` members at most (100 if that is 0) and anyone may join if it is `open`."""

    name: str = ""
    description: str = ""
    lang_tag: str = ""
    avatar_url: str = ""
    open: bool = False
    max_count: Int32 = 0


class UpdateGroupRequest(Message):
    """What to change about a group; what is not set stays."""

    group_id: str = ""
    name: str | None = None
    description: str | None = None
    lang_tag: str | None = None
    avatar_url: str | None = None
    open: bool | None = None


class DeleteGroupRequest(Message):
    """The group to delete."""

    group_id: str = ""


class ListGroupsRequest(Message):
    """A page of groups: of that `name` (`%` stands for anything), language, openness, `members` at most."""

    name: str = ""
    cursor: str = ""
    limit: Int32 | None = None
    lang_tag: str = ""
    members: Int32 | None = None
    open: bool | None = None


class ListGroupUsersRequest(Message):
    """A page of the players in a group, of all roles or of the one that `state` names."""

    group_id: str = ""
    limit: Int32 | None = None
    state: Int32 | None = None
    cursor: str = ""


class ListUserGroupsRequest(Message):
    """A page of a player's groups, in all roles or in the one that `state` names."""

    user_id: str = ""
    limit: Int32 | None = None
    state: Int32 | None = None
    cursor: str = ""


class JoinGroupRequest(Message):
    """The group to join."""

    group_id: str = ""


class LeaveGroupRequest(Message):
    """The group to leave."""

    group_id: str = ""


class AddGroupUsersRequest(Message):
    """Players to take into a group."""

    group_id: str = ""
    user_ids: list[str] = []


class KickGroupUsersRequest(Message):
    """Players to put out of a group."""

    group_id: str = ""
    user_ids: list[str] = []


class BanGroupUsersRequest(Message):
    """Players to put out of a group for good."""

    group_id: str = ""
    user_ids: list[str] = []


class PromoteGroupUsersRequest(Message):
    """Members to raise by one role."""

    group_id: str = ""
    user_ids: list[str] = []


class DemoteGroupUsersRequest(Message):
    """Members to lower by one role."""

    group_id: str = ""
    user_ids: list[str] = []


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="CreateGroup",
        bindings=(Binding("POST", "/v2/group", "*"),),
        request=CreateGroupRequest,
        response=Group,
        summary="Create a group, with the caller as its superadmin.",
    ),
    Operation(
        name="UpdateGroup",
        bindings=(Binding("PUT", "/v2/group/{group_id}", "*"),),
        request=UpdateGroupRequest,
        response=Empty,
        summary="Change a group, as one of its admins.",
    ),
    Operation(
        name="DeleteGroup",
        bindings=(Binding("DELETE", "/v2/group/{group_id}"),),
        request=DeleteGroupRequest,
        response=Empty,
        summary="Delete a group, as a superadmin of it.",
    ),
    Operation(
        name="ListGroups",
        bindings=(Binding("GET", "/v2/group"),),
        request=ListGroupsRequest,
        response=GroupList,
        summary="List groups by name, language, openness or size, page by page.",
    ),
    Operation(
        name="ListGroupUsers",
        bindings=(Binding("GET", "/v2/group/{group_id}/user"),),
        request=ListGroupUsersRequest,
        response=GroupUserList,
        summary="List the players in a group, highest role first, page by page.",
    ),
    Operation(
        name="ListUserGroups",
        bindings=(Binding("GET", "/v2/user/{user_id}/group"),),
        request=ListUserGroupsRequest,
        response=UserGroupList,
        summary="List the groups that a player is in, highest role first, page by page.",
    ),
    Operation(
        name="JoinGroup",
        bindings=(Binding("POST", "/v2/group/{group_id}/join"),),
        request=JoinGroupRequest,
        response=Empty,
        summary="Join an open group, or ask to be let into a closed one.",
    ),
    Operation(
        name="LeaveGroup",
        bindings=(Binding("POST", "/v2/group/{group_id}/leave"),),
        request=LeaveGroupRequest,
        response=Empty,
        summary="Leave a group, or take back the wish to join it.",
    ),
    Operation(
        name="AddGroupUsers",
        bindings=(Binding("POST", "/v2/group/{group_id}/add"),),
        request=AddGroupUsersRequest,
        response=Empty,
        summary="Take players into a group, those who have asked and others, as one of its admins.",
    ),
    Operation(
        name="KickGroupUsers",
        bindings=(Binding("POST", "/v2/group/{group_id}/kick"),),
        request=KickGroupUsersRequest,
        response=Empty,
        summary="Put players out of a group, turn their wish to join down, or lift their ban, as one of its admins.",
    ),
    Operation(
        name="BanGroupUsers",
        bindings=(Binding("POST", "/v2/group/{group_id}/ban"),),
        request=BanGroupUsersRequest,
        response=Empty,
        summary="Put players out of a group for good, as one of its admins.",
    ),
    Operation(
        name="PromoteGroupUsers",
        bindings=(Binding("POST", "/v2/group/{group_id}/promote"),),
        request=PromoteGroupUsersRequest,
        response=Empty,
        summary="Make members admins, or admins superadmins, as somebody of that role.",
    ),
    Operation(
        name="DemoteGroupUsers",
        bindings=(Binding("POST", "/v2/group/{group_id}/demote"),),
        request=DemoteGroupUsersRequest,
        response=Empty,
        summary="Make superadmins admins, or admins members, as a superadmin.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
