"""What becomes of friends when an account is deleted, merged into another, or asks for its archive."""

from __future__ import annotations

import pytest
from tests.features.friends.circle import BLOCKED, FRIEND, RECEIVED, SENT, add, befriend, edges, listed, players


async def test_a_deleted_player_is_nothing_to_anybody(each_lobby):
    service = each_lobby.services["friends"]
    ann, bob, cat, dan = await players(each_lobby, "ann", "bob", "cat", "dan")
    await befriend(ann, bob)
    await befriend(bob, cat)
    await add(ann, cat)
    await service.block(dan.id, [ann.id])
    await each_lobby.services["accounts"].delete(ann.id)
    assert await edges(each_lobby.ground.database) == {(bob.id, cat.id): FRIEND, (cat.id, bob.id): FRIEND}


async def test_a_deleted_player_does_not_come_back_as_a_friend(lobby, service, monkeypatch):
    ann, bob = await players(lobby, "ann", "bob")
    accounts = lobby.services["accounts"]
    existing = accounts.existing

    async def looked_up_then_gone(**wanted):
        found = await existing(**wanted)
        await accounts.delete(bob.id)
        return found

    monkeypatch.setattr(accounts, "existing", looked_up_then_gone)
    await service.add(ann.id, [bob.id])
    assert await edges(lobby.ground.database) == {}


@pytest.mark.parametrize(
    ("of_old", "of_new", "result"),
    [
        ("friend", "", (FRIEND, FRIEND)),
        ("", "friend", (FRIEND, FRIEND)),
        ("friend", "friend", (FRIEND, FRIEND)),
        ("friend", "sent", (FRIEND, FRIEND)),
        ("sent", "received", (FRIEND, FRIEND)),
        ("sent", "", (SENT, RECEIVED)),
        ("", "received", (RECEIVED, SENT)),
        ("blocks", "friend", (BLOCKED, None)),
        ("friend", "blocked", (None, BLOCKED)),
        ("blocks", "blocked", (BLOCKED, BLOCKED)),
        ("blocked", "", (None, BLOCKED)),
    ],
)
async def test_what_either_account_was_the_merged_one_is(lobby, service, of_old, of_new, result):
    old, new, bob = await players(lobby, "old", "new", "bob")
    for account, what in ((old, of_old), (new, of_new)):
        if what in ("friend", "sent"):
            await service.add(account.id, [bob.id])
        if what in ("friend", "received"):
            await service.add(bob.id, [account.id])
        if what == "blocks":
            await service.block(account.id, [bob.id])
        if what == "blocked":
            await service.block(bob.id, [account.id])
    await lobby.services["accounts"].merge(old.id, new.id)
    found = await edges(lobby.ground.database)
    assert (found.get((new.id, bob.id)), found.get((bob.id, new.id))) == result
    assert not any(old.id in pair for pair in found)


async def test_merged_accounts_are_nothing_to_each_other_and_keep_their_notes(each_lobby):
    service = each_lobby.services["friends"]
    old, new, bob, cat = await players(each_lobby, "old", "new", "bob", "cat")
    await befriend(old, new, bob, cat)
    await befriend(new, cat)
    await service.metadata_update(old.id, bob.id, {"from": "old"})
    await service.metadata_update(bob.id, old.id, {"from": "bob"})
    for account in (old, new):
        await service.metadata_update(account.id, cat.id, {"from": account.username})
    await each_lobby.services["accounts"].merge(old.id, new.id)
    notes = {friend.user.username: friend.metadata for friend in (await service.list(new.id)).friends}
    assert notes == {"bob": '{"from":"old"}', "cat": '{"from":"new"}'}
    assert [friend.metadata for friend in (await service.list(bob.id)).friends] == ['{"from":"bob"}']
    assert set(await listed(cat)) == {"new"}


async def test_an_archive_holds_what_others_are_to_the_player(each_lobby):
    service = each_lobby.services["friends"]
    ann, bob, cat, dan = await players(each_lobby, "ann", "bob", "cat", "dan")
    await befriend(ann, bob)
    await service.add(ann.id, [cat.id], metadata={"met": "here"})
    await service.block(dan.id, [ann.id])

    archive = await each_lobby.services["accounts"].export(ann.id)
    time = "2023-11-14T22:13:20Z"
    assert archive["friends"]["friends"] == [
        {"other_id": bob.id, "state": FRIEND, "metadata": {}, "updated": time},
        {"other_id": cat.id, "state": SENT, "metadata": {"met": "here"}, "updated": time},
    ]
