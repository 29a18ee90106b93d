"""Coming into a group, going, rising and falling, and who may say so."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from tests.features.groups.people import ADMIN, ASKS, BANNED, MEMBER, SUPERADMIN, notified, roles, size
from tests.features.lobby import Lobby

from supergame.core.errors import BadInput, NotFound, TooMany
from supergame.features.groups import (
    BannedFromGroup,
    GroupFull,
    JoinRequested,
    LastSuperadmin,
    NotPermitted,
    UsersAdded,
)
from supergame.features.groups.formats import USERS_PER_CALL_MAX
from supergame.features.notifications import NotificationCode

# Coming


async def test_anyone_joins_an_open_group(each_lobby, each_service):
    ann, bob = await each_lobby.player("ann"), await each_lobby.player("bob")
    group = await each_service.create(ann.id, "Heroes", open=True)
    for _ in range(2):
        await each_service.join(group.id, bob.id)
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN, "bob": MEMBER}
    assert await size(each_service, group.id) == 2


async def test_who_joins_a_closed_group_waits_until_an_admin_lets_them_in(each_lobby, each_service):
    ann, bob = await each_lobby.player("ann"), await each_lobby.player("bob")
    group = await each_service.create(ann.id, "Heroes")
    for _ in range(2):
        await each_service.join(group.id, bob.id)
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN, "bob": ASKS}
    assert await size(each_service, group.id) == 1
    assert await notified(each_lobby, ann) == [
        (
            NotificationCode.GROUP_JOIN_REQUEST,
            "User bob wants to join your group",
            {"group_id": group.id, "name": "Heroes", "username": "bob"},
        )
    ]
    for _ in range(2):
        await each_service.users_add(group.id, [bob.id], caller_id=ann.id)
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN, "bob": MEMBER}
    assert await size(each_service, group.id) == 2
    assert await notified(each_lobby, bob) == [
        (NotificationCode.GROUP_ADD, "You've been added to group Heroes", {"group_id": group.id, "name": "Heroes"})
    ]


async def test_who_waits_joins_once_the_group_is_open(lobby, service):
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    group = await service.create(ann.id, "Heroes")
    await service.join(group.id, bob.id)
    await service.update(group.id, open=True)
    assert (await roles(service, group.id))["bob"] == ASKS
    await service.join(group.id, bob.id)
    assert (await roles(service, group.id))["bob"] == MEMBER


async def test_news_that_come_too_late_are_none(lobby, service):
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    group = await service.create(ann.id, "Heroes")
    await service.tell_admins(JoinRequested(group.id, bob.id))
    await service.tell_added(UsersAdded(group.id, [bob.id], ann.id))
    await service.delete(group.id)
    await service.tell_admins(JoinRequested(group.id, bob.id))
    await service.tell_added(UsersAdded(group.id, [bob.id], ann.id))
    assert await notified(lobby, ann) == await notified(lobby, bob) == []


async def test_whoever_asks_or_adds_again_and_again_leaves_one_notification(lobby, service):
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    for name in ("One", "Two"):
        group = await service.create(ann.id, name)
        for _ in range(2):
            await service.join(group.id, bob.id)
            await service.leave(group.id, bob.id)
            await service.join(group.id, bob.id)
            await lobby.events.settle()
            await service.users_add(group.id, [bob.id], caller_id=ann.id)
            await lobby.events.settle()
            await service.users_kick(group.id, [bob.id])
    assert [content["name"] for _, _, content in await notified(lobby, ann)] == ["Two"]
    assert [content["name"] for _, _, content in await notified(lobby, bob)] == ["Two"]
    for group in (await service.list()).groups:
        await service.users_add(group.id, [bob.id])  # by the system, which floods nobody
        await lobby.events.settle()
    assert [content["name"] for _, _, content in await notified(lobby, bob)] == ["Two", "One", "Two"]


async def test_every_admin_hears_of_a_request(lobby, service):
    ann, bob, cat, dan = [await lobby.player(name) for name in ("ann", "bob", "cat", "dan")]
    group = await service.create(ann.id, "Heroes")
    await service.users_add(group.id, [bob.id, cat.id])
    await service.users_promote(group.id, [bob.id])
    await service.join(group.id, dan.id)
    codes = [[code for code, _, _ in await notified(lobby, player)] for player in (ann, bob, cat)]
    assert codes == [[-5], [-4, -5], [-4]]


async def test_an_account_that_goes_this_moment_keeps_nothing_from_the_others(each_lobby, each_service, monkeypatch):
    ann, bob, cat, dan = [await each_lobby.player(name) for name in ("ann", "bob", "cat", "dan")]
    group = await each_service.create(ann.id, "Heroes")
    notifications, leaving = each_lobby.services["notifications"], [bob.id, cat.id]
    send_many = notifications.send_many

    async def send_late(drafts):
        if leaving:
            await each_lobby.services["accounts"].delete(leaving.pop())
        return await send_many(drafts)

    monkeypatch.setattr(notifications, "send_many", send_late)
    await each_service.users_add(group.id, [bob.id, cat.id, dan.id])
    assert [code for code, _, _ in await notified(each_lobby, dan)] == [-4]


async def test_a_full_group_takes_nobody(each_lobby, each_service):
    ann, bob, cat = [await each_lobby.player(name) for name in ("ann", "bob", "cat")]
    group = await each_service.create(ann.id, "Heroes", open=True, max_count=2)
    with pytest.raises(GroupFull):  # all of them or none
        await each_service.users_add(group.id, [bob.id, cat.id])
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN}
    await each_service.join(group.id, bob.id)
    for _ in range(2):
        with pytest.raises(GroupFull):
            await each_service.join(group.id, cat.id)
        await each_service.update(group.id, open=False)
    assert await size(each_service, group.id) == 2


async def test_who_does_not_exist_is_not_added_and_nobody_with_them(each_lobby, each_service):
    ann, bob = await each_lobby.player("ann"), await each_lobby.player("bob")
    group = await each_service.create(ann.id, "Heroes")
    for call in (each_service.users_add, each_service.users_ban):
        with pytest.raises(NotFound, match=r"User account not found\."):
            await call(group.id, [bob.id, str(uuid4())])
    with pytest.raises(NotFound):
        await each_service.join(group.id, str(uuid4()))
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN}


# Going


async def test_who_leaves_is_gone_and_may_come_back(each_lobby, each_service):
    ann, bob = await each_lobby.player("ann"), await each_lobby.player("bob")
    group = await each_service.create(ann.id, "Heroes", open=True)
    await each_service.join(group.id, bob.id)
    for _ in range(2):
        await each_service.leave(group.id, bob.id)
    assert (await roles(each_service, group.id), await size(each_service, group.id)) == ({"ann": SUPERADMIN}, 1)
    await each_service.join(group.id, bob.id)
    assert await size(each_service, group.id) == 2


async def test_the_last_superadmin_stays(lobby, service):
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    group = await service.create(ann.id, "Heroes")
    await service.users_add(group.id, [bob.id])
    await service.users_promote(group.id, [bob.id])
    with pytest.raises(LastSuperadmin, match=r"Cannot leave group when you are the last superadmin\."):
        await service.leave(group.id, ann.id)
    for call in (service.users_kick, service.users_ban, service.users_demote):
        with pytest.raises(LastSuperadmin, match="cannot be kicked, banned or demoted"):
            await call(group.id, [ann.id])
    await service.users_promote(group.id, [bob.id])
    await service.leave(group.id, ann.id)
    assert await roles(service, group.id) == {"bob": SUPERADMIN}


async def test_of_two_superadmins_who_leave_at_once_one_stays(each_lobby, each_service):
    ann, bob = await each_lobby.player("ann"), await each_lobby.player("bob")
    group = await each_service.create(ann.id, "Heroes")
    await each_service.users_add(group.id, [bob.id])
    for _ in range(2):
        await each_service.users_promote(group.id, [bob.id])
    left = await asyncio.gather(
        *(each_service.leave(group.id, player.id) for player in (ann, bob)), return_exceptions=True
    )
    assert [type(error) for error in left if error] == [LastSuperadmin]
    assert list((await roles(each_service, group.id)).values()) == [SUPERADMIN]


async def test_a_kick_puts_out_members_turns_requests_down_and_lifts_bans(each_lobby, each_service):
    ann, bob, cat, dan, eve = [await each_lobby.player(name) for name in ("ann", "bob", "cat", "dan", "eve")]
    group = await each_service.create(ann.id, "Heroes")
    await each_service.users_add(group.id, [bob.id])
    await each_service.join(group.id, cat.id)
    await each_service.users_ban(group.id, [dan.id])
    for _ in range(2):
        await each_service.users_kick(group.id, [bob.id, cat.id, dan.id, eve.id], caller_id=ann.id)
    assert (await roles(each_service, group.id), await size(each_service, group.id)) == ({"ann": SUPERADMIN}, 1)
    await each_service.users_add(group.id, [dan.id])
    assert await size(each_service, group.id) == 2


async def test_who_is_banned_is_out_for_good(each_lobby, each_service):
    ann, bob, cat, dan = [await each_lobby.player(name) for name in ("ann", "bob", "cat", "dan")]
    group = await each_service.create(ann.id, "Heroes", open=True)
    await each_service.join(group.id, bob.id)
    await each_service.update(group.id, open=False)
    await each_service.join(group.id, cat.id)
    for _ in range(2):
        await each_service.users_ban(group.id, [bob.id, cat.id, dan.id], caller_id=ann.id)
    await each_service.update(group.id, open=True)
    assert await size(each_service, group.id) == 1
    for player in (bob, cat, dan):
        with pytest.raises(BannedFromGroup):
            await each_service.join(group.id, player.id)
        with pytest.raises(BannedFromGroup):
            await each_service.users_add(group.id, [player.id])
        await each_service.leave(group.id, player.id)  # lifts no ban
        assert (await each_service.user_groups_list(player.id)).user_groups == []
    assert await roles(each_service, group.id) == {"ann": SUPERADMIN, "bob": BANNED, "cat": BANNED, "dan": BANNED}


# Rising and falling


async def test_members_rise_and_fall_step_by_step(each_lobby, each_service):
    ann, bob, cat = [await each_lobby.player(name) for name in ("ann", "bob", "cat")]
    group = await each_service.create(ann.id, "Heroes")
    await each_service.users_add(group.id, [bob.id])
    seen = []
    for call in [each_service.users_promote] * 3 + [each_service.users_demote] * 3:
        await call(group.id, [bob.id], caller_id=ann.id)
        seen.append((await roles(each_service, group.id))["bob"])
    assert seen == [ADMIN, SUPERADMIN, SUPERADMIN, ADMIN, MEMBER, MEMBER]
    await each_service.join(group.id, cat.id)
    for call in (each_service.users_promote, each_service.users_demote):
        await call(group.id, [cat.id], caller_id=ann.id)
        assert (await roles(each_service, group.id))["cat"] == ASKS
    assert await size(each_service, group.id) == 2


async def test_who_may_do_what_to_whom(lobby, service):
    people = ("chief", "chief2", "boss", "boss2", "mate", "mate2", "guest", "outlaw", "stranger")
    chief, chief2, boss, boss2, mate, mate2, guest, outlaw, stranger = [await lobby.player(name) for name in people]
    group = await service.create(chief.id, "Heroes")
    await service.users_add(group.id, [each.id for each in (chief2, boss, boss2, mate, mate2)])
    await service.users_promote(group.id, [each.id for each in (chief2, boss, boss2)])
    await service.users_promote(group.id, [chief2.id])
    await service.join(group.id, guest.id)
    await service.users_ban(group.id, [outlaw.id])
    before = await roles(service, group.id)
    everything = (service.users_kick, service.users_ban, service.users_promote, service.users_demote)
    for nobody in (mate, guest, outlaw, stranger):
        for call in (*everything, service.users_add):
            for other in (mate2, stranger):
                with pytest.raises(NotPermitted, match=r"Group not found or permission denied\."):
                    await call(group.id, [other.id], caller_id=nobody.id)
    for above in (chief, boss2):
        for call in everything:
            if (call, above) != (service.users_promote, chief):  # there is nothing to promote a superadmin to
                with pytest.raises(NotPermitted):
                    await call(group.id, [above.id], caller_id=boss.id)
    assert await roles(service, group.id) == before
    await service.users_promote(group.id, [mate2.id], caller_id=boss.id)
    await service.users_add(group.id, [guest.id], caller_id=boss.id)
    await service.users_ban(group.id, [guest.id], caller_id=boss.id)
    await service.users_kick(group.id, [mate.id], caller_id=boss.id)
    await service.users_demote(group.id, [chief2.id, boss2.id], caller_id=chief.id)
    assert await roles(service, group.id) == {
        "chief": SUPERADMIN,
        "chief2": ADMIN,
        "boss": ADMIN,
        "mate2": ADMIN,
        "boss2": MEMBER,
        "guest": BANNED,
        "outlaw": BANNED,
    }


async def test_nobody_does_anything_to_themselves(lobby, service):
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    group = await service.create(ann.id, "Heroes")
    for call in (service.users_kick, service.users_ban, service.users_promote, service.users_demote):
        await call(group.id, [ann.id], caller_id=ann.id)
    assert await roles(service, group.id) == {"ann": SUPERADMIN}
    with pytest.raises(NotPermitted):
        await service.users_add(group.id, [bob.id], caller_id=bob.id)


# Limits


async def test_what_is_no_list_of_players_is_refused(lobby, service):
    group = await service.create((await lobby.player("ann")).id, "Heroes")
    for ids in (["no id"], [""], [str(uuid4()) for _ in range(USERS_PER_CALL_MAX + 1)]):
        with pytest.raises(BadInput):
            await service.users_add(group.id, ids)


@pytest.fixture
async def narrow(sqlite, features):
    limits = {
        "groups.groups_max": 2,
        "groups.requests_max": 1,
        "groups.bans_max": 1,
        "groups.joins_per_second": 0.1,
        "groups.joins_burst": 2,
        "groups.additions_per_second": 1,
        "groups.additions_burst": 3,
    }
    lobby = await Lobby.open(features, sqlite, settings=limits)
    yield lobby
    await lobby.close()


async def test_so_many_may_wait_and_so_many_be_banned(narrow):
    ann, bob, cat = [await narrow.player(name) for name in ("ann", "bob", "cat")]
    service = narrow.services["groups"]
    group = await service.create(ann.id, "Heroes")
    await service.join(group.id, bob.id)
    with pytest.raises(TooMany, match="1 players already who ask to join"):
        await service.join(group.id, cat.id)
    await service.users_ban(group.id, [bob.id])
    with pytest.raises(TooMany, match="1 players already who are banned"):
        await service.users_ban(group.id, [cat.id])


async def test_a_player_may_be_in_so_many_groups_and_ask_for_no_more(narrow):
    ann, bob = await narrow.player("ann"), await narrow.player("bob")
    service = narrow.services["groups"]
    own = await service.create(bob.id, "Own")
    one, two = [await service.create(ann.id, name, open=name == "Open") for name in ("Open", "Closed")]
    await service.users_ban(two.id, [bob.id])  # where they may not be does not count
    await service.join(one.id, bob.id)
    await service.users_kick(two.id, [bob.id])
    with pytest.raises(TooMany, match="may be in 2 groups"):
        await service.join(two.id, bob.id)
    with pytest.raises(TooMany):
        await service.users_add(two.id, [bob.id])
    await service.delete(own.id)
    await service.join(two.id, bob.id)
    assert (await roles(service, two.id))["bob"] == ASKS


async def test_floods_are_turned_away_with_a_time(narrow):
    ann, bob = await narrow.player("ann"), await narrow.player("bob")
    service = narrow.services["groups"]
    group = await service.create(ann.id, "Heroes")
    for _ in range(2):
        await service.join(group.id, bob.id, caller_id=bob.id)
    with pytest.raises(TooMany, match="joins of groups") as refused:
        await service.join(group.id, bob.id, caller_id=bob.id)
    assert refused.value.retry_seconds == 10
    await service.join(group.id, bob.id)  # the system may
    ids = [str(uuid4()) for _ in range(4)]
    with pytest.raises(TooMany, match="players added"):
        await service.users_add(group.id, ids, caller_id=ann.id)
