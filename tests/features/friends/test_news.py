"""What players hear of it, and what is kept for those who are not there."""

from __future__ import annotations

from tests.features.friends.circle import add, befriend, kept, players, told

from supergame.features.friends import FriendAdded, FriendInvited, FriendRemoved

INVITE = (-2, "ann wants to add you as a friend")
ACCEPT = (-3, "bob accepted your friend request")


async def test_an_invite_and_its_acceptance_are_told_and_kept(each_lobby):
    ann, bob = await players(each_lobby, "ann", "bob")
    await add(ann, bob)
    await each_lobby.events.settle()
    (message,) = await bob.heard()
    (invite,) = message["notifications"]["notifications"]
    assert invite == {
        "id": invite["id"],
        "subject": "ann wants to add you as a friend",
        "content": '{"username":"ann"}',
        "code": -2,
        "sender_id": ann.id,
        "create_time": invite["create_time"],
        "persistent": True,
    }
    await add(bob, ann)
    assert await told(ann) == [ACCEPT]
    assert await told(bob) == []
    assert (await kept(ann), await kept(bob)) == ([ACCEPT[1]], [INVITE[1]])


async def test_the_end_of_a_friendship_is_told_and_not_kept(lobby, service):
    ann, bob = await players(lobby, "ann", "bob")
    await befriend(ann, bob)
    before = await kept(bob)
    await service.delete(ann.id, [bob.id])
    assert await told(bob) == [(-9, "ann removed you from friends list")]
    assert await told(ann) == []
    assert await kept(bob) == before


async def test_an_invite_that_is_declined_is_told_and_one_that_is_withdrawn_is_not(lobby, service):
    ann, bob = await players(lobby, "ann", "bob")
    await add(ann, bob)
    await service.delete(ann.id, [bob.id])
    assert await told(bob) == [INVITE]
    await add(ann, bob)
    await service.delete(bob.id, [ann.id])
    assert await told(ann) == [(-9, "bob declined your friend request")]


async def test_a_block_is_not_told(lobby, service):
    ann, bob = await players(lobby, "ann", "bob")
    await befriend(ann, bob)
    await service.block(ann.id, [bob.id])
    await service.delete(ann.id, [bob.id])
    assert await told(bob) == []


async def test_what_was_undone_before_it_could_be_told_is_not_told(each_lobby):
    ann, bob = await players(each_lobby, "ann", "bob")
    service = each_lobby.services["friends"]
    invited, accepted, removed = [kind(ann.id, bob.id) for kind in (FriendInvited, FriendAdded, FriendRemoved)]
    for news in (invited, accepted):  # they are nothing to each other any more
        await service.tell(news)
    await befriend(ann, bob)
    for news in (invited, removed):
        await service.tell(news)
    await service.block(bob.id, [ann.id])
    for news in (invited, accepted, removed):
        await service.tell(news)
    assert await told(bob) == []


async def test_whoever_adds_and_deletes_in_a_loop_leaves_one_invite(lobby, service):
    ann, bob, cat = await players(lobby, "ann", "bob", "cat")
    await add(cat, bob)
    for _ in range(20):
        await service.add(ann.id, [bob.id])
        await told(bob)
        await service.delete(ann.id, [bob.id])
    assert await kept(bob) == ["cat wants to add you as a friend", INVITE[1]]


async def test_an_import_is_told_to_the_friends_who_were_there_already(lobby, service):
    ann, bob = await players(lobby, "ann", "bob")
    await service.import_friends(ann.id, [bob.id])
    assert await told(bob) == [(-6, "Your friend has just joined the game")]
    assert await told(ann) == []


async def test_nobody_is_told_by_or_of_an_account_that_is_gone(lobby, service):
    ann, bob = await players(lobby, "ann", "bob")
    await lobby.services["accounts"].delete(ann.id)
    await service.tell(FriendInvited(ann.id, bob.id))
    await service.tell(FriendAdded(bob.id, ann.id))
    assert await told(bob) == []


async def test_what_is_told_again_after_a_crash_is_kept_once(lobby, service):
    ann, bob = await players(lobby, "ann", "bob")
    await add(ann, bob)
    assert await told(bob) == [INVITE]
    await service.tell(FriendInvited(ann.id, bob.id))
    assert await told(bob) == [INVITE]
    assert await kept(bob) == [INVITE[1]]
