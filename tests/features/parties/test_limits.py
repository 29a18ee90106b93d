"""What is limited: parties in all and for each session, requests to be let in, how often a player may join."""

from __future__ import annotations

import pytest
from tests.features.parties.gathering import came, gather, over, party, refusal, went


async def test_a_node_has_so_many_parties(lobby_with):
    lobby = await lobby_with(parties_max=1)
    ann, bob = lobby.enter("ann"), lobby.enter("bob")
    party_id = await gather(ann)
    assert "1 parties already" in await refusal(bob, "party_create", open=True, max_size=2)
    await ann.ask("party_close", party_id=party_id)
    await gather(bob)


async def test_a_session_is_in_so_many_parties_requests_included(lobby_with):
    lobby = await lobby_with(per_session_max=2)
    ann, bob = lobby.enter("ann"), lobby.enter("bob")
    closed = await gather(ann, open=False)
    await gather(bob)
    await bob.ask("party_join", party_id=closed)
    another = await gather(ann)
    for name, what in (
        ("party_create", {"open": True, "max_size": 2}),
        ("party_join", {"party_id": another}),
    ):
        assert "2 parties at a time" in await refusal(bob, name, **what)
    await ann.ask("party_update", party_id=another, open=False)
    assert "2 parties at a time" in await refusal(bob, "party_join", party_id=another)
    await ann.ask("party_accept", party_id=closed, presence=bob.presence)  # the request was counted already
    assert lobby.services["parties"].get(closed).size == 2


@pytest.mark.parametrize("how", ["leave", "withdraw", "turned down", "sent away", "closed", "over"])
async def test_a_party_that_is_left_counts_no_more(lobby_with, how):
    lobby = await lobby_with(per_session_max=1)
    ann, bob = lobby.enter("ann"), lobby.enter("bob")
    party_id = await gather(ann, open=False)
    await bob.ask("party_join", party_id=party_id)
    if how in ("leave", "sent away", "closed"):
        await ann.ask("party_accept", party_id=party_id, presence=bob.presence)
    match how:
        case "leave" | "withdraw":
            await bob.ask("party_leave", party_id=party_id)
        case "turned down" | "sent away":
            await ann.ask("party_remove", party_id=party_id, presence=bob.presence)
        case "closed":
            await ann.ask("party_close", party_id=party_id)
        case "over":
            await ann.ask("party_leave", party_id=party_id)
    await gather(bob)


async def test_so_many_wait_to_be_let_in(lobby_with):
    lobby = await lobby_with(join_requests_max=1)
    ann, bob, cat = lobby.enter("ann"), lobby.enter("bob"), lobby.enter("cat")
    party_id = await gather(ann, open=False)
    await bob.ask("party_join", party_id=party_id)
    assert await refusal(cat, "party_join", party_id=party_id) == "party join requests full"
    await bob.ask("party_leave", party_id=party_id)
    assert await cat.ask("party_join", party_id=party_id) == {}


async def test_a_flood_of_joins_is_answered_with_the_time_to_come_back(lobby_with):
    lobby = await lobby_with(joins_per_second=0.5, joins_burst=2)
    ann, bob = lobby.enter("ann"), lobby.enter("bob")
    party_id = await gather(ann)
    for _ in range(2):
        await bob.ask("party_join", party_id=party_id)
        await bob.ask("party_leave", party_id=party_id)
    error = (await bob.ask("party_join", party_id=party_id))["error"]
    assert (error["code"], error["context"]) == (3, {"retry_after": "2"})
    await lobby.clock.advance(2)
    assert await bob.ask("party_join", party_id=party_id) == {}


async def test_where_there_is_one_party_for_each_player_the_others_are_left(lobby_with):
    """Whichever of the player's sessions was in them, or had asked to be let in."""
    lobby = await lobby_with(single_party=True)
    ann, bob, cat = lobby.enter("ann"), lobby.enter("bob"), lobby.enter("cat")
    bobs_phone = lobby.enter("bob", user_id=bob.id)
    first, second, closed = await gather(ann, bob), await gather(cat), await gather(lobby.enter("dan"), open=False)
    await bob.ask("party_join", party_id=closed)
    await bobs_phone.ask("party_join", party_id=second)
    assert await ann.heard() == [went(first, bob)]
    assert await bobs_phone.heard() == [
        party(second, cat, bobs_phone, seen_by=bobs_phone, open=True, max_size=8),
        came(second, bobs_phone),
    ]
    assert lobby.services["parties"].join_requests(closed) == []

    alone = await gather(bob)
    assert await cat.heard() == [came(second, bobs_phone), went(second, bobs_phone)]
    assert lobby.services["parties"].get(alone).size == 1


async def test_a_party_that_its_player_left_for_another_is_over(lobby_with):
    lobby = await lobby_with(single_party=True)
    ann, bob = lobby.enter("ann"), lobby.enter("bob")
    first = await gather(ann, open=False)
    await bob.ask("party_join", party_id=first)
    await gather(ann)
    assert await bob.heard() == [over(first)]
    assert lobby.services["parties"].get(first) is None


async def test_who_cannot_join_leaves_nothing(lobby_with):
    """A session may be in 256 streams; the one that is refused another stays in its party."""
    lobby = await lobby_with(single_party=True)
    ann, bob = lobby.enter("ann"), lobby.enter("bob")
    first, second = await gather(ann), await gather(bob)
    for number in range(255):
        lobby.services["presence"].join(ann.session, (100, "", "", str(number)))
    assert "256 streams" in await refusal(ann, "party_join", party_id=second)
    assert lobby.services["parties"].get(first).size == 1
