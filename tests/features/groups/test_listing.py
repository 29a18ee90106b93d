"""Finding groups, and paging through who is in them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.groups.people import ADMIN, ASKS, BANNED, MEMBER, SUPERADMIN

from supergame.core.errors import BadInput
from supergame.features.groups import GroupNotFound, NotPermitted
from supergame.features.groups.formats import WILDCARDS_MAX, name_pattern
from supergame.features.groups.model import GroupsPlace, StandingPlace


async def found(service, **asked) -> list[str]:
    """The names of all groups on all pages, two on each."""
    names, cursor = [], ""
    while True:
        page = await service.list(limit=2, cursor=cursor, **asked)
        names += [group.name for group in page.groups]
        cursor = page.cursor
        if not cursor:
            return names


async def make(lobby, *names, **fields) -> list[str]:
    """Groups of these names; gives their ids."""
    ann = await lobby.player("ann")
    return [(await lobby.services["groups"].create(ann.id, name, **fields)).id for name in names]


async def test_groups_are_found_by_name_whatever_the_capitals(each_lobby, each_service):
    every = ("Heroes of Might", "heroes", "HEROINES", "Superheroes", "100%", "a_b", "aXb", "Ärzte", "\\o/", "ﬁne")
    await make(each_lobby, *every)
    for name, names in {
        "heroes": ["heroes"],
        "Hero%": ["heroes", "Heroes of Might", "HEROINES"],
        "%heroes": ["heroes", "Superheroes"],
        "%HEROES%": ["heroes", "Heroes of Might", "Superheroes"],
        "h%s%t": ["Heroes of Might"],
        "a_b": ["a_b"],
        "ärz%": ["Ärzte"],
        "a\u0308rz%": ["Ärzte"],
        "Fin%": ["ﬁne"],
        "\\o%": ["\\o/"],
        "hero": [],
        "nobody%": [],
    }.items():
        assert await found(each_service, name=name) == names, name
    assert await found(each_service, name="%") == await found(each_service)
    assert len(await found(each_service)) == len(every)


def test_a_search_for_one_very_name_looks_at_no_others():
    assert name_pattern("Hero")[1:] == ("hero", "hero")


async def test_a_page_goes_on_after_any_name(each_lobby, each_service):
    names = ["\\u0000", '"', "ÿ", "日本", "🐉"]
    await make(each_lobby, *names)
    assert await found(each_service) == sorted(names)


async def test_groups_are_found_by_language_openness_and_size_and_all_together(each_lobby, each_service):
    _, large = await make(each_lobby, "Small", "Large", open=True)
    await make(each_lobby, "German", lang_tag="de", open=True)
    await make(each_lobby, "Closed")
    await each_service.users_add(large, [(await each_lobby.player(name)).id for name in ("bob", "cat")])
    assert await found(each_service, lang_tag="de") == ["German"]
    assert await found(each_service, open=False) == ["Closed"]
    assert await found(each_service, open=True) == ["German", "Large", "Small"]
    assert await found(each_service, members=2) == ["Closed", "German", "Small"]
    assert await found(each_service, members=3, lang_tag="en", open=True, name="%l%") == ["Large", "Small"]
    assert await found(each_service, members=0) == []


async def test_groups_by_id_come_in_the_order_asked_for(lobby, service):
    one, two = await make(lobby, "One", "Two")
    got = await service.get([two, str(uuid4()), one, two])
    assert [group.name for group in got] == ["Two", "One"]
    with pytest.raises(BadInput):
        await service.get([str(uuid4()) for _ in range(101)])


async def test_groups_by_chance_are_as_many_as_there_are(each_lobby, each_service):
    names = {"One", "Two", "Three"}
    await make(each_lobby, *names)
    for count in (1, 2, 3):
        some = {group.name for group in await each_service.random(count)}
        assert len(some) == count
        assert some <= names
    assert {group.name for group in await each_service.random(100)} == names


async def test_the_players_in_a_group_come_by_role_and_then_by_time(each_lobby, each_service):
    (group_id,) = await make(each_lobby, "Heroes")
    ids = {}
    for name in ("bob", "cat", "dan", "eve", "fay"):
        ids[name] = (await each_lobby.player(name)).id
    for name in ("cat", "bob", "dan"):
        await each_lobby.clock.advance(1)
        await each_service.users_add(group_id, [ids[name]])
    await each_service.users_promote(group_id, [ids["dan"]])
    await each_service.join(group_id, ids["eve"])
    await each_service.users_ban(group_id, [ids["fay"]])
    seen, cursor = [], ""
    for size in (2, 2, 1):
        page = await each_service.users_list(group_id, limit=2, cursor=cursor)
        assert len(page.group_users) == size
        seen += [(user.user.username, user.state) for user in page.group_users]
        cursor = page.cursor
    assert not cursor
    assert seen == [("ann", SUPERADMIN), ("dan", ADMIN), ("cat", MEMBER), ("bob", MEMBER), ("eve", ASKS)]
    for state, names in {MEMBER: ["cat", "bob"], ASKS: ["eve"], BANNED: ["fay"]}.items():
        page = await each_service.users_list(group_id, state=state)
        assert [user.user.username for user in page.group_users] == names


async def test_only_admins_see_who_is_banned(lobby, service):
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    (group_id,) = await make(lobby, "Heroes")
    await service.users_ban(group_id, [bob.id])
    assert len((await service.users_list(group_id, state=BANNED, caller_id=ann.id)).group_users) == 1
    for caller in (bob.id, str(uuid4())):
        with pytest.raises(NotPermitted):
            await service.users_list(group_id, state=BANNED, caller_id=caller)
        assert len((await service.users_list(group_id, caller_id=caller)).group_users) == 1
    assert len((await service.user_groups_list(bob.id, state=BANNED)).user_groups) == 1
    with pytest.raises(BadInput, match="between 0 and 3"):
        await service.user_groups_list(bob.id, state=BANNED, caller_id=bob.id)


async def test_a_players_groups_come_by_role_and_then_by_time(each_lobby, each_service):
    bob = await each_lobby.player("bob")
    ids = await make(each_lobby, "One", "Two", "Three", "Four")
    own = (await each_service.create(bob.id, "Own")).id
    for group_id in ids[:3]:
        await each_lobby.clock.advance(1)
        await each_service.users_add(group_id, [bob.id])
    await each_service.users_promote(ids[2], [bob.id])
    await each_service.join(ids[3], bob.id)
    seen, cursor = [], ""
    for _ in range(3):
        page = await each_service.user_groups_list(bob.id, limit=2, cursor=cursor)
        seen += [(entry.group.name, entry.state) for entry in page.user_groups]
        cursor = page.cursor
    assert not cursor
    assert seen == [("Own", SUPERADMIN), ("Three", ADMIN), ("One", MEMBER), ("Two", MEMBER), ("Four", ASKS)]
    page = await each_service.user_groups_list(bob.id, state=SUPERADMIN)
    assert [entry.group.id for entry in page.user_groups] == [own]


async def test_what_makes_no_sense_is_refused(lobby, service):
    (group_id,) = await make(lobby, "Heroes")
    for limit in (0, -1, 101):
        with pytest.raises(BadInput, match="Invalid limit"):
            await service.list(limit=limit)
        with pytest.raises(BadInput, match="Invalid limit"):
            await service.users_list(group_id, limit=limit)
        with pytest.raises(BadInput, match="Invalid limit"):
            await service.user_groups_list(str(uuid4()), limit=limit)
        with pytest.raises(BadInput, match="Invalid limit"):
            await service.random(limit)
    for state in (-1, 5):
        with pytest.raises(BadInput, match="Invalid state"):
            await service.users_list(group_id, state=state)
        with pytest.raises(BadInput, match="Invalid state"):
            await service.user_groups_list(str(uuid4()), state=state)
    for name in ("n" * 256, "a\x00", "%" * (WILDCARDS_MAX + 1)):
        with pytest.raises(BadInput, match="Group name to search for invalid"):
            await service.list(name=name)
    with pytest.raises(BadInput):
        await service.list(lang_tag="l" * 19)
    with pytest.raises(BadInput, match="User ID"):
        await service.user_groups_list("no id")
    with pytest.raises(GroupNotFound):
        await service.users_list(str(uuid4()))
    for cursor in ("!", "AAAA", "eyJhIjoxfQ==", "W1tdXQ==", "ä", "WzEsIDEsICJcdTAwMDAiXQ=="):
        for call in (
            service.list(cursor=cursor),
            service.users_list(group_id, cursor=cursor),
            service.user_groups_list(str(uuid4()), cursor=cursor),
        ):
            with pytest.raises(BadInput, match=r"Invalid cursor\."):
                await call


@settings(max_examples=50)
@given(text=st.text(max_size=60))
def test_no_cursor_costs_more_than_an_error(text):
    for kind in (GroupsPlace, StandingPlace):
        try:
            kind.parse(text)
        except BadInput:
            pass
