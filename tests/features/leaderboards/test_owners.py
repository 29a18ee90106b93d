"""What becomes of a player's records, and of everybody's ranks, when accounts are merged or deleted."""

from __future__ import annotations

import pytest

from supergame import testing
from supergame.features.leaderboards import Leaderboards, Record
from supergame.features.leaderboards.model import merge


def record(score: int, subscore: int = 0, *, at: int = 1, metadata: str = "{}") -> Record:
    return Record("board", "owner", None, score, subscore, 1, metadata, at, at, 0)


@pytest.mark.parametrize(
    ("operator", "sort", "mine", "other", "becomes"),
    [
        ("best", "desc", (5, 1), (4, 9), (5, 1)),
        ("best", "desc", (5, 1), (5, 2), (5, 2)),
        ("best", "asc", (5, 1), (4, 9), (4, 9)),
        ("incr", "desc", (5, 1), (4, 9), (9, 10)),
        ("incr", "desc", (2**63 - 1, -(2**63)), (1, -1), (2**63 - 1, -(2**63))),
        ("decr", "desc", (5, 1), (4, 9), (4, 9)),
    ],
)
def test_the_operator_says_what_two_records_become(
    operator: str, sort: str, mine: tuple[int, int], other: tuple[int, int], becomes: tuple[int, int]
) -> None:
    merged = merge(record(*mine), record(*other), operator, sort)
    assert (merged.score, merged.subscore) == becomes
    assert merged.num_score == 2


@pytest.mark.parametrize(("mine_at", "other_at", "score"), [(1, 2, 7), (2, 1, 5), (1, 1, 5)])
def test_where_the_last_score_counts_it_is_the_last_of_both(mine_at: int, other_at: int, score: int) -> None:
    merged = merge(record(5, at=mine_at), record(7, at=other_at), "set", "desc")
    assert merged.score == score
    assert merged.update_us == max(mine_at, other_at)
    assert merged.create_us == min(mine_at, other_at)


def test_sums_have_the_metadata_of_the_last() -> None:
    merged = merge(record(5, at=1, metadata='{"a":1}'), record(7, at=2, metadata='{"b":2}'), "incr", "desc")
    assert (merged.score, merged.metadata, merged.update_us) == (12, '{"b":2}', 2)


async def standings(leaderboards: Leaderboards, id_: str) -> list[tuple[int, str | None, int]]:
    page = await leaderboards.records_list(id_)
    assert page.rank_count == len(page.records)
    return [(record.rank, record.username, record.score) for record in page.records]


async def test_records_are_merged_and_the_ranks_follow(each_node: testing.RunningNode) -> None:
    leaderboards, accounts = each_node.services.leaderboards, each_node.services.accounts
    ann, old, bob = [await accounts.authenticate_device(f"device-{n:06}", username=n) for n in ("ann", "old", "bob")]
    scores = {"both": {ann: 5, old: 9, bob: 7}, "worse": {ann: 9, old: 5, bob: 7}, "moved": {old: 9, bob: 7}}
    scores["left"] = {ann: 9, bob: 7}
    for id_, written in scores.items():
        await leaderboards.create(id_)
        for login, score in written.items():
            await leaderboards.record_write(id_, login.user_id, score, username=login.username)
        await leaderboards.records_list(id_)  # its ranks are in memory from now on
    await accounts.merge(old.user_id, ann.user_id)
    await each_node.node.events.settle()
    for id_ in scores:
        assert await standings(leaderboards, id_) == [(1, "ann", 9), (2, "bob", 7)], id_
    numbers = {id_: (await leaderboards.haystack(id_, ann.user_id)).records[0].num_score for id_ in scores}
    assert numbers == {"both": 2, "worse": 2, "moved": 1, "left": 1}
    assert (await leaderboards.record_write("moved", ann.user_id, 1)).rank == 1
    assert (await leaderboards.record_write("moved", bob.user_id, 10)).rank == 1
    assert (await leaderboards.haystack("moved", ann.user_id)).records[0].rank == 2


async def test_each_period_is_merged_by_itself(node: testing.RunningNode) -> None:
    leaderboards, accounts = node.services.leaderboards, node.services.accounts
    ann, old = [await accounts.authenticate_device(f"device-{n:06}", username=n) for n in ("ann", "old")]
    await leaderboards.create("daily", operator="incr", reset="@daily")
    await leaderboards.record_write("daily", old.user_id, 1)
    await node.advance(86_400)
    for login in (ann, old):
        await leaderboards.record_write("daily", login.user_id, 10)
    await accounts.merge(old.user_id, ann.user_id)
    await node.node.events.settle()
    assert await standings(leaderboards, "daily") == [(1, "ann", 20)]
    ended = await leaderboards.get("daily")
    assert ended is not None
    page = await leaderboards.records_list("daily", expiry=ended.prev_reset)
    assert [(record.owner_id, record.score, record.rank) for record in page.records] == [(ann.user_id, 1, 1)]


async def test_who_has_no_records_has_nothing_to_merge(node: testing.RunningNode) -> None:
    leaderboards, accounts = node.services.leaderboards, node.services.accounts
    ann, old = [await accounts.authenticate_device(f"device-{n:06}", username=n) for n in ("ann", "old")]
    await leaderboards.create("board")
    await leaderboards.record_write("board", ann.user_id, 5, username="ann")
    await accounts.merge(old.user_id, ann.user_id)
    assert await standings(leaderboards, "board") == [(1, "ann", 5)]
