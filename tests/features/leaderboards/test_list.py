"""Reading: pages in both directions, around an owner, from a rank, and of periods that have ended."""

from __future__ import annotations

import pytest
from tests.features.leaderboards.players import fill, number, owner, standing

from supergame import testing
from supergame.core.errors import BadInput
from supergame.features.leaderboards import AROUND_MAX, LIST_MAX, Leaderboards, RecordPage


def players(page: RecordPage) -> list[int]:
    return [number(record.owner_id) for record in page.records]


@pytest.fixture
async def ten(each_leaderboards: Leaderboards) -> Leaderboards:
    """A leaderboard where player 1 is the first and player 10 the last."""
    await each_leaderboards.create("ten", sort="asc", operator="set")
    await fill(each_leaderboards, "ten", {n: n for n in range(1, 11)})
    return each_leaderboards


async def test_pages_go_forth_and_back(ten: Leaderboards) -> None:
    first = await ten.records_list("ten", limit=4)
    assert (players(first), first.prev_cursor, first.rank_count) == ([1, 2, 3, 4], "", 10)
    second = await ten.records_list("ten", limit=4, cursor=first.next_cursor)
    assert standing(second) == [(n, n, n) for n in (5, 6, 7, 8)]
    third = await ten.records_list("ten", limit=4, cursor=second.next_cursor)
    assert (players(third), third.next_cursor) == ([9, 10], "")
    back = await ten.records_list("ten", limit=4, cursor=third.prev_cursor)
    assert standing(back) == standing(second)
    start = await ten.records_list("ten", limit=4, cursor=back.prev_cursor)
    assert (players(start), start.prev_cursor) == ([1, 2, 3, 4], "")
    assert players(await ten.records_list("ten", limit=4, cursor=start.next_cursor)) == [5, 6, 7, 8]


async def test_pages_stay_put_while_others_write(ten: Leaderboards) -> None:
    first = await ten.records_list("ten", limit=4)
    await ten.record_write("ten", owner(99), 0)
    await ten.record_delete("ten", owner(4))
    second = await ten.records_list("ten", limit=2, cursor=first.next_cursor)
    assert standing(second) == [(5, 5, 5), (6, 6, 6)]  # one has come before them, one has gone


async def test_owners_are_given_beside_the_page(ten: Leaderboards) -> None:
    page = await ten.records_list("ten", owner_ids=[owner(7), owner(99), owner(3), owner(7)], limit=1)
    assert players(page) == [1]
    assert [(record.rank, record.score) for record in page.owner_records] == [(7, 7), (3, 3)]
    assert (await ten.records_list("ten", owner_ids=[owner(7)], limit=None)).records == []


AROUND = [  # player, limit, who is seen, whether there are others before and after
    (5, 1, [5], True, True),
    (5, 2, [5, 6], True, True),
    (5, 3, [4, 5, 6], True, True),
    (5, 4, [4, 5, 6, 7], True, True),
    (1, 3, [1, 2, 3], False, True),
    (2, 5, [1, 2, 3, 4, 5], False, True),
    (10, 3, [8, 9, 10], True, False),
    (9, 5, [6, 7, 8, 9, 10], True, False),
    (4, 100, list(range(1, 11)), False, False),
]


async def test_around_an_owner(ten: Leaderboards) -> None:
    for player, limit, seen, before, after in AROUND:
        page = await ten.haystack("ten", owner(player), limit=limit)
        assert standing(page) == [(n, n, n) for n in seen]
        assert [record.rank for record in page.owner_records] == [player]
        assert (bool(page.prev_cursor), bool(page.next_cursor)) == (before, after)


async def test_from_around_an_owner_one_goes_both_ways(ten: Leaderboards) -> None:
    page = await ten.haystack("ten", owner(5), limit=3)
    assert players(await ten.haystack("ten", owner(5), limit=2, cursor=page.next_cursor)) == [7, 8]
    assert players(await ten.records_list("ten", limit=2, cursor=page.prev_cursor)) == [2, 3]


async def test_around_nobody_there_is_nothing(ten: Leaderboards) -> None:
    page = await ten.haystack("ten", owner(99), limit=3)
    assert (page.records, page.owner_records, page.rank_count) == ([], [], 10)


async def test_a_page_may_begin_at_a_rank(ten: Leaderboards) -> None:
    for rank, seen in ((1, [1, 2]), (2, [2, 3]), (10, [10]), (11, []), (500, [])):
        cursor = await ten.cursor_from_rank("ten", rank)
        assert players(await ten.records_list("ten", limit=2, cursor=cursor)) == seen


