"""Ranks in memory: read when asked for, right while others write, forgotten when there are too many."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.features.leaderboards.players import fill, owner, standing

from supergame import testing
from supergame.core.clock import SystemClock
from supergame.core.errors import Internal
from supergame.features.leaderboards import LeaderboardNotFound, Leaderboards
from supergame.features.leaderboards import rankings as rankings_module
from supergame.features.leaderboards.model import Place
from supergame.features.leaderboards.rankings import Ranking, Rankings, key_of, place_of_key
from supergame.store import Database
from supergame.store.sqlite import SqliteDatabase

int64s = st.integers(-(2**63), 2**63 - 1)
places = st.builds(Place, int64s, int64s, st.integers(0, 2**62), st.uuids().map(str))


@given(places, places)
def test_keys_sort_like_places(one: Place, other: Place) -> None:
    assert (key_of(one) < key_of(other)) == (one < other)
    assert place_of_key(key_of(one)) == one


def test_a_ranking_does_as_a_sorted_list_would() -> None:
    chance, ranking, plain = random.Random(1), Ranking(), list[Place]()
    for step in range(5_000):
        new = Place(chance.randrange(-50, 50), chance.randrange(3), step, owner(chance.randrange(500)))
        old = chance.choice(plain) if plain and chance.random() < 0.7 else None
        if chance.random() < 0.2 and old is not None:
            ranking.move(old, None)
            plain.remove(old)
            continue
        ranking.move(old, new)
        if old is not None:
            plain.remove(old)
        plain.insert(bisect_left(plain, new), new)
        assert ranking.rank(new) == plain.index(new) + 1
    assert [ranking.at(rank + 1) for rank in range(len(plain))] == plain
    assert ranking.at(len(plain) + 1) == plain[-1]


def test_coming_twice_and_going_twice_counts_once() -> None:
    ranking, place = Ranking(), Place(1, 0, 0, owner(1))
    assert ranking.at(1) is None
    ranking.move(None, place)
    ranking.move(None, place)
    assert len(ranking) == 1
    ranking.move(place, None)
    ranking.move(place, None)
    assert len(ranking) == 0


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranks are read two records at a time, so that much may happen in between."""
    monkeypatch.setattr(rankings_module, "PAGE_RECORDS", 2)


@pytest.mark.usefixtures("small_pages")
async def test_whoever_comes_while_ranks_are_read_waits_for_them(each_leaderboards: Leaderboards) -> None:
    await each_leaderboards.create("board")
    await fill(each_leaderboards, "board", {n: n for n in range(10)})
    each_leaderboards._rankings.forget("board")
    await asyncio.gather(
        each_leaderboards.record_write("board", owner(20), 20),
        each_leaderboards.record_write("board", owner(0), 10),
        each_leaderboards.haystack("board", owner(5)),
        each_leaderboards.record_delete("board", owner(9)),
        each_leaderboards.record_write("board", owner(21), -5),
    )
    expected = [20, 10, *range(8, 0, -1), -5]
    assert standing(await each_leaderboards.records_list("board")) == [
        (rank, {20: 20, 10: 0, -5: 21}.get(score, score), score) for rank, score in enumerate(expected, 1)
    ]


async def test_ranks_not_asked_for_lately_make_room(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rankings_module, "WRITES_PER_CHECK", 3)
    async with testing.node(database=sqlite, settings={"leaderboards.ranked_records_max": 6}) as node:
        leaderboards = node.services.leaderboards
        rankings: Rankings = leaderboards._rankings
        for board in "abc":
            await leaderboards.create(board)
            await fill(leaderboards, board, {n: n for n in range(3)})
        assert [(board, 0) in rankings for board in "abc"] == [False, True, True]
        for board in "babab":
            assert [rank for rank, _, _ in standing(await leaderboards.records_list(board))] == [1, 2, 3]
        assert [(board, 0) in rankings for board in "abc"] == [True, True, False]
        assert b"supergame_leaderboard_records_ranked 6.0" in node.node.metrics.render()


