"""What a ticket may ask for, and how others' queries see it."""

from __future__ import annotations

from typing import Any

import pytest

from supergame.core.errors import BadInput
from supergame.features.matchmaker.ticket import PLAYERS_PER_MATCH_MAX, PROPERTIES_BYTES_MAX, Ticket
from supergame.protocol.presence import UserPresence
from supergame.protocol.query import parse


def ticket(*sessions: str, **settings: Any) -> Ticket:
    presences = tuple(UserPresence(session_id=session) for session in sessions)
    return Ticket("t1", presences, parse("*"), 1_000_000, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_count": 1}, "Invalid minimum count, must be >= 2"),
        ({"min_count": 3, "max_count": 2}, "Invalid maximum count, must be >= minimum count"),
        ({"max_count": PLAYERS_PER_MATCH_MAX + 1}, "Invalid maximum count, must be <= 1000"),
        ({"count_multiple": 0}, "Invalid count multiple, must be >= 1"),
        (
            {"min_count": 3, "max_count": 4, "count_multiple": 2},
            "Invalid count multiple for minimum count, must divide",
        ),
        (
            {"min_count": 2, "max_count": 5, "count_multiple": 2},
            "Invalid count multiple for maximum count, must divide",
        ),
    ],
)
def test_counts_that_no_match_could_satisfy_are_refused(settings: dict[str, int], message: str) -> None:
    with pytest.raises(BadInput) as refusal:
        ticket("ann", **settings)
    assert refusal.value.message == message


def test_properties_have_a_size() -> None:
    longest = "ö" * (PROPERTIES_BYTES_MAX // 2 - 2)
    ticket("ann", string_properties={"ab": longest}, numeric_properties={"cd": 1.0})
    for more in ({"string_properties": {"abc": longest}}, {"string_properties": {"ab": longest + "x"}}):
        with pytest.raises(BadInput, match="Invalid properties, must be <= 4096 bytes"):
            ticket("ann", **more, numeric_properties={"cd": 1.0})


def test_a_party_must_fit_its_own_match_and_come_once() -> None:
    with pytest.raises(BadInput, match="must be >= the number of players"):
        ticket("ann", "bob", "cem", party_id="p")
    with pytest.raises(BadInput, match="at least one player"):
        ticket()
    with pytest.raises(BadInput, match="matchmaker duplicate session"):
        ticket("ann", "ann")


def test_the_document_has_the_fields_that_queries_name() -> None:
    seen = ticket(
        "ann",
        min_count=2,
        max_count=4,
        count_multiple=2,
        party_id="p",
        string_properties={"region": "eu", "rank": "gold", "since": "2026-01-31"},
        numeric_properties={"skill": 12, "rank": 3.0},
    )
    for query in (
        "+properties.region:eu +properties.skill:12 +properties.rank:gold +properties.rank:>2",
        "+min_count:2 +max_count:4 +party_id:p +ticket:t1 +created_at:1000000000",
        'properties.since:<"2026-02-01T00:00:00Z"',
    ):
        assert parse(query).matches(seen.document)
    assert "party_id" not in ticket("ann").document


def test_a_patient_ticket_accepts_only_as_many_as_it_wants_at_most() -> None:
    waiting = ticket("ann", min_count=2, max_count=6, count_multiple=2)
    assert [players for players in range(9) if waiting.accepts(players)] == [6]
    waiting.patient = False
    assert [players for players in range(9) if waiting.accepts(players)] == [2, 4, 6]
