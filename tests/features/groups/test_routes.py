"""Groups as clients ask for them, over a real port."""

from __future__ import annotations

import pytest

from supergame.client import RequestFailed
from supergame.features.groups import GroupsSettings
from supergame.protocol.groups import (
    AddGroupUsersRequest,
    BanGroupUsersRequest,
    CreateGroupRequest,
    DeleteGroupRequest,
    DemoteGroupUsersRequest,
    Group,
    GroupList,
    GroupRole,
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
from supergame.protocol.types import Empty

SUPERADMIN, ADMIN, MEMBER, ASKS, _ = GroupRole


async def ask(player, name, request, answer=Empty):
    return await player.client.call(name, request, answer, player.session)


async def roles(player, group_id):
    page = await ask(player, "ListGroupUsers", ListGroupUsersRequest(group_id), GroupUserList)
    return {user.user.username: user.state for user in page.group_users}


async def test_a_groups_life(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    group = await ask(ann, "CreateGroup", CreateGroupRequest("Heroes", description="We are"), Group)
    assert (group.name, group.creator_id, group.open, group.max_count) == ("Heroes", ann.user_id, False, 100)
    shouted = group.id.upper()
    await ask(ann, "UpdateGroup", UpdateGroupRequest(shouted, name="Villains", open=True))
    (found,) = (await ask(bob, "ListGroups", ListGroupsRequest("vil%"), GroupList)).groups
    assert (found.id, found.name, found.description, found.open) == (group.id, "Villains", "We are", True)

    await ask(bob, "JoinGroup", JoinGroupRequest(shouted))
    (entry,) = (await ask(ann, "ListUserGroups", ListUserGroupsRequest(bob.user_id.upper()), UserGroupList)).user_groups
    assert (entry.group.id, entry.group.edge_count, entry.state) == (group.id, 2, MEMBER)
    await ask(bob, "LeaveGroup", LeaveGroupRequest(shouted))
    assert await roles(bob, shouted) == {"ann": SUPERADMIN}

    for name, request, role in (
        ("AddGroupUsers", AddGroupUsersRequest, MEMBER),
        ("PromoteGroupUsers", PromoteGroupUsersRequest, ADMIN),
        ("DemoteGroupUsers", DemoteGroupUsersRequest, MEMBER),
        ("KickGroupUsers", KickGroupUsersRequest, None),
        ("BanGroupUsers", BanGroupUsersRequest, None),
    ):
        await ask(ann, name, request(shouted, [bob.user_id.upper()]))
        assert (await roles(ann, group.id)).get("bob") == role
    await ask(ann, "DeleteGroup", DeleteGroupRequest(shouted))
    assert (await ask(ann, "ListGroups", ListGroupsRequest(), GroupList)).groups == []


async def test_pages_are_as_the_protocol_has_them(node):
    ann = await node.player("ann")
    for name in ("One", "Two"):
        await ask(ann, "CreateGroup", CreateGroupRequest(name, max_count=5), Group)
    page = await ask(ann, "ListGroups", ListGroupsRequest(), GroupList)
    assert [group.name for group in page.groups] == ["One"]
    page = await ask(ann, "ListGroups", ListGroupsRequest(cursor=page.cursor, limit=100, members=1), GroupList)
    assert ([group.name for group in page.groups], page.cursor) == (["Two"], "")
    page = await ask(ann, "ListUserGroups", ListUserGroupsRequest(ann.user_id), UserGroupList)
    assert len(page.user_groups) == 2


async def test_what_is_refused_says_why(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    group = await ask(ann, "CreateGroup", CreateGroupRequest("Heroes"), Group)
    missing = "00000000-0000-4000-8000-000000000000"
    for player, name, request, code, message in (
        (ann, "CreateGroup", CreateGroupRequest("Heroes"), 6, "Group name is in use."),
        (ann, "CreateGroup", CreateGroupRequest(""), 3, "Group name must be set."),
        (ann, "CreateGroup", CreateGroupRequest("x", max_count=-1), 3, "Group max count must be between 1 and 10000."),
        (ann, "UpdateGroup", UpdateGroupRequest(group.id, name=""), 3, "Group name must be set."),
        (ann, "UpdateGroup", UpdateGroupRequest(group.id), 3, "Specify at least one field to update."),
        (bob, "UpdateGroup", UpdateGroupRequest(group.id, open=True), 5, None),
        (bob, "DeleteGroup", DeleteGroupRequest(group.id), 5, "Group not found or you're not allowed to delete."),
        (bob, "JoinGroup", JoinGroupRequest(missing), 5, "Group not found."),
        (bob, "JoinGroup", JoinGroupRequest("no id"), 3, "Group ID must be a valid ID."),
        (ann, "LeaveGroup", LeaveGroupRequest(group.id), 3, "Cannot leave group when you are the last superadmin."),
        (bob, "KickGroupUsers", KickGroupUsersRequest(group.id, [ann.user_id]), 5, None),
        (ann, "AddGroupUsers", AddGroupUsersRequest(group.id, [missing]), 5, "User account not found."),
        (ann, "AddGroupUsers", AddGroupUsersRequest(group.id, ["no id"]), 3, "User ID must be a valid ID."),
        (ann, "ListGroups", ListGroupsRequest(limit=101), 3, None),
    ):
        with pytest.raises(RequestFailed) as refused:
            await ask(player, name, request)
        assert (refused.value.code, refused.value.message) == (code, message or refused.value.message), name


async def test_a_flood_is_answered_with_429(node):
    ann = await node.player("ann")
    group = await ask(ann, "CreateGroup", CreateGroupRequest("Heroes"), Group)
    for _ in range(GroupsSettings().joins_burst):
        await ask(ann, "JoinGroup", JoinGroupRequest(group.id))
    with pytest.raises(RequestFailed) as refused:
        await ask(ann, "JoinGroup", JoinGroupRequest(group.id))
    assert (refused.value.status, refused.value.code) == (429, 8)