async def test_what_somebody_writes_to_is_not_forgotten(sqlite: Database) -> None:
    async with testing.node(database=sqlite) as node:
        leaderboards = node.services.leaderboards
        for board in "ab":
            await leaderboards.create(board)
            await fill(leaderboards, board, {n: n for n in range(3)})
        rankings = Rankings(sqlite, records_max=0)
        async with rankings.hold(("a", 0)):
            await rankings.get(("b", 0))
            assert ("a", 0) in rankings
        await rankings.get(("b", 0))
        await rankings.get(("c", 0))
        assert ("a", 0) not in rankings


async def test_periods_that_never_were_are_not_remembered(leaderboards: Leaderboards) -> None:
    """Clients may name any second as the end of one."""
    await leaderboards.create("board")
    for expiry in range(1, 50):
        assert (await leaderboards.records_list("board", expiry=expiry)).rank_count == 0
    await leaderboards.record_write("board", owner(1), 5)
    assert [(period in leaderboards._rankings) for period in (("board", 1_000_000), ("board", 0))] == [False, True]


async def test_ranks_that_cannot_be_read_are_read_again(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "data.db", clock=SystemClock())
    async with testing.node(database=database) as node:
        leaderboards = node.services.leaderboards
        await leaderboards.create("board")
        with closing(apsw.Connection(str(tmp_path / "data.db"))) as elsewhere:
            elsewhere.set_busy_timeout(10_000)
            await asyncio.to_thread(elsewhere.execute, "ALTER TABLE leaderboards_record RENAME TO lost")
            with pytest.raises(apsw.SQLError):
                await leaderboards.record_write("board", owner(1), 1)
            await asyncio.to_thread(elsewhere.execute, "ALTER TABLE lost RENAME TO leaderboards_record")
        assert (await leaderboards.record_write("board", owner(1), 1)).rank == 1


async def test_after_a_write_that_went_wrong_ranks_are_read_again(tmp_path: Path) -> None:
    database = await SqliteDatabase.open(tmp_path / "data.db", clock=SystemClock())
    async with testing.node(database=database) as node:
        leaderboards = node.services.leaderboards
        await leaderboards.create("board")
        await fill(leaderboards, "board", {1: 1})
        with closing(apsw.Connection(str(tmp_path / "data.db"))) as elsewhere:
            elsewhere.set_busy_timeout(10_000)
            trap = "CREATE TRIGGER trap BEFORE {} ON leaderboards_record BEGIN SELECT raise(ABORT, 'no'); END"
            for what, call in (
                ("INSERT", lambda: leaderboards.record_write("board", owner(2), 2)),
                ("DELETE", lambda: leaderboards.record_delete("board", owner(1))),
            ):
                await asyncio.to_thread(elsewhere.execute, trap.format(what))
                with pytest.raises(Internal):
                    await call()
                await asyncio.to_thread(elsewhere.execute, "DROP TRIGGER trap")
                assert ("board", 0) not in leaderboards._rankings
                assert standing(await leaderboards.records_list("board")) == [(1, 1, 1)]


async def test_a_board_that_is_gone_is_noticed_by_the_write(tmp_path: Path) -> None:
    """As when another node deletes it: this one still has it in memory."""
    database = await SqliteDatabase.open(tmp_path / "data.db", clock=SystemClock())
    async with testing.node(database=database) as node:
        leaderboards = node.services.leaderboards
        await leaderboards.create("board")
        with closing(apsw.Connection(str(tmp_path / "data.db"))) as elsewhere:
            elsewhere.set_busy_timeout(10_000)
            await asyncio.to_thread(elsewhere.execute, "DELETE FROM leaderboards_board")
        with pytest.raises(LeaderboardNotFound):
            await leaderboards.record_write("board", owner(1), 1)
        assert (await leaderboards.records_list("board")).rank_count == 0


@pytest.mark.usefixtures("small_pages")
async def test_a_node_that_stops_does_not_finish_reading(sqlite: Database) -> None:
    async with testing.node(database=sqlite) as node:
        leaderboards = node.services.leaderboards
        await leaderboards.create("board")
        await fill(leaderboards, "board", {n: n for n in range(10)})
        rankings = Rankings(sqlite, records_max=10)
        reading = asyncio.ensure_future(rankings.get(("board", 0)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await rankings.close()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert len(rankings) == 0
