"""Accounts go, and their groups stay sound."""

from __future__ import annotations

import json

import pytest
from tests.features.groups.people import ADMIN, ASKS, BANNED, MEMBER, SUPERADMIN, history, roles, size

from supergame.core.ids import NIL
from supergame.protocol.chat import ChannelType


async def people(lobby, *names):
    return [await lobby.player(name) for name in names]


# Deleted


async def test_a_deleted_member_is_no_member(each_lobby, each_service):
    ann, bob, cat = await people(each_lobby, "ann", "bob", "cat")
    group = await each_service.create(ann.id, "Heroes")
    await each_service.users_add(group.id, [bob.id])
    await each_service.join(group.id, cat.id)
    for gone in (bob, cat):
        await each_lobby.services["accounts"].delete(gone.id)
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN}
    assert await size(each_service, group.id) == 1
    assert await history(each_lobby, group.id) == []  # what it told of bob is gone with him


async def test_the_longest_standing_admin_inherits(each_lobby, each_service):
    ann, bob, cat, dan = await people(each_lobby, "ann", "bob", "cat", "dan")
    group = await each_service.create(ann.id, "Heroes")
    for player in (bob, cat, dan):
        await each_lobby.clock.advance(1)
        await each_service.users_add(group.id, [player.id])
    await each_service.users_promote(group.id, [dan.id])
    await each_service.users_promote(group.id, [cat.id])
    await each_lobby.services["accounts"].delete(ann.id)
    assert await roles(each_service, group.id) == {"cat": SUPERADMIN, "dan": ADMIN, "bob": MEMBER}
    assert (await each_service.get([group.id]))[0].creator_id == NIL


async def test_without_admins_the_longest_standing_member_inherits(each_lobby, each_service):
    ann, bob, cat, dan = await people(each_lobby, "ann", "bob", "cat", "dan")
    group = await each_service.create(ann.id, "Heroes")
    await each_service.join(group.id, dan.id)  # waits longest, and is no member
    for player in (cat, bob):
        await each_lobby.clock.advance(1)
        await each_service.users_add(group.id, [player.id])
    await each_lobby.services["accounts"].delete(ann.id)
    assert await roles(each_service, group.id) == {"cat": SUPERADMIN, "bob": MEMBER, "dan": ASKS}


async def test_a_group_whose_last_member_is_deleted_goes_too(each_lobby, each_service):
    ann, bob, cat = await people(each_lobby, "ann", "bob", "cat")
    group = await each_service.create(ann.id, "Heroes")
    await each_service.join(group.id, bob.id)
    await each_service.users_ban(group.id, [cat.id])
    await each_lobby.services["accounts"].delete(ann.id)
    assert await each_service.get([group.id]) == []
    assert (await each_service.user_groups_list(bob.id)).user_groups == []
    assert (await each_service.user_groups_list(cat.id, state=BANNED)).user_groups == []


# Merged


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (MEMBER, None, MEMBER),
        (None, MEMBER, MEMBER),
        (ASKS, None, ASKS),
        (BANNED, None, BANNED),
        (MEMBER, ADMIN, ADMIN),
        (ADMIN, MEMBER, ADMIN),
        (ASKS, MEMBER, MEMBER),
        (MEMBER, ASKS, MEMBER),
        (MEMBER, BANNED, BANNED),
        (BANNED, ADMIN, BANNED),
        (BANNED, BANNED, BANNED),
    ],
)
async def test_of_two_roles_the_higher_wins_and_a_ban_over_everything(each_lobby, each_service, one, other, both):
    ann, old, new = await people(each_lobby, "ann", "old", "new")
    group = await each_service.create(ann.id, "Heroes", max_count=3)
    for player, role in ((old, one), (new, other)):
        if role == ASKS:
            await each_service.join(group.id, player.id)
        elif role == BANNED:
            await each_service.users_ban(group.id, [player.id])
        elif role is not None:
            await each_service.users_add(group.id, [player.id])
        if role == ADMIN:
            await each_service.users_promote(group.id, [player.id])
    await each_lobby.services["accounts"].merge(old.id, new.id)
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN, "new": both}
    assert await size(each_service, group.id) == (2 if both <= MEMBER else 1)


async def test_what_one_account_made_and_led_the_other_does_and_as_long(each_lobby, each_service):
    accounts, (old, new) = each_lobby.services["accounts"], await people(each_lobby, "old", "new")
    group = await each_service.create(old.id, "Heroes")
    (led,) = (await accounts.export(old.id))["groups"]["memberships"]
    await each_lobby.clock.advance(5)
    await each_service.users_add(group.id, [new.id])
    await accounts.merge(old.id, new.id)
    (now,) = await each_service.get([group.id])
    assert (now.creator_id, now.edge_count) == (new.id, 1)
    assert await roles(each_service, group.id) == {"new": SUPERADMIN}
    assert (await accounts.export(new.id))["groups"] == {"memberships": [led], "created": [group.id]}


async def test_a_ban_puts_the_merged_out_and_somebody_else_inherits(each_lobby, each_service):
    old, new, cat = await people(each_lobby, "old", "new", "cat")
    group = await each_service.create(new.id, "Heroes")
    await each_service.users_add(group.id, [cat.id])
    await each_service.users_ban(group.id, [old.id])
    await new.ask("channel_join", target=group.id, type=ChannelType.GROUP)
    await each_lobby.services["accounts"].merge(old.id, new.id)
    assert await roles(each_service, group.id) == {"cat": SUPERADMIN, "new": BANNED}
    answer = await new.ask("channel_message_send", channel_id=f"3.{group.id}..", content="{}")
    assert "error" in answer


# Exported


async def test_the_archive_holds_what_a_player_is_in_groups(lobby, service):
    ann, bob = await people(lobby, "ann", "bob")
    own = await service.create(ann.id, "Own")
    other = await service.create(bob.id, "Other")
    await service.users_ban(other.id, [ann.id])
    archive = json.loads(await lobby.services["accounts"].export_json(ann.id))
    since = "2023-11-14T22:13:20Z"
    assert archive["groups"] == {
        "memberships": [
            {"group_id": own.id, "state": "superadmin", "since": since},
            {"group_id": other.id, "state": "banned", "since": since},
        ],
        "created": [own.id],
    }
