"""Indexes over stored objects: what they find, in which order, and that they follow every change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.features.lobby import Lobby

from supergame import testing
from supergame.bus import MemoryBus
from supergame.core.clock import SystemClock
from supergame.core.errors import BadInput, NotFound, Unavailable
from supergame.core.steps import at_once
from supergame.features import accounts, storage
from supergame.features.storage import Deletion, ObjectId, StorageIndex, StoredObject, Write
from supergame.features.storage.index import VALUE_BYTES_MAX, WORK_PER_STEP, Index
from supergame.features.storage.indexes import INDEXED_PER_TURN, RETRY_SECONDS
from supergame.game import BadGame, Game
from supergame.protocol.query import flatten, parse
from supergame.store import Database, Query, Tx
from supergame.store.sqlite import SqliteDatabase

HEROES = StorageIndex(
    name="heroes", collection="heroes", fields=("level", "class", "tags"), sortable=("level", "class")
)


def hero(key: str, *, owner: str = "", age: int = 0, **value: Any) -> StoredObject:
    """An object as it is stored."""
    return StoredObject("heroes", key, owner, json.dumps(value), "v", 2, 1, age, age)


def filled(*objects: StoredObject, definition: StorageIndex = HEROES) -> Index:
    index = Index(definition)
    for stored in objects:
        index.fill(stored)
    index.filled()
    return index


def search(
    index: Index, query: str = "", *, order: Sequence[str] = (), limit: int = 100, cursor: str = ""
) -> tuple[list[str], str]:
    """The keys on a page, and the cursor of the next one."""
    entries, cursor = at_once(index.search(index.wanted(query, order, cursor, limit, lambda stored: True)))
    return [entry.stored.key for entry in entries], cursor


def keys(index: Index, query: str = "", order: Sequence[str] = ()) -> list[str]:
    return search(index, query, order=order)[0]


# What is found


def test_a_query_asks_about_the_fields_that_were_declared_and_about_the_object() -> None:
    index = filled(
        hero("ann", level=3, tags=["red", "fast"], secret="x", **{"class": "mage"}),
        hero("bob", level=7, owner="owner-of-bob", **{"class": "thief"}),
    )
    assert keys(index, "+value.level:>=3") == ["ann", "bob"]
    assert keys(index, "+value.class:thief") == ["bob"]
    assert keys(index, "+value.tags:fast") == ["ann"]
    assert keys(index, "+value.secret:x") == []
    assert keys(index, "+key:bob +user_id:owner-of-bob") == ["bob"]
    assert keys(index, "+value.level:7") == ["bob"]
    assert keys(index, "-value.class:mage") == ["bob"]
    assert keys(index, "+read:2 +update_time:<1") == ["ann", "bob"]


def test_those_that_fit_best_come_first() -> None:
    index = filled(hero("one", level=1), hero("two", level=2), hero("three", level=3))
    assert keys(index, "value.level:2^5 value.level:>0") == ["two", "one", "three"]


def test_an_order_may_be_ascending_or_descending_and_what_has_no_value_comes_last() -> None:
    index = filled(
        hero("low", level=1, **{"class": "b"}),
        hero("high", level=9, **{"class": "a"}),
        hero("named", level="nine"),
        hero("none"),
    )
    assert keys(index, order=["value.level"]) == ["low", "high", "named", "none"]
    assert keys(index, order=["-value.level"]) == ["high", "low", "named", "none"]
    assert keys(index, order=["value.class"]) == ["high", "low", "named", "none"]
    assert keys(index, order=["-value.class", "key"])[:2] == ["low", "high"]
    with pytest.raises(BadInput, match=r"cannot be ordered by 'value\.tags'"):
        keys(index, order=["value.tags"])


def test_pages_hold_everything_once_although_more_is_written_between_them() -> None:
    index = filled(*(hero(f"{n:02}", level=n % 3) for n in range(10)))
    first, cursor = search(index, "value.level:>=0", order=["-value.level"], limit=4)
    index.put(hero("00a", level=2))
    second, cursor = search(index, "value.level:>=0", order=["-value.level"], limit=4, cursor=cursor)
    third, cursor = search(index, "value.level:>=0", order=["-value.level"], limit=4, cursor=cursor)
    assert cursor == ""
    assert sorted(first + second + third) == [f"{n:02}" for n in range(10)]


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJhIl0", "bnVsbA"])
def test_a_cursor_is_one_that_was_given(cursor: str) -> None:
    with pytest.raises(BadInput, match="Invalid cursor"):
        search(filled(hero("a")), cursor=cursor)


def test_a_cursor_belongs_to_its_search() -> None:
    index = filled(hero("a", level=1), hero("b", level=2))
    _, cursor = search(index, "value.level:>0", limit=1)
    with pytest.raises(BadInput, match="Invalid cursor"):
        search(index, "value.level:>1", limit=1, cursor=cursor)


def test_those_written_longest_ago_give_way() -> None:
    small = StorageIndex(name="small", collection="heroes", fields=("level",), max_entries=2)
    index = filled(
        *(hero(key, age=age, level=1) for key, age in (("old", 1), ("older", 0), ("new", 2))), definition=small
    )
    assert keys(index) == ["new", "old"]
    index.put(hero("old", age=3, level=2))
    index.put(hero("newest", age=4, level=2))
    assert keys(index) == ["newest", "old"]
    assert len(index) == 2


def test_a_key_and_the_games_own_word_say_what_belongs() -> None:
    picky = StorageIndex(
        name="picky",
        collection="heroes",
        fields=("level",),
        key="main",
        accepts=lambda stored: stored.data()["level"] > 1,
    )
    index = filled(
        hero("main", owner="a", level=1), hero("main", owner="b", level=2), hero("other", level=3), definition=picky
    )
    assert keys(index) == ["main"]
    index.put(hero("main", owner="b", level=0))
    assert keys(index) == []


def test_a_long_search_lets_others_run_and_forgets_nothing_over_it() -> None:
    index = filled(*(hero(f"{n:04}", level=n * 7 % 1_000) for n in range(WORK_PER_STEP // 2)))
    steps = index.search(index.wanted("value.level:>3 value.level:>4", [], "", 1, lambda stored: True))
    assert [next(steps) for _ in range(2)] == [None, None]
    found, _ = search(index, order=["-value.level", "key"], limit=5)
    assert found == ["0857", "1857", "0714", "1714", "0571"]


def test_a_number_that_no_cursor_can_name_has_its_place_all_the_same() -> None:
    index = filled(*(hero(key, level=level) for key, level in (("huge", 10**400), ("big", 9), ("small", 1))))
    first, cursor = search(index, order=["-value.level"], limit=1)
    assert first == ["huge"]
    assert search(index, order=["-value.level"], limit=9, cursor=cursor) == (["big", "small"], "")


def test_an_object_with_too_much_to_index_is_left_out() -> None:
    index = filled(hero("right", tags="x" * (VALUE_BYTES_MAX - len('{"tags":""}'))), hero("much", level=1))
    assert keys(index) == ["much", "right"]
    index.put(hero("much", level=1, tags="x" * VALUE_BYTES_MAX))
    assert keys(index) == ["right"]
    index.put(hero("much", level=1, notes="x" * VALUE_BYTES_MAX))
    assert keys(index) == ["much", "right"]


def test_nothing_is_kept_of_names_that_players_make_up() -> None:
    index = filled()
    for n in range(3):
        index.put(hero("main", level={f"made up {n}": 1}))
    index.remove("main", "")
    assert index._posted == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"collection": ""},
        {"fields": ()},
        {"sortable": ("unknown",)},
        {"max_entries": 0},
    ],
)
def test_an_index_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        StorageIndex(**{"name": "i", "collection": "c", "fields": ("a",), **wrong})


VALUES = st.sampled_from([None, 1, 2, 2.5, "a", "b", True, ["a", 1], ["a", "a"], {"deep": 1}])
QUERIES = st.sampled_from(
    [
        "",
        "+value.level:1",
        "+value.level:a",
        "value.level:a value.class:b",
        "+value.level:>1 -value.class:a",
        "+value.level.deep:1",
        "+value.level:T",
        "+key:k1",
        "value.level:/[ab]/",
        "+value.level:2 +value.class:1",
    ]
)
CHANGES = st.lists(
    st.tuples(st.sampled_from(["k1", "k2", "k3", "k4"]), st.none() | st.tuples(VALUES, VALUES)), max_size=12
)


@given(CHANGES, QUERIES)
def test_an_index_finds_what_looking_at_everything_finds(changes: list[Any], query: str) -> None:
    index, there = filled(), {}
    for age, (key, value) in enumerate(changes):
        if value is None:
            index.remove(key, "")
            there.pop(key, None)
        else:
            there[key] = hero(key, age=age, level=value[0], **{"class": value[1]})
            index.put(there[key])
    matches = parse(query).matches
    expected = {
        key for key, stored in there.items() if matches(flatten({"value": stored.data(), "key": key, "user_id": ""}))
    }
    assert set(keys(index, query)) == expected


# Following what is stored


def game(**options: Any) -> Game:
    made = Game("heroes", folder=".")
    made.storage_index("heroes", "heroes", ["level"], sortable=["level"], **options)
    return made


async def levels(node: testing.RunningNode, query: str = "", **options: Any) -> list[int]:
    found = await node.services.storage.index_list("heroes", query, order=["value.level"], **options)
    return [stored.data()["level"] for stored in found.objects]


async def test_who_writes_finds_what_was_written(twin: Database) -> None:
    async with testing.node(game(), database=twin) as node:
        ann, store = await node.player("ann"), node.services.storage
        await ann.client.write_object(ann.session, "heroes", "main", {"level": 3, "secret": "kept"})
        await store.write([Write("heroes", f"npc{n}", {"level": n}) for n in range(3)])
        await store.write([Write("others", "npc", {"level": 100})])
        assert await levels(node) == [0, 1, 2, 3]
        (found,) = (await store.index_list("heroes", "+value.level:3")).objects
        assert found.data() == {"level": 3, "secret": "kept"}
        await store.delete([Deletion("heroes", "npc1")])
        assert await levels(node) == [0, 2, 3]
        await node.services.accounts.delete(ann.user_id)
        assert await levels(node) == [0, 2]


async def test_writes_within_a_transaction_of_the_games_own_are_found_when_it_is_committed() -> None:
    async with testing.node(game()) as node:
        store = node.services.storage

        async def kept(tx: Tx) -> None:
            await store.write([Write("heroes", "kept", {"level": 1})], tx=tx)

        async def undone(tx: Tx) -> None:
            await store.write([Write("heroes", "undone", {"level": 2})], tx=tx)
            raise NotFound("on second thoughts")

        await node.services.database.transact(kept)
        with pytest.raises(NotFound):
            await node.services.database.transact(undone)
        assert await levels(node) == [1]


async def test_callers_find_what_they_may_read() -> None:
    async with testing.node(game()) as node:
        ann, bob, store = await node.player("ann"), await node.player("bob"), node.services.storage
        for level, (owner, readable) in enumerate([("", 0), ("", 2), (ann.user_id, 1), (bob.user_id, 1)]):
            await store.write(
                [
                    Write(
                        "heroes",
                        str(level),
                        {"level": level},
                        owner or ObjectId("", "").user_id,
                        permission_read=readable,
                    )
                ]
            )
        assert await levels(node) == [0, 1, 2, 3]
        assert await levels(node, caller=ann.user_id) == [1, 2]


async def test_an_index_may_answer_by_itself() -> None:
    async with testing.node(game(index_only=True)) as node:
        await node.services.storage.write([Write("heroes", "npc", {"level": 1, "secret": "not in the index"})])
        (found,) = (await node.services.storage.index_list("heroes")).objects
        assert found.data() == {"level": 1}


async def test_a_restart_and_a_reload_find_what_is_there(sqlite: Database) -> None:
    lobby = await Lobby.open([accounts.feature, storage.feature], sqlite)
    store: storage.Storage = lobby.services["storage"]
    await store.write([Write("heroes", "before", {"level": 1})])
    store.indexes.use(await store.indexes.make([HEROES]))
    first = store.indexes.get("heroes")
    assert [found.key for found in (await store.index_list("heroes")).objects] == ["before"]
    again = await store.indexes.make([HEROES])
    await store.write([Write("heroes", "meanwhile", {"level": 2})])
    store.indexes.use(again)
    assert store.indexes.get("heroes") is first
    assert len((await store.index_list("heroes")).objects) == 2
    await lobby.close()


def test_what_changes_while_an_index_is_made_is_not_overwritten_by_what_was_read_before() -> None:
    index = Index(HEROES)
    index.put(hero("changed", level=2))
    index.remove("deleted", "")
    for key in ("changed", "deleted", "kept"):
        index.fill(hero(key, level=1))
    index.filled()
    assert keys(index, order=["-value.level"]) == ["changed", "kept"]


async def test_one_object_that_the_game_trips_over_keeps_no_node_from_starting(sqlite: Database) -> None:
    def accepts(stored: StoredObject) -> bool:
        return stored.data()["level"] > 0

    lobby = await Lobby.open([accounts.feature, storage.feature], sqlite)
    store: storage.Storage = lobby.services["storage"]
    await store.write([Write("heroes", "bad", {}), Write("heroes", "good", {"level": 1})])
    picky = StorageIndex(name="heroes", collection="heroes", fields=("level",), accepts=accepts)
    store.indexes.use(await store.indexes.make([picky]))
    assert [found.key for found in (await store.index_list("heroes")).objects] == ["good"]
    await lobby.close()


async def test_what_is_just_being_written_when_an_index_is_made_is_in_it(tmp_path: Path) -> None:
    """At whatever moment that is: the write knows of the index, or the index waits for it."""
    database = await SqliteDatabase.open(tmp_path / "heroes.db", clock=SystemClock())
    lobby = await Lobby.open([accounts.feature, storage.feature], database)
    store: storage.Storage = lobby.services["storage"]
    for turns in range(6):
        store.indexes.use({})
        writing = asyncio.ensure_future(store.write([Write("heroes", str(turns), {"level": 1})]))
        for _ in range(turns):
            await asyncio.sleep(0)
        store.indexes.use(await store.indexes.make([HEROES]))
        await writing
        assert len((await store.index_list("heroes")).objects) == turns + 1
    await lobby.close()
    await database.close()


async def test_an_index_is_made_and_follows_while_others_run(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supergame.features.storage.indexes.PAGE_MAX", INDEXED_PER_TURN)
    lobby = await Lobby.open([accounts.feature, storage.feature], sqlite)
    store: storage.Storage = lobby.services["storage"]
    await store.write([Write("heroes", str(n), {"level": n}) for n in range(3 * INDEXED_PER_TURN)])
    making = asyncio.ensure_future(store.indexes.make([HEROES]))
    for _ in range(3):
        await asyncio.sleep(0)
        assert not making.done()
    store.indexes.use(await making)
    index = store.indexes.get("heroes")
    assert len(index) == 3 * INDEXED_PER_TURN
    await store.delete([Deletion("heroes", str(n)) for n in range(3 * INDEXED_PER_TURN)])
    sizes = set()
    while len(index):
        sizes.add(len(index))
        await asyncio.sleep(0)
    assert len(sizes) == 3
    await lobby.close()


async def test_an_index_that_cannot_be_made_leaves_those_that_there_are(sqlite: Database) -> None:
    lobby = await Lobby.open([accounts.feature, storage.feature], sqlite)
    store: storage.Storage = lobby.services["storage"]
    store.indexes.use(await store.indexes.make([HEROES]))
    await sqlite.run(Query("away", "ALTER TABLE storage_objects RENAME TO away"))
    with pytest.raises(Exception, match="no such table: storage_objects"):
        await store.indexes.make([HEROES, StorageIndex(name="others", collection="others", fields=("a",))])
    await sqlite.run(Query("back", "ALTER TABLE away RENAME TO storage_objects"))
    assert store.indexes.collections == {"heroes"}
    assert store.indexes._all() == [store.indexes.get("heroes")]
    await lobby.close()


async def test_who_writes_finds_it_although_the_other_nodes_could_not_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with testing.node(game()) as node:
        monkeypatch.setattr("supergame.bus.memory.UNDER_WAY_MAX", 0)
        await node.services.storage.write([Write("heroes", "npc", {"level": 1})])
        assert await levels(node) == [1]


async def test_other_nodes_follow(sqlite: Database) -> None:
    bus = MemoryBus()
    here, there = [
        await Lobby.open([accounts.feature, storage.feature], sqlite, bus=bus, node=name) for name in ("node1", "node2")
    ]
    for lobby in (here, there):
        indexes = lobby.services["storage"].indexes
        indexes.use(await indexes.make([HEROES]))
    await here.services["storage"].write([Write("heroes", "npc", {"level": 1}), Write("others", "npc", {})])
    for _ in range(2):
        await asyncio.sleep(0)  # the bus hands over in the loop's next turn
    found = await there.services["storage"].index_list("heroes")
    assert [stored.key for stored in found.objects] == ["npc"]
    await there.close()
    await here.close()


async def test_a_page_may_be_longer_than_what_players_read_at_once() -> None:
    async with testing.node(game(), settings={"storage.batch_objects_max": 2}) as node:
        for level in range(3):
            await node.services.storage.write([Write("heroes", f"npc{level}", {"level": level})])
        assert await levels(node) == [0, 1, 2]


async def test_limits_and_names_are_checked() -> None:
    async with testing.node(game()) as node:
        store = node.services.storage
        for limit in (0, 101):
            with pytest.raises(BadInput, match="Invalid limit"):
                await store.index_list("heroes", limit=limit)
        with pytest.raises(NotFound, match="no storage index called 'herös'"):
            await store.index_list("herös")
        with pytest.raises(BadInput):
            await store.index_list("heroes", "+value.level:>")


def test_a_games_mistakes_are_told_when_it_is_loaded() -> None:
    made = game()
    with pytest.raises(BadGame, match="two storage indexes called 'heroes'"):
        made.storage_index("heroes", "heroes", ["level"])
    with pytest.raises(BadGame, match="1 to 32 fields"):
        made.storage_index("empty", "heroes", [])


async def test_what_the_game_says_of_an_object_may_fail() -> None:
    def accepts(stored: StoredObject) -> bool:
        return stored.data()["level"] > 0  # a KeyError where there is none

    async with testing.node(game(accepts=accepts)) as node:
        await node.services.storage.write([Write("heroes", "bad", {}), Write("heroes", "good", {"level": 1})])
        assert await levels(node) == [1]


async def test_what_cannot_be_read_is_read_again(sqlite: Database) -> None:
    lobby = await Lobby.open([accounts.feature, storage.feature], sqlite)
    store: storage.Storage = lobby.services["storage"]
    store.indexes.use(await store.indexes.make([HEROES]))
    other = await Lobby.open([accounts.feature, storage.feature], sqlite, bus=lobby.bus, node="node2")
    await sqlite.run(Query("away", "ALTER TABLE storage_objects RENAME TO away"))
    other.services["storage"].indexes._changed([ObjectId("heroes", "npc")])
    for _ in range(2):
        await asyncio.sleep(0)  # the bus hands over in the loop's next turn
    with pytest.raises(Unavailable):
        await store.index_list("heroes")
    await sqlite.run(Query("back", "ALTER TABLE away RENAME TO storage_objects"))
    await other.services["storage"].write([Write("heroes", "npc", {"level": 1})])
    await lobby.clock.advance(RETRY_SECONDS)
    assert [stored.key for stored in (await store.index_list("heroes")).objects] == ["npc"]
    await other.close()
    await lobby.close()
