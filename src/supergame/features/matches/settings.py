"""The settings of matches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from supergame.core.config import Section, setting


@dataclass(frozen=True)
class MatchesSettings(Section):
    """How sessions take part in matches."""

    section: ClassVar[str] = "matches"

    single_match: bool = setting(False, "Whether a session that joins a match leaves the one it was in.")
