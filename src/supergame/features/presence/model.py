"""What a stream is, and what is known of a session in one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple


class StreamMode(IntEnum):
    """What a stream is for; game code may use any number from 100 on."""

    NOTIFICATIONS = 0
    STATUS = 1
    CHANNEL = 2
    GROUP = 3
    DIRECT_MESSAGE = 4
    MATCH_RELAYED = 5
    MATCH_AUTHORITATIVE = 6
    PARTY = 7


class Stream(NamedTuple):
    """The name of a stream: a mode, whose it is, and two more parts that some modes use."""

    mode: int
    subject: str = ""
    subcontext: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """One session in one stream."""

    user_id: str
    session_id: str
    username: str
    hidden: bool = False
    persistence: bool = False
    status: str | None = None
