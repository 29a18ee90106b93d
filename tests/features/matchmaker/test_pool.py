"""Who plays with whom: examples of each rule, and all rules at once against brute force."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supergame.core.errors import Conflict, NotFound, TooMany
from supergame.features.matchmaker.pool import (
    COMPLETIONS_KEPT,
    EXPLAINED_TICKETS_MAX,
    WORK_PER_STEP,
    Completion,
    MatchedGroup,
    Pool,
    PoolConfig,
    PoolStats,
)
from supergame.features.matchmaker.ticket import Ticket
from supergame.protocol.presence import UserPresence
from supergame.protocol.query import parse


def seek(name: str, query: str = "*", *, at: int = 0, members: Sequence[str] = (), **settings: Any) -> Ticket:
    """A ticket of the player `name`, or of the party `name` with these members ("xy" are two)."""
    presences = tuple(UserPresence(session_id=session) for session in members or [name])
    counts = {"party_id": name if members else "", **settings}
    return Ticket(name, presences, parse(query), at, **counts)


def pool_of(*tickets: Ticket, **settings: Any) -> Pool:
    pool = Pool(PoolConfig(**settings))
    for ticket in tickets:
        pool.add(ticket)
    return pool


def names(groups: list[MatchedGroup]) -> list[list[str]]:
    return [[ticket.id for ticket in group.tickets] for group in groups]


def test_two_who_want_two_are_matched_at_once_oldest_first() -> None:
    pool = pool_of(seek("cem", at=3), seek("ann", at=1), seek("dora", at=4), seek("bob", at=2), seek("eve", at=5))
    groups = pool.pass_(now_us=9)
    assert names(groups) == [["ann", "bob"], ["cem", "dora"]]
    assert [group.players for group in groups] == [2, 2]
    assert len(pool) == 1
    assert names(pool.pass_(10)) == []


def test_a_query_chooses_the_others_by_their_properties() -> None:
    pool = pool_of(
        seek("ann", "+properties.region:eu +properties.skill:>=10", numeric_properties={"skill": 30}),
        seek("bob", string_properties={"region": "us"}, numeric_properties={"skill": 12}),
        seek("cem", "+properties.skill:>20", string_properties={"region": "eu"}, numeric_properties={"skill": 12}),
    )
    assert names(pool.pass_(0)) == [["ann", "cem"]]


def test_the_best_score_wins_then_the_longest_wait() -> None:
    pool = pool_of(
        seek("ann", "* properties.region:eu^5 properties.mode:ice^2", at=1),
        seek("bob", at=2),
        seek("cem", at=3, string_properties={"mode": "ice"}),
        seek("dora", at=5, string_properties={"region": "eu"}),
        seek("eve", at=4, string_properties={"region": "eu"}),
    )
    assert names(pool.pass_(0)) == [["ann", "eve"], ["bob", "cem"]]


def test_the_largest_match_is_preferred_for_a_while() -> None:
    """With two intervals: the first pass insists on four, the second takes three."""
    pool = pool_of(*(seek(name, min_count=2, max_count=4) for name in ("ann", "bob", "cem")))
    assert names(pool.pass_(0)) == []
    assert names(pool.pass_(0)) == [["ann", "bob", "cem"]]


def test_who_still_waits_for_more_is_not_taken_for_less() -> None:
    pool = pool_of(seek("ann", min_count=2, max_count=4), seek("bob", min_count=2, max_count=4))
    pool.pass_(0)
    pool.add(seek("cem", min_count=2, max_count=4))
    assert names(pool.pass_(0)) == [["ann", "bob"]]
    assert names(pool.pass_(0)) == []


def test_the_number_of_players_is_a_multiple_as_asked() -> None:
    tickets = [seek(name, min_count=2, max_count=6, count_multiple=2) for name in "abcde"]
    pool = pool_of(*tickets, max_intervals=1)
    assert names(pool.pass_(0)) == [["a", "b", "c", "d"]]


def test_everybodys_counts_matter() -> None:
    pool = pool_of(
        seek("ann", min_count=2, max_count=4),
        seek("bob", min_count=4, max_count=4),
        seek("cem", min_count=3, max_count=3),
        seek("dora", min_count=3, max_count=6, count_multiple=3),
        max_intervals=1,
    )
    assert names(pool.pass_(0)) == [["ann", "cem", "dora"]]


def test_a_party_stays_together_and_sizes_add_up() -> None:
    """Three places are left beside ann; only the party of three fills them exactly."""
    four = {"min_count": 4, "max_count": 4}
    pool = pool_of(
        seek("ann", at=1, **four),
        seek("pair", at=2, members="xy", **four),
        seek("three", at=3, members="uvw", **four),
    )
    assert names(pool.pass_(0)) == [["ann", "three"]]


def test_a_choice_that_leads_nowhere_is_taken_back() -> None:
    """With una alone, neither her pair nor anybody else fills the last two places."""
    four = {"min_count": 4, "max_count": 4}
    pool = pool_of(
        seek("ann", at=1, **four),
        seek("una", at=2, **four),
        seek("una and vic", at=3, members=["una", "vic"], **four),
        seek("wim", at=4, **four),
    )
    assert names(pool.pass_(0)) == [["ann", "una and vic", "wim"]]


def test_a_choice_among_very_many_is_given_up() -> None:
    """Five who all differ cannot be had from three teams, but there are 1,728 ways to find out too late."""
    five = {"min_count": 5, "max_count": 5}
    pool = pool_of(seek("ann", **five), mutual=True)
    for number in range(36):
        team = "rgb"[number % 3]
        pool.add(seek(f"t{number}", f"-properties.team:{team}", string_properties={"team": team}, **five))
    assert names(pool.pass_(0)) == []
    assert pool.explain("ann")[-1] == "Yet no choice of them suits all in it."


def test_a_party_that_is_the_whole_match_plays_at_once() -> None:
    pool = pool_of(seek("pair", members="xy"), seek("small", members="uv", min_count=2, max_count=4), max_intervals=1)
    assert names(pool.pass_(0)) == [["pair"]]


def test_nobody_is_matched_with_themselves() -> None:
    ann = UserPresence(session_id="ann-session")
    pool = pool_of(
        *(Ticket(f"ann{number}", (ann,), parse("*"), number) for number in range(2)),
        seek("team", members="uv", min_count=4, max_count=4),
        Ticket("team again", (UserPresence(session_id="w"),), parse("*"), 9, min_count=3, max_count=3, party_id="team"),
    )
    assert names(pool.pass_(0)) == []


def test_mutual_pools_ask_both_sides() -> None:
    tickets = {
        "ann": {"query": "*", "numeric_properties": {"skill": 50}},
        "bob": {"query": "+properties.skill:<10", "numeric_properties": {"skill": 1}},
        "cem": {"query": "+properties.skill:>10", "numeric_properties": {"skill": 20}},
    }
    one_way = pool_of(*(seek(name, **ticket) for name, ticket in tickets.items()))
    assert names(one_way.pass_(0)) == [["ann", "bob"]]
    mutual = pool_of(*(seek(name, **ticket) for name, ticket in tickets.items()), mutual=True)
    assert names(mutual.pass_(0)) == [["ann", "cem"]]


def test_a_mutual_match_turns_back_when_two_candidates_do_not_fit_each_other() -> None:
    three = {"min_count": 3, "max_count": 3}
    pool = pool_of(
        seek("ann", **three),
        seek("bob", "-properties.team:red", **three),
        seek("cem", string_properties={"team": "red"}, **three),
        seek("dora", string_properties={"team": "red"}, **three),
        mutual=True,
    )
    assert names(pool.pass_(0)) == [["ann", "cem", "dora"]]


def test_a_newcomer_wakes_who_has_found_nobody() -> None:
    pool = pool_of(seek("ann", "+properties.region:eu", at=1), seek("bob", "+properties.region:eu", at=2))
    assert [names(pool.pass_(0)) for _ in range(3)] == [[], [], []]
    pool.add(seek("cem", "+properties.region:us", at=3, string_properties={"region": "eu"}))
    assert names(pool.pass_(0)) == [["ann", "cem"]]


def test_tickets_are_limited_per_session_per_party_and_in_all() -> None:
    pool = pool_of(*(seek(f"t{n}", members="xy", party_id="p") for n in range(3)), tickets_max=4)
    with pytest.raises(TooMany, match="matchmaker too many tickets"):
        pool.add(seek("of x", members="x"))
    with pytest.raises(TooMany, match="matchmaker too many tickets"):
        pool.add(seek("of p", members="z", party_id="p"))
    with pytest.raises(Conflict):
        pool.add(seek("t0", members="z"))
    pool.add(seek("ann"))
    with pytest.raises(TooMany, match="The matchmaker is full"):
        pool.add(seek("bob"))
    pool.remove("t0")
    pool.add(seek("of x", members="x"))


def test_tickets_are_taken_back_by_id_session_and_party() -> None:
    pool = pool_of(seek("p", members="xy", at=2), seek("q", members="x", party_id="", at=1), seek("ann"), seek("bob"))
    assert pool.remove("ann").id == "ann"
    for gone in (pool.get, pool.remove, pool.explain):
        with pytest.raises(NotFound, match="matchmaker ticket not found"):
            gone("ann")
    assert [ticket.id for ticket in pool.remove_session("x")] == ["q", "p"]
    assert pool.remove_party("p") == []
    pool.add(seek("p", members="xy"))
    assert [ticket.id for ticket in pool.remove_party("p")] == ["p"]
    assert pool.get("bob").id == "bob"
    assert len(pool) == 1


def test_stats_tell_who_waits_and_how_long_it_took() -> None:
    pool = Pool()
    assert pool.stats() == PoolStats(0, None, ())
    for number in range(2 * COMPLETIONS_KEPT + 1):
        pool.add(seek(f"t{number}", at=number))
    assert (pool.stats().ticket_count, pool.stats().oldest_created_at_us) == (21, 0)
    pool.pass_(now_us=100)
    stats = pool.stats()
    assert (stats.ticket_count, stats.oldest_created_at_us) == (1, 20)
    assert stats.completions == tuple(Completion(number, 100) for number in range(10, 20))


def test_a_pass_in_steps_lets_tickets_come_and_go_between() -> None:
    pool = pool_of(*(seek(f"t{number}", at=number) for number in range(6)))
    steps = pool.steps(0)
    first = next(steps)
    assert first is not None
    pool.remove("t2")
    pool.add(seek("late"))
    with pytest.raises(RuntimeError, match="a pass is under way"):
        pool.pass_(0)
    assert names([first, *filter(None, steps)]) == [["t0", "t1"], ["t3", "t4"]]
    assert names(pool.pass_(0)) == [["late", "t5"]]


def test_a_long_pass_pauses_now_and_then() -> None:
    """Queries that all differ, and that no index helps with."""
    pool = pool_of(*(seek(f"t{number}", f"+x{number}") for number in range(100)))
    steps = list(pool.steps(0))
    assert set(steps) == {None}
    assert len(steps) == 100 * 101 // WORK_PER_STEP - 1


def test_explains_that_nobody_is_there() -> None:
    pool = pool_of(seek("ann", min_count=2, max_count=4), max_intervals=3)
    assert pool.explain("ann") == [
        "No other ticket is waiting.",
        "It waits for 4 players for 2 more intervals; then 2 are enough.",
    ]
    pool.pass_(0)
    assert pool.explain("ann")[1] == "It waits for 4 players for 1 more interval; then 2 are enough."
    pool.pass_(0)
    assert pool.explain("ann") == ["No other ticket is waiting."]


def test_an_explanation_looks_at_a_limited_number_of_others() -> None:
    pool = pool_of(*(seek(f"t{number}") for number in range(EXPLAINED_TICKETS_MAX + 100)))
    assert pool.explain("t550")[0] == f"{EXPLAINED_TICKETS_MAX} of {EXPLAINED_TICKETS_MAX} other tickets fit its query."


def test_explains_what_of_the_query_keeps_others_away() -> None:
    pool = pool_of(
        seek("ann", "+properties.region:mars +any -properties.mode:ice -properties.mode:gone nice"),
        seek("bob", string_properties={"mode": "ice"}),
        seek("cem"),
    )
    assert pool.explain("ann") == [
        "None of the 2 other tickets fits its query.",
        "What it asks of properties.region is true of 0 of 2.",
        "What it asks of any field is true of 0 of 2.",
        "What it rules out of properties.mode is true of 1 of 2.",
    ]


def test_explains_why_those_who_fit_do_not_make_a_match() -> None:
    pool = pool_of(
        seek("ann", min_count=4, max_count=4),
        seek("bob", "-properties.gone:x -max_count:4", min_count=4, max_count=4),
        seek("cem"),
        seek("dora", min_count=4, max_count=4),
        Ticket("ann2", (UserPresence(session_id="ann"),), parse("*"), 0),
        mutual=True,
    )
    assert pool.explain("ann") == [
        "4 of 4 other tickets fit its query.",
        "1 of these cannot be matched with it, having a session or the party in common.",
        "1 of these ask for others than it.",
        "1 of these want matches of other sizes.",
        "With those left there are 2 players; it needs 4.",
    ]


def test_explains_that_the_next_pass_may_do_or_that_no_choice_suits() -> None:
    pool = pool_of(seek("ann"), seek("bob"))
    assert pool.explain("ann")[-2:] == [
        "With those left there are 2 players, enough for the 2 that it needs.",
        "The next pass may match it.",
    ]
    four = {"min_count": 4, "max_count": 4}
    pool = pool_of(seek("ann", **four), seek("p", members="ab", **four), seek("q", members="cd", **four))
    pool.remove("q")
    pool.add(seek("q", members="xy", min_count=3, max_count=3))
    pool.pass_(0)
    assert pool.explain("ann") == [
        "2 of 2 other tickets fit its query.",
        "1 of these want matches of other sizes.",
        "With those left there are 3 players; it needs 4.",
    ]
    pool.add(seek("r", members="xy", **four))
    pool.remove("q")
    pool.add(seek("s", members="mno", query="+gone", min_count=5, max_count=5))
    assert names(pool.pass_(0)) == [["p", "r"]]


def test_explains_that_no_choice_suits_all() -> None:
    three = {"min_count": 3, "max_count": 3}
    pool = pool_of(
        seek("ann", **three),
        seek("bob", "-ticket:cem", **three),
        seek("cem", **three),
        mutual=True,
    )
    pool.pass_(0)
    assert pool.explain("ann")[-1] == "Yet no choice of them suits all in it."


# All rules at once

QUERIES = ["*", "", "+properties.team:red", "-properties.team:red", "+properties.skill:>=1", "properties.team:red *"]
SEEKERS = st.fixed_dictionaries(
    {
        "members": st.sets(st.sampled_from("abcdefghijkl"), min_size=1, max_size=3),
        "party": st.booleans(),
        "query": st.sampled_from(QUERIES),
        "counts": st.sampled_from([(2, 2, 1), (2, 4, 1), (2, 4, 2), (3, 3, 1), (3, 5, 1), (4, 4, 4), (3, 6, 3)]),
        "team": st.sampled_from(["red", "blue"]),
        "skill": st.integers(0, 2),
    }
)


def seekers(drawn: list[dict[str, Any]], first: int = 0) -> list[Ticket]:
    tickets = []
    for number, each in enumerate(drawn, start=first):
        least, most, multiple = each["counts"]
        members = sorted(each["members"])[:most]
        tickets.append(
            Ticket(
                f"t{number}",
                tuple(UserPresence(session_id=session) for session in members),
                parse(each["query"]),
                number // 2,  # pairs of the same age
                min_count=least,
                max_count=most,
                count_multiple=multiple,
                party_id="p" if each["party"] else "",
                string_properties={"team": each["team"]},
                numeric_properties={"skill": each["skill"]},
            )
        )
    return tickets


def may_play(leader: Ticket, others: tuple[Ticket, ...], config: PoolConfig) -> bool:
    """The rules, as the pool's module states them, for a match that `leader`'s query has found."""
    group = (leader, *others)
    players = sum(len(ticket.presences) for ticket in group)
    for ticket in group:
        fewer = (
            ticket.intervals >= config.max_intervals
            and ticket.min_count <= players <= ticket.max_count
            and players % ticket.count_multiple == 0
        )
        if players != ticket.max_count and not fewer:
            return False
    if not others and players != leader.max_count:
        return False
    sessions = [presence.session_id for ticket in group for presence in ticket.presences]
    parties = [ticket.party_id for ticket in group if ticket.party_id]
    if len(set(sessions)) < len(sessions) or len(set(parties)) < len(parties):
        return False
    asking = group if config.mutual else (leader,)
    return all(one.query.matches(other.document) for one in asking for other in group if other is not one)


def fill(pool: Pool, tickets: list[Ticket]) -> list[Ticket]:
    added = []
    for ticket in tickets:
        try:
            pool.add(ticket)
        except TooMany:
            continue
        added.append(ticket)
    return added


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.lists(st.lists(SEEKERS, max_size=6), min_size=1, max_size=3),
    st.builds(PoolConfig, max_intervals=st.integers(1, 3), mutual=st.booleans()),
)
def test_every_match_obeys_every_rule_and_no_possible_match_is_left(
    arrivals: list[list[dict[str, Any]]], config: PoolConfig
) -> None:
    """Before each pass some come; after it nobody who is left could have been the first of a match."""
    pool, waiting, number = Pool(config), list[Ticket](), 0
    for drawn in arrivals:
        waiting += fill(pool, seekers(drawn, number))
        number += len(drawn)
        for group in pool.pass_(0):
            leader, *others = group.tickets
            assert may_play(leader, tuple(others), config)
            assert group.players == sum(len(ticket.presences) for ticket in group.tickets)
            for ticket in group.tickets:
                waiting.remove(ticket)  # fails for a ticket that was matched before
        assert len(pool) == len(waiting)
        for leader in waiting:
            rest = [ticket for ticket in waiting if ticket is not leader]
            for size in range(min(len(rest), 5) + 1):
                assert not any(may_play(leader, others, config) for others in combinations(rest, size))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(SEEKERS, max_size=12), st.builds(PoolConfig, max_intervals=st.integers(1, 2), mutual=st.booleans()))
def test_the_same_tickets_give_the_same_matches(drawn: list[dict[str, Any]], config: PoolConfig) -> None:
    results = []
    for _ in range(2):
        pool = Pool(config)
        fill(pool, seekers(drawn))
        results.append([names(pool.pass_(0)) for _ in range(3)])
    assert results[0] == results[1]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(SEEKERS, max_size=10), st.data())
def test_any_ticket_can_be_explained_at_any_time(drawn: list[dict[str, Any]], data: st.DataObject) -> None:
    pool = Pool(PoolConfig(mutual=data.draw(st.booleans())))
    waiting = fill(pool, seekers(drawn))
    for _ in range(data.draw(st.integers(0, 2))):
        pool.pass_(0)
    for ticket in waiting:
        if ticket.id in pool._tickets:
            assert pool.explain(ticket.id)