async def test_there_is_no_rank_nought_and_none_without_ranks(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board")
    assert await leaderboards.cursor_from_rank("board", 5) == ""
    with pytest.raises(BadInput, match="Invalid rank"):
        await leaderboards.cursor_from_rank("board", 0)
    await leaderboards.ranks_disable("board")
    with pytest.raises(BadInput, match="Ranks are disabled"):
        await leaderboards.cursor_from_rank("board", 2)


async def test_without_ranks_the_order_stays(ten: Leaderboards) -> None:
    await ten.ranks_disable("ten")
    record = await ten.record_write("ten", owner(11), 5)
    assert record.rank == 0
    page = await ten.haystack("ten", owner(5), limit=3)
    assert standing(page) == [(0, 4, 4), (0, 5, 5), (0, 11, 5)]
    assert page.rank_count == 0
    assert await ten.record_delete("ten", owner(11))


async def test_an_ended_period_is_read_by_its_expiry(each_node: testing.RunningNode) -> None:
    leaderboards = each_node.services.leaderboards
    board = await leaderboards.create("board", reset="* * * * *")
    await fill(leaderboards, "board", {1: 1, 2: 2})
    old = await leaderboards.records_list("board", limit=1)
    await each_node.advance(seconds=60)
    assert (await leaderboards.records_list("board")).records == []
    await fill(leaderboards, "board", {1: 5})
    assert standing(await leaderboards.records_list("board")) == [(1, 1, 5)]
    ended = await leaderboards.records_list("board", expiry=board.next_reset)
    assert standing(ended) == [(1, 2, 2), (2, 1, 1)]
    assert ended.records[0].expiry == board.next_reset
    # a cursor stays in the period in which it was made
    assert standing(await leaderboards.records_list("board", cursor=old.next_cursor)) == [(2, 1, 1)]
    with pytest.raises(BadInput, match=r"^Invalid cursor\.$"):
        await leaderboards.records_list("board", cursor=old.next_cursor, expiry=board.next_reset + 60)


@pytest.mark.parametrize("cursor", ["?", "YQ", "W10", "ü"])
async def test_garbage_is_no_cursor(leaderboards: Leaderboards, cursor: str) -> None:
    await leaderboards.create("board")
    with pytest.raises(BadInput, match=r"^Invalid cursor\.$"):
        await leaderboards.records_list("board", cursor=cursor)


async def test_a_cursor_of_another_board_is_none(ten: Leaderboards) -> None:
    await ten.create("other")
    page = await ten.records_list("ten", limit=1)
    with pytest.raises(BadInput, match="Invalid cursor"):
        await ten.records_list("other", cursor=page.next_cursor)


async def test_a_cursor_made_up_for_nobody_is_none(leaderboards: Leaderboards) -> None:
    await leaderboards.create("b")
    with pytest.raises(BadInput, match="Invalid cursor"):
        await leaderboards.records_list("b", cursor="WyJiIiwwLGZhbHNlLDAsMCwwLCJ4Il0")  # ["b",0,false,0,0,0,"x"]


async def test_lists_have_their_limits(leaderboards: Leaderboards) -> None:
    await leaderboards.create("board")
    for limit in (0, LIST_MAX + 1):
        with pytest.raises(BadInput, match=r"^Invalid limit - limit must be between 1 and 1000\.$"):
            await leaderboards.records_list("board", limit=limit)
    for limit in (0, AROUND_MAX + 1):
        with pytest.raises(BadInput, match=r"^Invalid limit - limit must be between 1 and 100\.$"):
            await leaderboards.haystack("board", owner(1), limit=limit)
    with pytest.raises(BadInput, match="At most 1000 owner IDs"):
        await leaderboards.records_list("board", owner_ids=[owner(n) for n in range(1001)])
    for expiry in (-1, 2**62):
        with pytest.raises(BadInput, match="Invalid expiry"):
            await leaderboards.records_list("board", expiry=expiry)
    with pytest.raises(BadInput, match="Invalid limit"):
        await leaderboards.list(limit=0)


async def test_owners_may_come_in_capitals(node: testing.RunningNode) -> None:
    """Some platforms write ids so."""
    await node.services.leaderboards.create("board")
    ann = await node.player("ann")
    await ann.client.write_score(ann.session, "board", 5)
    capitals = ann.user_id.upper()
    page = await ann.client.list_scores(ann.session, "board", owner_ids=[capitals])
    assert [record.username for record in page.owner_records] == ["ann"]
    around = await ann.client.list_scores_around(ann.session, "board", capitals)
    assert [record.username for record in around.records] == ["ann"]
