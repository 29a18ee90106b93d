"""The indexes of a pass find exactly what asking every ticket would find, in the same order."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from supergame.features.matchmaker.candidates import Candidates
from supergame.features.matchmaker.ticket import Ticket
from supergame.protocol.presence import UserPresence
from supergame.protocol.query import parse


def make(number: int, query: str, strings: dict[str, str], numbers: dict[str, float]) -> Ticket:
    return Ticket(
        f"t{number}",
        (UserPresence(session_id=f"s{number}"),),
        parse(query),
        number,
        string_properties=strings,
        numeric_properties=numbers,
    )


def reference(ticket: Ticket, tickets: list[Ticket], gone: set[Ticket]) -> list[Ticket]:
    ranked = [
        (-score, place)
        for place, other in enumerate(tickets)
        if other is not ticket and other not in gone and (score := ticket.query.rank(other.document)) is not None
    ]
    return [tickets[place] for _, place in sorted(ranked)]


QUERIES = st.sampled_from(
    [
        "*",
        "",
        "+properties.a:x",
        "+properties.a:x +properties.b:y",
        "properties.a:x",
        "+properties.a:1",
        "+properties.a:1 +properties.n:1",
        "+properties.n:>=1 +properties.n:<3",
        "+properties.n:>1",
        "+properties.n:<=1 +properties.a:x",
        "+properties.n:<2 +properties.m:>0 -properties.b:y",
        "+properties.a:>0 +properties.a:<2",
        "+properties.n:>3 +properties.n:<1",
        "properties.a:x^2 properties.b:y",
        "+properties.a:x properties.n:>1",
        "-properties.a:x",
        "+x",
        "+properties.gone:x",
        '+properties.a:>"2026-01-01"',
    ]
)
TICKETS = st.lists(
    st.tuples(
        QUERIES,
        st.dictionaries(st.sampled_from("ab"), st.sampled_from(["x", "y", "1", "2026-05-05"])),
        st.dictionaries(st.sampled_from("amn"), st.sampled_from([0.0, 1.0, 2.0, 3.0, math.inf, math.nan])),
    ),
    min_size=1,
    max_size=10,
).map(lambda drawn: [make(number, *parts) for number, parts in enumerate(drawn)])


@settings(derandomize=True, deadline=None, max_examples=300)
@given(TICKETS, st.data())
def test_finds_what_asking_every_ticket_finds(tickets: list[Ticket], data: st.DataObject) -> None:
    candidates, gone = Candidates(tickets), set[Ticket]()
    for ticket in data.draw(st.lists(st.sampled_from(tickets), max_size=12)):
        found = candidates.fitting(ticket, lambda other: True)
        assert list(found) == reference(ticket, tickets, gone)
        leaving = data.draw(st.sampled_from(tickets))
        candidates.drop(leaving)
        gone.add(leaving)
        assert not candidates.has(leaving)


def test_only_the_eligible_are_offered() -> None:
    tickets = [make(number, "*", {}, {}) for number in range(4)]
    found = Candidates(tickets).fitting(tickets[0], lambda other: other is not tickets[2])
    assert list(found) == [tickets[1], tickets[3]]


def test_whoever_leaves_meanwhile_is_not_offered() -> None:
    tickets = [make(number, "*", {}, {}) for number in range(4)]
    candidates = Candidates(tickets)
    found: Iterator[Ticket] = candidates.fitting(tickets[0], lambda other: True)
    assert next(found) is tickets[1]
    candidates.drop(tickets[2])
    candidates.drop(make(9, "*", {}, {}))  # of another pass: nothing to do
    assert list(found) == [tickets[3]]


def test_same_queries_are_asked_once() -> None:
    tickets = [make(number, "+properties.a:/x+/", {"a": "x"}, {}) for number in range(20)]
    candidates = Candidates(tickets)
    for ticket in tickets:
        assert len(list(candidates.fitting(ticket, lambda other: True))) == 19
    assert candidates.evaluations == 20


def test_an_index_leaves_out_who_cannot_fit() -> None:
    tickets = [make(number, "+properties.a:7", {"a": str(number)}, {"n": number}) for number in range(100)]
    tickets[0] = make(0, "+properties.n:<=6 +properties.n:>=5", {}, {})
    candidates = Candidates(tickets)
    assert list(candidates.fitting(tickets[1], lambda other: True)) == [tickets[7]]
    assert candidates.evaluations == 1
    assert list(candidates.fitting(tickets[0], lambda other: True)) == [tickets[5], tickets[6]]
    assert candidates.evaluations <= 5
