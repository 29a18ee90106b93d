"""Whatever a few players do, in whatever order: the rules of groups hold after each step."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.groups.conftest import FEATURES
from tests.features.groups.people import MEMBER
from tests.features.lobby import Lobby

from supergame.core.clock import SystemClock
from supergame.core.errors import SupergameError
from supergame.features.groups import GroupRole
from supergame.features.groups.members import QUERIES
from supergame.features.groups.model import Stored
from supergame.store import Database, Query
from supergame.store.sqlite import SqliteDatabase

PLAYERS: Final = 5
ROOM: Final = 3
ROWS: Final = Query("rows", "SELECT group_id, user_id, state FROM groups_member")

ON_OTHERS: Final = ("users_add", "users_kick", "users_ban", "users_promote", "users_demote")
player = st.integers(0, PLAYERS - 1)
caller = st.one_of(st.none(), player)
steps = st.one_of(
    st.tuples(st.sampled_from(["join", "leave", "delete_account"]), player),
    st.tuples(st.just("merge"), player, player),
    st.tuples(st.just("update"), caller, st.integers(1, ROOM), st.booleans()),
    st.tuples(st.sampled_from(ON_OTHERS), caller, st.lists(player, min_size=1, max_size=3)),
)


@settings(max_examples=60, deadline=None)
@given(script=st.lists(steps, min_size=1, max_size=25))
def test_the_rules_hold_whatever_happens(script: list[tuple[Any, ...]]) -> None:
    asyncio.run(play(script))


async def play(script: list[tuple[Any, ...]]) -> None:
    database = await SqliteDatabase.memory(clock=SystemClock())
    lobby = await Lobby.open(FEATURES, database)
    accounts, groups = lobby.services["accounts"], lobby.services["groups"]
    logins = [await accounts.authenticate_device(f"device-number-{number}") for number in range(PLAYERS)]
    ids = [login.user_id for login in logins]
    group_id = (await groups.create(ids[0], "Heroes", open=True, max_count=ROOM)).id
    for step in script:
        try:
            await take(step, ids, group_id, lobby)
        except SupergameError:
            pass  # refused; that, too, has to leave everything as it should be
        await check(database, group_id, await accounts.existing(ids=ids))
        listed = (await groups.user_groups_list(ids[0])).user_groups
        assert await groups.has_member(group_id, ids[0]) == any(entry.state <= MEMBER for entry in listed)
    await lobby.events.settle()
    await lobby.close()
    await database.close()


async def take(step: tuple[Any, ...], ids: list[str], group_id: str, lobby: Lobby) -> None:
    accounts, groups = lobby.services["accounts"], lobby.services["groups"]
    match step:
        case ("join" | "leave") as name, number:
            await getattr(groups, name)(group_id, ids[number])
        case "delete_account", number:
            await accounts.delete(ids[number])
        case "merge", one, other:
            await accounts.merge(ids[one], ids[other])
        case "update", who, max_count, is_open:
            caller_id = None if who is None else ids[who]
            await groups.update(group_id, max_count=max_count, open=is_open, caller_id=caller_id)
        case name, who, others:
            caller_id = None if who is None else ids[who]
            await getattr(groups, name)(group_id, [ids[other] for other in others], caller_id=caller_id)


async def check(database: Database, group_id: str, existing: list[str]) -> None:
    group = await database.one(QUERIES.find_group, Stored, id=group_id)
    rows = await database.all(ROWS, lambda *row: row)
    assert {user_id for _, user_id, _ in rows} <= set(existing)
    states = Counter(state for _, _, state in rows)
    if group is None:
        assert rows == []
        return
    n_members = sum(count for state, count in states.items() if state <= MEMBER)
    assert group.edge_count == n_members
    assert 1 <= n_members <= group.max_count
    assert states[GroupRole.SUPERADMIN] >= 1
