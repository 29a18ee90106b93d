"""Players invite, accept, decline, end it and block."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from tests.features.friends.circle import BLOCKED, FRIEND, RECEIVED, SENT, add, befriend, edges, listed, players

from supergame.core.errors import BadInput, NotFound
from supergame.features.friends import IDS_PER_CALL_MAX, METADATA_BYTES_MAX


async def remove(player, *others):
    assert await player.http("DELETE", "/v2/friend", ids=[other.id for other in others]) == (200, {})


async def block(player, *others):
    assert await player.http("POST", "/v2/friend/block", ids=[other.id for other in others]) == (200, {})


async def test_adding_invites_and_adding_back_accepts(each_lobby):
    ann, bob = await players(each_lobby, "ann", "bob")
    await add(ann, bob)
    assert (await listed(ann), await listed(bob)) == ({"bob": SENT}, {"ann": RECEIVED})
    await add(ann, bob)  # asking again changes nothing
    assert (await listed(ann), await listed(bob)) == ({"bob": SENT}, {"ann": RECEIVED})
    await add(bob, ann)
    assert (await listed(ann), await listed(bob)) == ({"bob": FRIEND}, {"ann": FRIEND})
    await edges(each_lobby.ground.database)


async def test_users_are_added_by_id_and_by_name_in_one_call(lobby):
    ann, bob, _ = await players(lobby, "ann", "bob", "cat")
    await ann.http("POST", "/v2/friend", ids=[bob.id.upper()], usernames=["cat", "nobody"])
    assert await listed(ann) == {"bob": SENT, "cat": SENT}
    await ann.http("DELETE", "/v2/friend", usernames=["bob"])
    await ann.http("POST", "/v2/friend/block", usernames=["cat"])
    assert await listed(ann) == {"cat": BLOCKED}


async def test_an_invite_is_withdrawn_or_declined(lobby):
    ann, bob, cat = await players(lobby, "ann", "bob", "cat")
    await add(ann, bob, cat)
    await remove(ann, bob)
    await remove(cat, ann)
    assert await edges(lobby.ground.database) == {}
    await remove(ann, bob)  # what is not there can be deleted, too


async def test_a_friendship_ends_for_both(lobby):
    ann, bob = await players(lobby, "ann", "bob")
    await befriend(ann, bob)
    await remove(bob, ann)
    assert await edges(lobby.ground.database) == {}


async def test_whoever_is_blocked_is_passed_over_in_silence(each_lobby):
    ann, bob = await players(each_lobby, "ann", "bob")
    await befriend(ann, bob)
    await block(ann, bob)
    assert (await listed(ann), await listed(bob)) == ({"bob": BLOCKED}, {})
    await add(bob, ann)
    await add(ann, bob)
    await remove(bob, ann)
    assert await edges(each_lobby.ground.database) == {(ann.id, bob.id): BLOCKED}
    await remove(ann, bob)
    await add(bob, ann)
    assert await listed(ann) == {"bob": RECEIVED}


async def test_two_may_block_each_other_and_each_takes_back_their_own(lobby):
    ann, bob = await players(lobby, "ann", "bob")
    await block(ann, bob)
    await block(bob, ann)
    assert await edges(lobby.ground.database) == {(ann.id, bob.id): BLOCKED, (bob.id, ann.id): BLOCKED}
    await remove(ann, bob)
    assert await edges(lobby.ground.database) == {(bob.id, ann.id): BLOCKED}


async def test_users_who_do_not_exist_are_passed_over(lobby):
    ann = await lobby.player("ann")
    nobody = str(uuid4())
    for method, path in (("POST", "/v2/friend"), ("DELETE", "/v2/friend"), ("POST", "/v2/friend/block")):
        assert await ann.http(method, path, ids=nobody) == (200, {})
    assert await edges(lobby.ground.database) == {}


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [("POST", "/v2/friend", "add"), ("DELETE", "/v2/friend", "delete"), ("POST", "/v2/friend/block", "block")],
)
async def test_what_names_nobody_is_refused(lobby, method, path, word):
    ann = await lobby.player("ann")

    async def refused(**query) -> str:
        status, body = await ann.http(method, path, **query)
        assert (status, body["code"]) == (400, 3)
        return body["message"]

    oneself = f"Cannot {word} self as friend." if word == "add" else f"Cannot {word} self."
    assert await refused() == "Specify at least one ID or username."
    assert await refused(ids="bob") == "Invalid user ID 'bob'."
    assert await refused(usernames="") == "Username must not be empty."
    assert await refused(usernames="nobody") == "No valid ID or username was provided."
    assert await refused(ids=ann.id.upper()) == oneself
    assert await refused(usernames="ann") == oneself
    ids = [str(uuid4()) for _ in range(IDS_PER_CALL_MAX + 1)]
    assert await refused(ids=ids) == f"At most {IDS_PER_CALL_MAX} users at a time."


async def test_a_note_is_for_its_author_alone(lobby, service):
    ann, bob = await players(lobby, "ann", "bob")
    assert (await ann.http("POST", "/v2/friend", ids=bob.id, metadata='{"met": "in a race"}'))[0] == 200
    await add(bob, ann)
    (bobs,) = (await ann.http("GET", "/v2/friend"))[1]["friends"]
    (anns,) = (await bob.http("GET", "/v2/friend"))[1]["friends"]
    assert json.loads(bobs["metadata"]) == {"met": "in a race"}
    assert json.loads(anns["metadata"]) == {}
    await service.metadata_update(bob.id, ann.id, {"nick": "a"})
    assert [friend.metadata for friend in (await service.list(bob.id)).friends] == ['{"nick":"a"}']
    with pytest.raises(NotFound, match="Friend not found"):
        await service.metadata_update(bob.id, str(uuid4()), {})


@pytest.mark.parametrize("metadata", ["no json", "[1]", '{"a"', '"text"'])
async def test_a_note_is_a_json_object(lobby, metadata):
    ann, bob = await players(lobby, "ann", "bob")
    status, body = await ann.http("POST", "/v2/friend", ids=bob.id, metadata=metadata)
    assert (status, body["message"]) == (400, "Metadata must be a valid JSON object.")


@pytest.mark.parametrize("metadata", [{"x": object()}, {"x": "x" * METADATA_BYTES_MAX}])
async def test_a_note_is_json_of_a_decent_size(lobby, service, metadata):
    ann, bob = await players(lobby, "ann", "bob")
    with pytest.raises(BadInput):
        await service.add(ann.id, [bob.id], metadata=metadata)


async def test_game_code_asks_what_players_are_to_each_other(each_lobby):
    service = each_lobby.services["friends"]
    ann, bob, cat, dan = await players(each_lobby, "ann", "bob", "cat", "dan")
    await befriend(ann, bob)
    await add(cat, ann)
    await service.block(dan.id, [ann.id])
    assert await service.states(ann.id, [bob.id, cat.id, dan.id]) == {bob.id: FRIEND, cat.id: RECEIVED}
    assert await service.states(ann.id, []) == {}
    assert await service.blocked(ann.id, dan.id)
    assert await service.blocked(dan.id, ann.id)
    assert not await service.blocked(ann.id, bob.id)


async def test_nobody_makes_friends_who_has_no_account(lobby, service):
    ann = await lobby.player("ann")
    for call in (service.add, service.block, service.import_friends):
        with pytest.raises(NotFound, match="User account not found"):
            await call(str(uuid4()), [ann.id])
    assert await edges(lobby.ground.database) == {}


async def test_everybody_sees_how_many_friends_a_player_has(lobby):
    ann, bob, cat, dan = await players(lobby, "ann", "bob", "cat", "dan")
    await befriend(ann, bob, cat)
    await add(ann, dan)
    _, body = await dan.http("GET", "/v2/user", ids=ann.id)
    assert body["users"][0]["edge_count"] == 2
    await block(bob, ann)
    _, account = await ann.http("GET", "/v2/account")
    assert account["user"]["edge_count"] == 1
