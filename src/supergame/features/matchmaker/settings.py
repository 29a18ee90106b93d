"""The matchmaker's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from supergame.core.config import Section, setting


@dataclass(frozen=True)
class MatchmakerSettings(Section):
    """How players are brought together."""

    section: ClassVar[str] = "matchmaker"

    # The incumbent waits 15 s between passes whoever is there; a pass here costs little, so players wait less.
    interval_seconds: float = setting(2.0, "Time between two passes over the waiting tickets.", minimum=0.01)
    max_intervals: int = setting(2, "Passes for which a ticket holds out for its max_count.", minimum=1)
    mutual: bool = setting(False, "Whether every matched ticket has to fit every other's query.")
    tickets_per_owner_max: int = setting(3, "Tickets that one session or party may have at a time.", minimum=1)
    tickets_max: int = setting(100_000, "Tickets that may wait in all.", minimum=1)
