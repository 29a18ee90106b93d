"""The settings of parties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from supergame.core.config import Section, setting


@dataclass(frozen=True)
class PartiesSettings(Section):
    """How players take part in parties."""

    section: ClassVar[str] = "parties"

    single_party: bool = setting(
        False, "Whether a player who makes or joins a party leaves all others, and asks to be let into none."
    )
    parties_max: int = setting(50_000, "Parties on one node.", minimum=1)
    per_session_max: int = setting(
        16, "Parties that one session may be in, or ask to be let into, at a time.", minimum=1
    )
    join_requests_max: int = setting(100, "Players who may wait to be let into one party.", minimum=1)
    joins_per_second: float = setting(
        2.0, "Parties a second that one player may join, or ask to be let into; 0 for no limit.", minimum=0
    )
    joins_burst: int = setting(60, "The same, at once.", minimum=1)
