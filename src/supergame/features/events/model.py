"""An event as the game's listeners get it, and the limits of what may be reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

import msgspec

from supergame.core.config import Section, setting

NAME_BYTES_MAX: Final = 128
"""An event's name."""
PROPERTIES_BYTES_MAX: Final = 16_384
"""Names and values of an event's properties together."""
UNDER_WAY_MAX: Final = 8
"""Events that are told to the game at a time; the others wait."""


@dataclass(frozen=True)
class EventsSettings(Section):
    """What may be reported, and how much of it waits."""

    section: ClassVar[str] = "events"

    waiting_bytes_max: int = setting(
        67_108_864, "Events that wait for the game's listeners; whoever reports more is asked to try again.", minimum=1
    )
    per_second_max: float = setting(50.0, "Events per second that one player may report; 0 for no limit.", minimum=0)
    burst_max: int = setting(1_000, "The same, at once.", minimum=1)


class ReportedEvent(msgspec.Struct, frozen=True):
    """Something that was reported: by a player's client (`external`), or by game code."""

    name: str
    properties: Mapping[str, str]
    time: datetime
    external: bool = False
    user_id: str = ""
    username: str = ""
