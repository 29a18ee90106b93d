"""How many friends, invites and blocks there may be, and how fast they are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.features.friends.circle import add, befriend, edges, listed, players
from tests.features.friends.conftest import FEATURES
from tests.features.lobby import Lobby

from supergame.core.errors import BadInput, TooMany
from supergame.features.friends import IMPORTED_MAX
from supergame.store import Database

SMALL = {
    "friends.friends_max": 3,
    "friends.invites_max": 2,
    "friends.blocks_max": 2,
    "friends.requests_per_second": 0.5,
    "friends.requests_burst": 5,
}


@pytest.fixture
async def small(twin: Database) -> AsyncIterator[Lobby]:
    """A lobby where there is little room."""
    found = await Lobby.open(FEATURES, twin, settings=SMALL)
    yield found
    await found.close()


async def test_a_player_has_so_many_friends_and_invites_and_no_more(small):
    service = small.services["friends"]
    ann, bob, cat, dan, eve = await players(small, "ann", "bob", "cat", "dan", "eve")
    await befriend(ann, bob)
    with pytest.raises(TooMany, match="may have 3 friends"):
        await service.add(ann.id, [cat.id, dan.id, eve.id])
    assert await listed(ann) == {"bob": 0}  # all or none
    await service.add(ann.id, [cat.id, dan.id])
    await service.add(eve.id, [ann.id])
    with pytest.raises(TooMany):
        await service.add(ann.id, [eve.id])  # to accept takes room, too
    await service.delete(ann.id, [dan.id])
    await service.add(ann.id, [eve.id])
    await service.add(ann.id, [bob.id])  # what changes nothing is always fine
    assert await listed(ann) == {"bob": 0, "eve": 0, "cat": 1}


async def test_the_limit_holds_when_all_accept_at_once(small):
    service = small.services["friends"]
    ann, *others = await players(small, "ann", *(f"friend-{number}" for number in range(12)))
    for other in others[:6]:
        await service.add(ann.id, [other.id])
        await service.add(other.id, [ann.id])
        await service.delete(ann.id, [other.id])
    outcomes = await asyncio.gather(*(service.add(ann.id, [other.id]) for other in others), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 3
    assert all(outcome is None or isinstance(outcome, TooMany) for outcome in outcomes)
    assert len(await listed(ann)) == 3
    await edges(small.ground.database)


async def test_only_so_many_invites_wait_for_an_answer(small):
    service = small.services["friends"]
    ann, *others = await players(small, "ann", *(f"friend-{number}" for number in range(5)))
    outcomes = await asyncio.gather(*(service.add(other.id, [ann.id]) for other in others), return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 2
    assert len(await listed(ann, state=2)) == 2


async def test_a_player_blocks_so_many_and_no_more(small):
    service = small.services["friends"]
    ann, bob, cat, dan = await players(small, "ann", "bob", "cat", "dan")
    await service.block(ann.id, [bob.id, cat.id])
    with pytest.raises(TooMany, match="may block 2 users"):
        await service.block(ann.id, [dan.id])
    await service.block(ann.id, [bob.id])
    assert await listed(ann) == {"bob": 3, "cat": 3}


async def test_an_import_takes_what_there_is_room_for(small):
    service = small.services["friends"]
    ann, bob, cat, *others = await players(small, "ann", "bob", "cat", *(f"friend-{number}" for number in range(4)))
    await befriend(bob, *others[:3])
    await service.add(ann.id, [cat.id])
    assert await service.import_friends(ann.id, [bob.id]) == 0  # whose list is full
    assert await service.import_friends(ann.id, [other.id for other in others]) == 2
    assert await service.import_friends(ann.id, [cat.id, bob.id]) == 1  # the invite had its room already
    assert len(await listed(ann, state=0)) == 3
    await edges(small.ground.database)


async def test_whoever_floods_others_with_requests_is_told_to_wait(lobby):
    small = await Lobby.open(FEATURES, lobby.ground.database, settings=SMALL)
    ann, bob = await players(small, "ann", "bob")
    for _ in range(5):
        assert (await ann.http("POST", "/v2/friend", ids=bob.id))[0] == 200
    status, body = await ann.http("POST", "/v2/friend", ids=bob.id)
    assert (status, body["code"]) == (429, 8)
    await add(bob, ann)  # others have quotas of their own
    await small.services["friends"].add(ann.id, [bob.id])  # and the system has none
    await small.clock.advance(2)
    await add(ann, bob)
    await small.close()


async def test_an_import_has_its_limit(lobby, service):
    ann = await lobby.player("ann")
    with pytest.raises(BadInput, match="At most 5000 users"):
        await service.import_friends(ann.id, [str(uuid4()) for _ in range(IMPORTED_MAX + 1)])
    with pytest.raises(BadInput, match="Invalid user ID 'bob'"):
        await service.import_friends(ann.id, ["bob"])
    with pytest.raises(BadInput) as long:
        await service.import_friends(ann.id, ["x" * 100_000])
    assert len(long.value.message) < 100
