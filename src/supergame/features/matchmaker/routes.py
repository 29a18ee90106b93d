"""HTTP: how the matchmaker is doing."""

from __future__ import annotations

from collections.abc import Callable

from supergame.edge import Caller
from supergame.features.matchmaker.service import Matchmaker
from supergame.protocol.matchmaker import MatchmakerCompletionStats, MatchmakerStats
from supergame.protocol.types import Empty, timestamp


def stats(matchmaker: Matchmaker, caller: Caller, request: Empty) -> MatchmakerStats:
    """How many tickets wait, and how long the latest took."""
    found = matchmaker.stats()
    oldest_us = found.oldest_created_at_us
    return MatchmakerStats(
        found.ticket_count,
        None if oldest_us is None else timestamp(oldest_us),
        [
            MatchmakerCompletionStats(timestamp(completion.created_at_us), timestamp(completion.completed_at_us))
            for completion in found.completions
        ],
    )


ROUTES: dict[str, Callable[..., object]] = {"GetMatchmakerStats": stats}
