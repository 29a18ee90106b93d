"""Many players at once: a group takes as many as there is room for, and loses no count."""

from __future__ import annotations

import asyncio

from tests.features.groups.people import history, roles, size

from supergame.features.groups import GroupFull, LastSuperadmin

PLAYERS = 200
ROOM = 100


async def players(lobby, count: int) -> list[str]:
    """Ids of new accounts."""
    accounts = lobby.services["accounts"]
    logins = [accounts.authenticate_device(f"device-number-{number}") for number in range(count)]
    return [login.user_id for login in await asyncio.gather(*logins)]


async def test_200_players_who_join_a_group_of_100_leave_100_in(each_lobby, each_service):
    founder, *others = await players(each_lobby, PLAYERS + 1)
    group = await each_service.create(founder, "Heroes", open=True, max_count=ROOM)
    outcome = await asyncio.gather(*(each_service.join(group.id, other) for other in others), return_exceptions=True)
    assert {type(error) for error in outcome if error} == {GroupFull}
    assert outcome.count(None) == ROOM - 1
    assert await size(each_service, group.id) == len(await roles(each_service, group.id)) == ROOM
    assert len(await history(each_lobby, group.id)) == ROOM - 1


async def test_coming_and_going_at_once_loses_no_count(each_lobby, each_service):
    founder, *others = await players(each_lobby, 31)
    group = await each_service.create(founder, "Heroes", open=True, max_count=20)
    accounts = each_lobby.services["accounts"]
    await asyncio.gather(
        *(each_service.join(group.id, other) for other in others),
        *(each_service.leave(group.id, other) for other in others[:10]),
        *(accounts.delete(other) for other in others[10:20]),
        each_service.users_kick(group.id, others[5:15]),
        each_service.users_promote(group.id, others),
        return_exceptions=True,
    )
    page = await each_service.users_list(group.id)
    members = [user for user in page.group_users if user.state <= 2]
    assert 1 <= await size(each_service, group.id) == len(members) <= 20
    assert len(members) == len(page.group_users)
    assert any(user.state == 0 for user in members)


async def test_when_all_superadmins_leave_at_once_one_stays(each_lobby, each_service):
    founder, *others = await players(each_lobby, 10)
    group = await each_service.create(founder, "Heroes")
    await each_service.users_add(group.id, others)
    for _ in range(2):
        await each_service.users_promote(group.id, others)
    outcome = await asyncio.gather(
        *(each_service.leave(group.id, user_id) for user_id in (founder, *others)), return_exceptions=True
    )
    assert [type(error) for error in outcome if error] == [LastSuperadmin]
    assert await size(each_service, group.id) == 1
