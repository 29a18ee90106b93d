"""Leaderboards made, changed, deleted, and begun anew by the clock."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.features.leaderboards.conftest import Reopen
from tests.features.leaderboards.players import fill, owner, standing

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.core.errors import BadInput, Conflict
from supergame.features.leaderboards import BOARDS_MAX, Leaderboard, LeaderboardReset, Leaderboards, Record
from supergame.features.leaderboards.boards import RETRY_SECONDS
from supergame.game import Context, Game
from supergame.store import StoreSettings
from supergame.store.sqlite import SqliteDatabase

DAY = 86_400
MIDNIGHT = 1_700_006_400  # the first after the clock's start
EVERY_MINUTE = "* * * * *"
MINUTE = 1_700_000_040  # the first that is full


async def test_made_twice_it_is_the_same(each_leaderboards: Leaderboards) -> None:
    first = await each_leaderboards.create("board", sort="asc", metadata={"icon": "cup"})
    await fill(each_leaderboards, "board", {1: 1})
    assert await each_leaderboards.create("board", sort="asc", metadata={"icon": "cup"}) == first
    assert (await each_leaderboards.records_list("board")).rank_count == 1
    assert await each_leaderboards.get("board") == first


async def test_made_again_it_has_the_new_rules(each_leaderboards: Leaderboards) -> None:
    await each_leaderboards.create("board", operator="best")
    new = await each_leaderboards.create("board", operator="incr", authoritative=True, reset="@daily")
    assert (new.operator, new.authoritative, new.next_reset) == ("incr", True, MIDNIGHT)
    await fill(each_leaderboards, "board", {1: 2})
    assert (await each_leaderboards.record_write("board", owner(1), 3)).score == 5


async def test_its_order_stays(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board", sort="asc")
    with pytest.raises(Conflict, match="Leaderboard board is sorted asc; it has to be deleted to be sorted desc"):
        await leaderboards.create("board", sort="desc")
    await leaderboards.delete("board")
    await leaderboards.create("board", sort="desc")


async def test_ranks_once_switched_off_stay_off(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board")
    await leaderboards.ranks_disable("board")
    assert not (await leaderboards.create("board")).ranked


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"id": ""}, "1 to 128 bytes"),
        ({"id": "x" * 129}, "1 to 128 bytes"),
        ({"id": "a\nb"}, "printable"),
        ({"sort": "up"}, "sorted asc or desc, not 'up'"),
        ({"operator": "most"}, "one of best, set, incr, decr, not 'most'"),
        ({"reset": "now"}, "'now' is not a cron expression"),
        ({"reset": "0 0 30 2 *"}, "is not a cron expression"),
        ({"metadata": {"a": "x" * 20_000}}, "Metadata must be at most"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(
    leaderboards: Leaderboards, rules: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        await leaderboards.create(**({"id": "board"} | rules))


async def test_deleted_it_leaves_nothing_for_its_successor(each_leaderboards: Leaderboards, monkeypatch) -> None:
    monkeypatch.setattr("supergame.features.leaderboards.boards.DELETED_RECORDS_MAX", 3)
    await each_leaderboards.create("board")
    await fill(each_leaderboards, "board", {n: n for n in range(10)})
    await each_leaderboards.delete("board")
    assert await each_leaderboards.get("board") is None
    await each_leaderboards.create("board")
    page = await each_leaderboards.records_list("board")
    assert (page.records, page.rank_count) == ([], 0)


async def test_what_is_written_while_it_is_deleted_is_deleted_or_refused(each_leaderboards: Leaderboards) -> None:
    await each_leaderboards.create("board")
    await asyncio.gather(
        each_leaderboards.delete("board"),
        *(each_leaderboards.record_write("board", owner(n), n) for n in range(10)),
        return_exceptions=True,
    )
    await each_leaderboards.create("board")
    assert (await each_leaderboards.records_list("board")).records == []


async def test_they_are_listed_by_id(each_leaderboards: Leaderboards) -> None:
    for id_ in ("c", "a", "b"):
        await each_leaderboards.create(id_)
    assert [board.id for board in await each_leaderboards.list(limit=2)] == ["a", "b"]
    assert [board.id for board in await each_leaderboards.list(after="b")] == ["c"]
    with pytest.raises(BadInput, match=f"between 1 and {BOARDS_MAX}"):
        await each_leaderboards.list(limit=BOARDS_MAX + 1)


Told = asyncio.Queue[tuple[str, int, int]]


def hear(leaderboards: Leaderboards) -> Told:
    """Resets as they are told: the leaderboard, when its period ended, when the next one ends."""
    told: Told = asyncio.Queue()
    leaderboards.on_reset(lambda board: told.put_nowait((board.id, board.prev_reset, board.next_reset)))
    return told


async def next_of(told: Told) -> tuple[str, int, int]:
    async with asyncio.timeout(10):
        return await told.get()


async def test_at_the_end_of_a_period_listeners_are_told(each_node: testing.RunningNode) -> None:
    leaderboards = each_node.services.leaderboards
    winners: asyncio.Queue[list[tuple[int, int, int]]] = asyncio.Queue()

    def broken(board: Leaderboard) -> None:
        raise ValueError("mine")

    async def find_winners(board: Leaderboard) -> None:
        winners.put_nowait(standing(await leaderboards.records_list(board.id, expiry=board.prev_reset)))

    leaderboards.on_reset(broken)
    told = hear(leaderboards)
    leaderboards.on_reset(find_winners)
    await leaderboards.create("daily", reset="@daily")
    await leaderboards.create("never")
    await fill(leaderboards, "daily", {1: 1, 2: 2})
    await each_node.advance(seconds=MIDNIGHT - each_node.clock.now_seconds() - 1)
    assert told.empty()
    await each_node.advance(seconds=1)
    assert await next_of(told) == ("daily", MIDNIGHT, MIDNIGHT + DAY)
    assert await winners.get() == [(1, 2, 2), (2, 1, 1)]
    assert told.empty()


async def test_a_score_at_the_very_end_counts_for_the_next_period(node: testing.RunningNode) -> None:
    leaderboards = node.services.leaderboards
    late: list[asyncio.Task[Record]] = []

    def write() -> None:
        late.append(asyncio.create_task(leaderboards.record_write("board", owner(2), 2)))

    node.clock.call_later(MINUTE - node.clock.now_seconds(), write)  # falls due before the reset does
    await leaderboards.create("board", reset=EVERY_MINUTE)
    await fill(leaderboards, "board", {1: 1})
    await node.advance(seconds=60)
    record = await late[0]
    assert (record.rank, record.expiry) == (1, MINUTE + 60)


async def test_resets_go_on(node: testing.RunningNode) -> None:
    leaderboards = node.services.leaderboards
    told = hear(leaderboards)
    await leaderboards.create("board", reset=EVERY_MINUTE)
    for n in range(3):
        await node.advance(seconds=60)
        assert await next_of(told) == ("board", MINUTE + n * 60, MINUTE + (n + 1) * 60)


async def test_a_reset_missed_while_no_node_ran_is_told_once(reopen: Reopen) -> None:
    clock = ManualClock()
    async with testing.node(database=await reopen(), clock=clock) as node:
        await node.services.leaderboards.create("daily", reset="@daily")
        await fill(node.services.leaderboards, "daily", {1: 1})
    await clock.advance(3 * DAY)
    game, told = Game("told", folder="."), []

    @game.on("leaderboard_reset")
    def hear_it(ctx: Context, board: Leaderboard) -> None:
        told.append((board.prev_reset, board.next_reset))

    for _ in range(2):
        async with testing.node(game, database=await reopen(), clock=clock):
            pass
    assert told == [(MIDNIGHT, MIDNIGHT + 3 * DAY)]


async def test_of_two_nodes_one_tells(tmp_path: Path) -> None:
    clock = ManualClock()
    one_file, again = [await SqliteDatabase.open(tmp_path / "data.db", clock=clock, exclusive=False) for _ in range(2)]
    async with (
        testing.node(database=one_file, clock=clock) as one,
        testing.node(database=again, clock=clock, settings={"node.name": "second"}) as two,
    ):
        told = [hear(node.services.leaderboards) for node in (one, two)]
        await one.services.leaderboards.create("board", reset=EVERY_MINUTE)
        await two.services.leaderboards.create("board", reset=EVERY_MINUTE)
        await clock.advance(60)
    assert sum(queue.qsize() for queue in told) == 1


async def test_of_a_deleted_board_no_reset_is_told(node: testing.RunningNode) -> None:
    leaderboards = node.services.leaderboards
    told = hear(leaderboards)
    for id_ in ("gone", "stays"):
        await leaderboards.create(id_, reset=EVERY_MINUTE)
    await leaderboards.delete("gone")
    await node.advance(seconds=60)
    assert (await next_of(told))[0] == "stays"
    await leaderboards.tell_reset(LeaderboardReset("gone", 0))  # deleted after the reset was noted down
    assert told.empty()


async def test_a_reset_that_cannot_be_noted_down_is_tried_again(tmp_path: Path) -> None:
    clock = ManualClock()
    settings = StoreSettings(synchronous="off")  # no commit waits for the disk, so the clock stands still meanwhile
    database = await SqliteDatabase.open(tmp_path / "data.db", clock=clock, settings=settings)
    async with testing.node(database=database, clock=clock) as node:
        told = hear(node.services.leaderboards)
        await node.services.leaderboards.create("board", reset=EVERY_MINUTE)
        with closing(apsw.Connection(str(tmp_path / "data.db"))) as elsewhere:
            elsewhere.set_busy_timeout(10_000)
            await asyncio.to_thread(elsewhere.execute, "ALTER TABLE outbox_event RENAME TO outbox_lost")
            await node.advance(seconds=MINUTE - clock.now_seconds() + RETRY_SECONDS - 1)
            await asyncio.to_thread(elsewhere.execute, "ALTER TABLE outbox_lost RENAME TO outbox_event")
        assert told.empty()
        await node.advance(seconds=1)
        assert (await next_of(told))[1] == MINUTE
