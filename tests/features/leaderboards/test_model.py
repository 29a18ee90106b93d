"""Leaderboards against a plain dictionary that is sorted anew each time, through whatever sequence of calls."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from typing import NamedTuple

import pytest
from tests.features.leaderboards.conftest import Reopen
from tests.features.leaderboards.players import number, owner, standing

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.features.leaderboards import Leaderboards, Record, RecordPage

STEPS = 150
PLAYERS = 12
SCORES = (0, 1, 1, 2, 3, -1, 2**63 - 1, -(2**63))


class Score(NamedTuple):
    score: int
    subscore: int
    num_score: int
    update_us: int


class Plain:
    """The rules of one leaderboard, as plainly as can be."""

    def __init__(self, sort: str, operator: str) -> None:
        self.sort, self.operator = sort, operator
        self.periods: dict[int, dict[int, Score]] = {}

    def write(self, expiry: int, player: int, score: int, subscore: int, operator: str, now_us: int) -> Score:
        scores = self.periods.setdefault(expiry, {})
        old = scores.get(player)
        new = self.reached(old, score, subscore, operator)
        if old is None or new != (old.score, old.subscore):
            scores[player] = Score(*new, old.num_score + 1 if old else 1, now_us)
        return scores[player]

    def reached(self, old: Score | None, score: int, subscore: int, operator: str) -> tuple[int, int]:
        def within(value: int) -> int:
            return max(-(2**63), min(2**63 - 1, value))

        def less(before: int, by: int) -> int:
            bound = 0 if before > 0 else before
            return bound if before - by < bound else within(before - by)

        if operator == "incr" and old:
            return within(old.score + score), within(old.subscore + subscore)
        if operator == "decr":
            return less(old.score if old else 0, score), less(old.subscore if old else 0, subscore)
        if operator == "best" and old:
            pairs = [(old.score, old.subscore), (score, subscore)]
            return sorted(pairs, reverse=self.sort == "desc")[0]
        return score, subscore

    def standing(self, expiry: int) -> list[tuple[int, int, int]]:
        sign = 1 if self.sort == "asc" else -1
        scores = self.periods.get(expiry, {})
        ordered = sorted(
            scores, key=lambda n: (sign * scores[n].score, sign * scores[n].subscore, scores[n].update_us, n)
        )
        return [(rank, player, scores[player].score) for rank, player in enumerate(ordered, 1)]


async def everything(leaderboards: Leaderboards, expiry: int, limit: int) -> list[tuple[int, int, int]]:
    """All pages of a period, forth, after checking that they are the same back."""
    pages: list[RecordPage] = [await leaderboards.records_list("board", limit=limit, expiry=expiry)]
    while pages[-1].next_cursor:
        pages.append(await leaderboards.records_list("board", limit=limit, cursor=pages[-1].next_cursor))
    for before, after in pairwise(pages):
        back = await leaderboards.records_list("board", limit=limit, cursor=after.prev_cursor)
        assert standing(back) == standing(before)
    return [entry for page in pages for entry in standing(page)]


@pytest.mark.parametrize(
    ("seed", "sort", "operator"), [(1, "desc", "best"), (2, "asc", "best"), (3, "desc", "incr"), (4, "asc", "decr")]
)
async def test_it_does_as_the_plain_rules_say(reopen: Reopen, seed: int, sort: str, operator: str) -> None:
    chance, clock, plain = random.Random(seed), ManualClock(), Plain(sort, operator)
    for _ in range(2):  # ranks after a restart are the ranks before
        async with testing.node(database=await reopen(), clock=clock) as node:
            leaderboards = node.services.leaderboards
            await leaderboards.create("board", sort=sort, operator=operator, reset="* * * * *")
            for expiry in plain.periods:
                assert await everything(leaderboards, expiry, 100) == plain.standing(expiry)
            for _ in range(STEPS):
                await step(leaderboards, plain, chance, clock)
                if chance.random() < 0.05:
                    await node.advance(seconds=chance.randrange(30))


async def step(leaderboards: Leaderboards, plain: Plain, chance: random.Random, clock: ManualClock) -> None:
    """One call, and the same in the plain rules."""
    player, what = chance.randrange(PLAYERS), chance.random()
    expiry = clock.now_seconds() // 60 * 60 + 60
    if what < 0.6:
        score, subscore = chance.choice(SCORES), chance.choice(SCORES)
        operator = chance.choice(["", "", "best", "set", "incr", "decr"])
        record = await leaderboards.record_write(
            "board", owner(player), score, subscore, **({"operator": operator} if operator else {})
        )
        expected = plain.write(expiry, player, score, subscore, operator or plain.operator, clock.now_us())
        assert (record.score, record.subscore, record.num_score, record.update_us) == expected
        assert (record.rank, player, record.score) in plain.standing(expiry)
    elif what < 0.7:
        gone = plain.periods.get(expiry, {}).pop(player, None)
        assert await leaderboards.record_delete("board", owner(player)) == (gone is not None)
    elif what < 0.8:
        ranks = plain.standing(expiry)
        page = await leaderboards.haystack("board", owner(player), limit=5)
        place = next((place for place, entry in enumerate(ranks) if entry[1] == player), None)
        if place is None:
            assert page.records == []
        else:
            first = max(0, min(place - 2, len(ranks) - 5))
            assert standing(page) == ranks[first : first + 5]
    elif what < 0.9:
        some = chance.sample(range(PLAYERS), 4)
        page = await leaderboards.records_list("board", owner_ids=[owner(n) for n in some], limit=None)
        by_player = {entry[1]: entry for entry in plain.standing(expiry)}
        assert [entry_of(record) for record in page.owner_records] == [by_player[n] for n in some if n in by_player]
    else:
        expiry = chance.choice([expiry, *plain.periods])
        assert await everything(leaderboards, expiry, chance.randrange(1, 6)) == plain.standing(expiry)


def entry_of(record: Record) -> tuple[int, int, int]:
    return record.rank, number(record.owner_id), record.score


@pytest.mark.parametrize("seed", range(2))
async def test_ranks_are_right_after_many_wrote_at_once(reopen: Reopen, seed: int) -> None:
    chance, clock = random.Random(seed), ManualClock()
    async with testing.node(database=await reopen(), clock=clock) as node:
        leaderboards = node.services.leaderboards
        await leaderboards.create("board", operator="set")

        async def play() -> None:
            for _ in range(10):
                player = owner(chance.randrange(PLAYERS))
                if chance.random() < 0.2:
                    await leaderboards.record_delete("board", player)
                else:
                    await leaderboards.record_write("board", player, chance.randrange(4))

        await asyncio.gather(*(play() for _ in range(12)))
        before = await leaderboards.records_list("board")
        owners = await leaderboards.records_list("board", owner_ids=[r.owner_id for r in before.records], limit=None)
        assert owners.owner_records == before.records  # each rank by itself is what counting gives
        assert before.rank_count == len(before.records)
    async with testing.node(database=await reopen(), clock=clock) as node:
        assert await node.services.leaderboards.records_list("board") == before
