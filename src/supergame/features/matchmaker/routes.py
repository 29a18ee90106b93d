"""HTTP: how the matchmaker is doing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from supergame.edge import Caller
from supergame.features.matchmaker.service import Matchmaker
from supergame.protocol.matchmaker import MatchmakerCompletionStats, MatchmakerStats
from supergame.protocol.types import Empty


def stats(matchmaker: Matchmaker, caller: Caller, request: Empty) -> MatchmakerStats:
    """How many tickets wait, and how long the latest took."""
    found = matchmaker.stats()
    oldest_us = found.oldest_created_at_us
    return MatchmakerStats(
        found.ticket_count,
        None if oldest_us is None else _time(oldest_us),
        [
            MatchmakerCompletionStats(_time(completion.created_at_us), _time(completion.completed_at_us))
            for completion in found.completions
        ],
    )


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


ROUTES: dict[str, Callable[..., object]] = {"GetMatchmakerStats": stats}
