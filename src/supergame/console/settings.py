"""The console's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from supergame.core.config import Section, setting


@dataclass(frozen=True)
class ConsoleSettings(Section):
    """What operators use."""

    section: ClassVar[str] = "console"

    key: str = setting("", "Key of the operators' calls. Empty: made at the first start and kept in the data folder.")
