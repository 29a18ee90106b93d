"""Friends from elsewhere become friends here."""

from __future__ import annotations

from uuid import uuid4

from tests.features.friends.circle import BLOCKED, FRIEND, add, befriend, edges, listed, players, told


async def test_friends_elsewhere_are_friends_here_without_being_asked(each_lobby):
    service = each_lobby.services["friends"]
    ann, bob, cat, dan, eve = await players(each_lobby, "ann", "bob", "cat", "dan", "eve")
    await add(ann, bob)
    await add(cat, ann)
    await service.block(dan.id, [ann.id])
    wanted = [bob.id.upper(), cat.id, dan.id, eve.id, eve.id, ann.id, str(uuid4())]
    assert await service.import_friends(ann.id, wanted) == 3
    assert await listed(ann) == {"bob": FRIEND, "cat": FRIEND, "eve": FRIEND}
    assert await listed(dan) == {"ann": BLOCKED}
    assert await service.import_friends(ann.id, wanted) == 0
    await edges(each_lobby.ground.database)


async def test_a_reset_ends_all_other_friendships_and_nothing_else(lobby, service):
    ann, bob, cat, dan, eve, fay = await players(lobby, "ann", "bob", "cat", "dan", "eve", "fay")
    await befriend(ann, bob, cat)
    await add(ann, dan)
    await service.block(ann.id, [eve.id])
    assert await service.import_friends(ann.id, (friend.id for friend in (cat, fay)), reset=True) == 1
    assert await listed(ann) == {"cat": 0, "fay": 0, "dan": 1, "eve": 3}
    assert await told(bob) == [(-9, "ann removed you from friends list")]
    assert await service.import_friends(ann.id, [], reset=True) == 0
    assert await listed(ann) == {"dan": 1, "eve": 3}
    await edges(lobby.ground.database)


async def test_many_are_imported_in_several_transactions(lobby, service):
    ann = await lobby.player("ann")
    accounts = lobby.services["accounts"]
    others = [(await accounts.authenticate_device(f"device-number-{number}")).user_id for number in range(150)]
    assert await service.import_friends(ann.id, others) == 150
    assert len((await service.list(ann.id)).friends) == 150
    await lobby.events.settle()
