"""Players of leaderboards: owners whose ids sort by their numbers."""

from __future__ import annotations

from supergame.features.leaderboards import Leaderboards, RecordPage


def owner(number: int) -> str:
    """The id of a player."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def number(owner_id: str) -> int:
    """The number of a player."""
    return int(owner_id[:8], 16)


def standing(page: RecordPage) -> list[tuple[int, int, int]]:
    """Rank, player and score of each record on a page."""
    return [(record.rank, number(record.owner_id), record.score) for record in page.records]


async def fill(leaderboards: Leaderboards, id_: str, scores: dict[int, int]) -> None:
    """Write a score for each player."""
    for player, score in scores.items():
        await leaderboards.record_write(id_, owner(player), score)
