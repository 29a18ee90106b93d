"""Writing and deleting records: operators, bounds, who may, and the rank that comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.features.leaderboards.players import fill, owner, standing

from supergame import testing
from supergame.core.errors import BadInput
from supergame.features.leaderboards import (
    DeleteRefused,
    LeaderboardNotFound,
    Leaderboards,
    WriteRefused,
)
from supergame.protocol.leaderboards import Operator

MOST, LEAST = 2**63 - 1, -(2**63)


async def test_a_score_is_answered_with_its_rank(each_leaderboards: Leaderboards) -> None:
    await each_leaderboards.create("points")
    ranks = [(await each_leaderboards.record_write("points", owner(n), n)).rank for n in (5, 3, 9, 4)]
    assert ranks == [1, 2, 1, 3]
    assert standing(await each_leaderboards.records_list("points")) == [(1, 9, 9), (2, 5, 5), (3, 4, 4), (4, 3, 3)]


async def test_ascending_the_least_is_the_first(each_leaderboards: Leaderboards) -> None:
    await each_leaderboards.create("times", sort="asc")
    await fill(each_leaderboards, "times", {1: 30, 2: -10, 3: LEAST, 4: MOST})
    page = await each_leaderboards.records_list("times")
    assert [record.score for record in page.records] == [LEAST, -10, 30, MOST]


async def test_equals_stand_by_subscore_then_time_then_id(each_node: testing.RunningNode) -> None:
    leaderboards = each_node.services.leaderboards
    await leaderboards.create("points")
    for player, subscore in ((4, 1), (3, 2), (2, 2)):
        await leaderboards.record_write("points", owner(player), 10, subscore)
    await each_node.advance(seconds=1)
    await leaderboards.record_write("points", owner(1), 10, 2)
    assert standing(await leaderboards.records_list("points")) == [(1, 2, 10), (2, 3, 10), (3, 1, 10), (4, 4, 10)]


@pytest.mark.parametrize(
    ("operator", "sort", "writes", "reached", "num_score"),
    [
        ("best", "desc", [(5, 1), (4, 9), (5, 0), (5, 2)], (5, 2), 2),
        ("best", "asc", [(5, 1), (6, 0), (5, 2), (5, 0)], (5, 0), 2),
        ("set", "desc", [(5, 1), (4, 9), (4, 9)], (4, 9), 2),
        ("incr", "desc", [(5, 1), (4, -3), (0, 0)], (9, -2), 2),
        ("incr", "desc", [(MOST, LEAST), (1, -1)], (MOST, LEAST), 1),
        ("incr", "desc", [(MOST - 1, LEAST + 1), (5, -5)], (MOST, LEAST), 2),
        ("decr", "desc", [(5, 5)], (0, 0), 1),
        ("decr", "desc", [(-5, -3), (2, 9)], (3, 0), 2),
        ("decr", "desc", [(LEAST, 0), (-9, 0)], (MOST, 0), 1),
    ],
)
async def test_what_a_score_does_to_the_one_before(
    leaderboards: Leaderboards,
    operator: str,
    sort: str,
    writes: list[tuple[int, int]],
    reached: tuple[int, int],
    num_score: int,
) -> None:
    await leaderboards.create("board", sort=sort, operator=operator)
    for score, subscore in writes:
        record = await leaderboards.record_write("board", owner(1), score, subscore)
    assert (record.score, record.subscore) == reached
    assert record.num_score == num_score


async def test_a_score_below_zero_is_not_lifted_by_a_decrement(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board", operator="set")
    await leaderboards.record_write("board", owner(1), -4)
    record = await leaderboards.record_write("board", owner(1), 3, operator="decr")
    assert record.score == -4


async def test_a_write_may_bring_its_own_operator(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board", operator="best")
    scores = [
        (await leaderboards.record_write("board", owner(1), 5, operator=operator)).score
        for operator in (Operator.NO_OVERRIDE, "incr", Operator.DECREMENT, "set", Operator.BEST)
    ]
    assert scores == [5, 10, 5, 5, 5]
    with pytest.raises(BadInput, match="The operator is one of best, set, incr, decr, not 'most'"):
        await leaderboards.record_write("board", owner(1), 5, operator="most")


async def test_what_changes_nothing_leaves_everything(each_node: testing.RunningNode) -> None:
    leaderboards = each_node.services.leaderboards
    await leaderboards.create("board")
    first = await leaderboards.record_write("board", owner(1), 5, username="ann", metadata={"car": "red"})
    await each_node.advance(seconds=1)
    worse = await leaderboards.record_write("board", owner(1), 4, username="anna", metadata={"car": "blue"})
    assert worse == first
    better = await leaderboards.record_write("board", owner(1), 6)
    assert (better.username, better.metadata, better.num_score) == ("ann", '{"car":"red"}', 2)
    assert (better.create_us, better.update_us) == (first.create_us, first.update_us + 1_000_000)
    best = await leaderboards.record_write("board", owner(1), 7, username="anna", metadata="{}")
    assert (best.username, best.metadata) == ("anna", "{}")


async def test_on_an_authoritative_board_only_the_game_writes(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board", authoritative=True)
    await leaderboards.record_write("board", owner(1), 5)
    with pytest.raises(WriteRefused, match=r"^Leaderboard only allows authoritative submissions\.$"):
        await leaderboards.record_write("board", owner(1), 9, caller=owner(1))
    with pytest.raises(DeleteRefused, match=r"^Leaderboard only allows authoritative deletions\.$"):
        await leaderboards.record_delete("board", owner(1), caller=owner(1))
    assert await leaderboards.record_delete("board", owner(1))


async def test_players_write_and_delete_their_own(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board")
    await leaderboards.record_write("board", owner(1), 5, caller=owner(1))
    with pytest.raises(WriteRefused):
        await leaderboards.record_write("board", owner(1), 9, caller=owner(2))
    with pytest.raises(DeleteRefused):
        await leaderboards.record_delete("board", owner(1), caller=owner(2))
    assert await leaderboards.record_delete("board", owner(1), caller=owner(1))
    assert not await leaderboards.record_delete("board", owner(1), caller=owner(1))
    assert (await leaderboards.records_list("board")).rank_count == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"owner_id": "bob"}, "owner IDs are invalid"),
        ({"score": 2**63}, "integers of 64 bits"),
        ({"subscore": LEAST - 1}, "integers of 64 bits"),
        ({"metadata": "[]"}, "Metadata value must be JSON"),
        ({"metadata": "\ud800"}, "Metadata value must be JSON"),
        ({"metadata": {"a": "x" * 16_384}}, "at most 16384 bytes"),
    ],
)
async def test_what_cannot_be_a_record_is_refused(
    leaderboards: Leaderboards, values: dict[str, Any], message: str
) -> None:
    await leaderboards.create("board")
    with pytest.raises(BadInput, match=message):
        await leaderboards.record_write("board", **({"owner_id": owner(1), "score": 1} | values))


async def test_what_is_not_there_is_not_found(leaderboards: Leaderboards) -> None:
    for call in (
        leaderboards.record_write("none", owner(1), 1),
        leaderboards.record_delete("none", owner(1)),
        leaderboards.records_list("none"),
        leaderboards.haystack("none", owner(1)),
        leaderboards.cursor_from_rank("none", 1),
        leaderboards.delete("none"),
        leaderboards.ranks_disable("none"),
    ):
        with pytest.raises(LeaderboardNotFound, match=r"^Leaderboard not found\.$"):
            await call
    assert await leaderboards.get("none") is None


async def test_writers_at_the_same_time_lose_nothing(each_leaderboards: Leaderboards) -> None:
    await each_leaderboards.create("board", operator="incr")
    records = await asyncio.gather(
        *(each_leaderboards.record_write("board", owner(n % 4), 1) for n in range(40)),
    )
    assert max(record.score for record in records) == 10
    page = await each_leaderboards.records_list("board")
    assert [score for _, _, score in standing(page)] == [10, 10, 10, 10]
    assert page.rank_count == 4


async def test_a_writer_who_stops_waiting_leaves_ranks_right(each_leaderboards: Leaderboards) -> None:
    await each_leaderboards.create("board", operator="set")
    await fill(each_leaderboards, "board", {1: 1, 2: 2})
    leaving = [asyncio.ensure_future(each_leaderboards.record_write("board", owner(1), n)) for n in (5, 6)]
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    last = await each_leaderboards.record_write("board", owner(1), 7)
    assert (last.rank, last.num_score) == (1, 4)
    assert standing(await each_leaderboards.records_list("board")) == [(1, 1, 7), (2, 2, 2)]


async def test_a_deleted_account_leaves_neither_record_nor_rank(each_node: testing.RunningNode) -> None:
    leaderboards = each_node.services.leaderboards
    ann = await each_node.player("ann")
    for board in ("one", "two", "unasked"):
        await leaderboards.create(board, enable_ranks=board != "unasked")
        await leaderboards.record_write(board, ann.user_id, 9)
    await fill(leaderboards, "one", {1: 1, 2: 2})
    await each_node.services.accounts.delete(ann.user_id)
    await each_node.node.events.settle()
    for board, ranks in (("one", [(1, 2, 2), (2, 1, 1)]), ("two", []), ("unasked", [])):
        page = await leaderboards.records_list(board)
        assert standing(page) == ranks
        assert page.rank_count == len(ranks)
