"""Making a group, changing it, deleting it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.features.groups.people import ADMIN, MEMBER, SUPERADMIN, history, roles
from tests.features.lobby import Lobby

from supergame.core.errors import BadInput, NotFound, TooMany
from supergame.features.groups import GroupNotFound, NameTaken, NotPermitted
from supergame.features.groups.formats import METADATA_BYTES_MAX, NAME_BYTES_MAX


async def test_who_makes_a_group_is_its_superadmin(each_lobby, each_service):
    ann = await each_lobby.player("ann")
    made = await each_service.create(ann.id, "Heroes", description="We are", open=True, metadata={"level": 1})
    assert [made] == await each_service.get([made.id])
    assert (made.name, made.creator_id, made.open, made.edge_count, made.max_count) == ("Heroes", ann.id, True, 1, 100)
    assert (made.description, made.lang_tag, made.metadata) == ("We are", "en", '{"level":1}')
    assert await roles(each_service, made.id) == {"ann": SUPERADMIN}


async def test_a_name_is_taken_until_its_group_is_gone(each_lobby, each_service):
    ann = await each_lobby.player("ann")
    first = await each_service.create(ann.id, "Heroes")
    other = await each_service.create(ann.id, "Others")
    with pytest.raises(NameTaken, match=r"Group name is in use\."):
        await each_service.create(ann.id, "Heroes")
    with pytest.raises(NameTaken):
        await each_service.update(other.id, name="Heroes")
    await each_service.delete(first.id)
    await each_service.update(other.id, name="Heroes")
    assert (await each_service.get([other.id]))[0].name == "Heroes"


async def test_names_that_look_the_same_are_the_same(lobby, service):
    ann = await lobby.player("ann")
    group = await service.create(ann.id, " H\u00e9ros\n")
    assert group.name == "H\u00e9ros"
    for name in ("He\u0301ros", "H\u00e9ros\u00a0", "\u3000H\u00e9ros"):
        with pytest.raises(NameTaken):
            await service.create(ann.id, name)
    await service.update(group.id, name="Ame\u0301lie ")
    (found,) = (await service.list(name="AME\u0301lie")).groups
    assert found.name == "Am\u00e9lie"


async def test_an_update_changes_what_it_names(each_lobby, each_service):
    ann = await each_lobby.player("ann")
    made = await each_service.create(ann.id, "Heroes", description="We are", avatar_url="a")
    await each_lobby.clock.advance(5)
    await each_service.update(
        made.id, name="Villains", lang_tag="de", description="", open=True, max_count=7, metadata={"a": 1}
    )
    (now,) = await each_service.get([made.id])
    assert (now.name, now.lang_tag, now.description, now.avatar_url) == ("Villains", "de", "", "a")
    assert (now.open, now.max_count, now.metadata) == (True, 7, '{"a":1}')
    assert now.create_time == made.create_time
    assert now.update_time > now.create_time
    assert [group.name for group in (await each_service.list(name="villains")).groups] == ["Villains"]


async def test_a_group_is_never_smaller_than_its_members_are_many(lobby, service):
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    made = await service.create(ann.id, "Heroes", max_count=5)
    await service.users_add(made.id, [bob.id])
    await service.update(made.id, max_count=2)
    with pytest.raises(BadInput, match="at least the 2 members"):
        await service.update(made.id, max_count=1)


async def test_admins_change_a_group_and_superadmins_delete_it(lobby, service):
    ann, bob, cat, dan = [await lobby.player(name) for name in ("ann", "bob", "cat", "dan")]
    made = await service.create(ann.id, "Heroes")
    await service.users_add(made.id, [bob.id, cat.id])
    await service.users_promote(made.id, [bob.id])
    await service.update(made.id, description="by an admin", caller_id=bob.id)
    for nobody in (cat, dan):
        with pytest.raises(NotPermitted, match="not allowed to update"):
            await service.update(made.id, description="x", caller_id=nobody.id)
    for nobody in (bob, cat, dan):
        with pytest.raises(NotPermitted, match="not allowed to delete"):
            await service.delete(made.id, caller_id=nobody.id)
    assert await roles(service, made.id) == {"ann": SUPERADMIN, "bob": ADMIN, "cat": MEMBER}
    await service.delete(made.id, caller_id=ann.id)
    assert await service.get([made.id]) == []


async def test_a_deleted_group_leaves_nothing(each_lobby, each_service):
    ann, bob = await each_lobby.player("ann"), await each_lobby.player("bob")
    made = await each_service.create(ann.id, "Heroes")
    await each_service.users_add(made.id, [bob.id])
    await each_service.delete(made.id)
    await each_lobby.events.settle()
    assert (await each_service.user_groups_list(bob.id)).user_groups == []
    assert await history(each_lobby, made.id) == []
    for call in (
        each_service.users_list(made.id),
        each_service.join(made.id, bob.id),
        each_service.leave(made.id, bob.id),
        each_service.users_add(made.id, [bob.id]),
        each_service.update(made.id, open=True),
        each_service.delete(made.id),
    ):
        with pytest.raises(GroupNotFound):
            await call


async def test_what_a_group_cannot_be(lobby, service):
    ann = await lobby.player("ann")
    for fields in (
        {"name": ""},
        {"name": " \u3000"},
        {"name": "\u200d"},
        {"name": "He\u200broes"},
        {"name": "\u202eseoreH"},
        {"name": "a\nb"},
        {"name": "a\x00"},
        {"name": "ä" * (NAME_BYTES_MAX // 2 + 1)},
        {"description": "d" * 256},
        {"description": "\x00"},
        {"lang_tag": ""},
        {"lang_tag": "l" * 19},
        {"avatar_url": "a" * 513},
        {"max_count": 0},
        {"max_count": -1},
        {"max_count": 10_001},
        {"metadata": {"a": "x" * METADATA_BYTES_MAX}},
        {"metadata": {"a": object()}},
    ):
        with pytest.raises(BadInput):
            await service.create(ann.id, **{"name": "Heroes", **fields})
        made = await service.create(ann.id, "Fine")
        with pytest.raises(BadInput):
            await service.update(made.id, **fields)
        await service.delete(made.id)


async def test_an_update_of_nothing_is_refused(lobby, service):
    made = await service.create((await lobby.player("ann")).id, "Heroes")
    with pytest.raises(BadInput, match="at least one field"):
        await service.update(made.id)


@pytest.mark.parametrize("group_id", ["", "no id", "A" * 36])
async def test_an_id_that_is_none_is_refused(service, group_id):
    for call in (
        service.update(group_id, open=True),
        service.delete(group_id),
        service.get([group_id]),
        service.users_list(group_id),
        service.join(group_id, str(uuid4())),
        service.users_add(group_id, []),
    ):
        with pytest.raises(BadInput):
            await call


async def test_nobody_makes_a_group_for_a_player_who_does_not_exist(each_service):
    with pytest.raises(NotFound, match=r"User account not found\."):
        await each_service.create(str(uuid4()), "Ghosts")
    assert (await each_service.list()).groups == []


async def test_a_player_makes_groups_slowly_and_is_in_so_many(sqlite, features):
    limits = {"groups.groups_max": 3, "groups.creations_burst": 2, "groups.creations_per_second": 0.5}
    lobby = await Lobby.open(features, sqlite, settings=limits)
    service, ann = lobby.services["groups"], await lobby.player("ann")
    for name in ("one", "two"):
        await service.create(ann.id, name, caller_id=ann.id)
    with pytest.raises(TooMany, match="Too many new groups") as refused:
        await service.create(ann.id, "three", caller_id=ann.id)
    assert refused.value.retry_seconds == 2
    await lobby.clock.advance(2)
    three = await service.create(ann.id, "three", caller_id=ann.id)
    with pytest.raises(TooMany, match="3 groups"):
        await service.create(ann.id, "four")
    await service.delete(three.id)
    await service.create(ann.id, "four")
    await lobby.close()
