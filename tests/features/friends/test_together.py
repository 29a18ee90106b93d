"""Many at once, and in any order: both sides always agree."""

from __future__ import annotations

import asyncio
from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.friends.circle import BLOCKED, FRIEND, RECEIVED, SENT, edges, players
from tests.features.friends.conftest import FEATURES
from tests.features.lobby import Lobby

from supergame.core.clock import SystemClock
from supergame.store.sqlite import SqliteDatabase

PAIRS = 1_000


async def test_a_thousand_pairs_who_add_each_other_at_once_are_friends(each_lobby):
    service, accounts = each_lobby.services["friends"], each_lobby.services["accounts"]
    logins = await asyncio.gather(
        *(accounts.authenticate_device(f"device-number-{number}") for number in range(2 * PAIRS))
    )
    ids = [login.user_id for login in logins]
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    await asyncio.gather(*(service.add(*ways) for one, other in pairs for ways in ((one, [other]), (other, [one]))))
    found = await edges(each_lobby.ground.database)
    assert len(found) == 2 * PAIRS
    assert set(found.values()) == {FRIEND}


async def test_a_crowd_in_which_everybody_adds_everybody_else_are_all_friends(each_lobby):
    service = each_lobby.services["friends"]
    crowd = await players(each_lobby, *(f"player-{number}" for number in range(8)))
    await asyncio.gather(*(service.add(one.id, [other.id]) for one, other in permutations(crowd, 2)))
    found = await edges(each_lobby.ground.database)
    assert len(found) == 8 * 7
    assert set(found.values()) == {FRIEND}


async def test_opposite_wishes_at_once_leave_what_some_order_of_them_would(each_lobby):
    service = each_lobby.services["friends"]
    crowd = await players(each_lobby, *(f"player-{number}" for number in range(6)))
    doings = (service.add, service.delete, service.block, service.add)
    await asyncio.gather(*(do(one.id, [other.id]) for (one, other), do in product(permutations(crowd, 2), doings)))
    found = await edges(each_lobby.ground.database)
    assert set(found.values()) == {BLOCKED} or FRIEND not in found.values()


NAMES = "abc"
steps = st.tuples(
    st.sampled_from(["add", "delete", "block", "import_friends"]), st.sampled_from([*permutations(NAMES, 2)])
)


class Model:
    """The same in the plainest way: who wants whom, and who has blocked whom."""

    def __init__(self) -> None:
        self.wants: set[tuple[str, str]] = set()
        self.blocks: set[tuple[str, str]] = set()

    def add(self, one: str, other: str) -> None:
        if not {(one, other), (other, one)} & self.blocks:
            self.wants.add((one, other))

    def import_friends(self, one: str, other: str) -> None:
        self.add(one, other)
        self.add(other, one)

    def delete(self, one: str, other: str) -> None:
        self.wants -= {(one, other), (other, one)}
        self.blocks.discard((one, other))

    def block(self, one: str, other: str) -> None:
        self.delete(one, other)
        self.blocks.add((one, other))

    def edges(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for one, other in self.wants:
            mutual = (other, one) in self.wants
            found[one, other] = FRIEND if mutual else SENT
            found[other, one] = FRIEND if mutual else RECEIVED
        return found | dict.fromkeys(self.blocks, BLOCKED)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=25))
def test_any_sequence_leaves_what_the_plain_model_says(sequence):
    async def play() -> None:
        database = await SqliteDatabase.memory(clock=SystemClock())
        lobby = await Lobby.open(FEATURES, database)
        service, model = lobby.services["friends"], Model()
        people = dict(zip(NAMES, await players(lobby, *NAMES), strict=True))
        for do, (one, other) in sequence:
            await getattr(service, do)(people[one].id, [people[other].id])
            getattr(model, do)(one, other)
            expected = {(people[a].id, people[b].id): state for (a, b), state in model.edges().items()}
            assert await edges(database) == expected
        await lobby.events.settle()
        await lobby.close()
        await database.close()

    asyncio.run(play())
