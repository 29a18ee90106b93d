"""Status: a short text each session may show, and the users whose status a session follows."""

from __future__ import annotations

from typing import ClassVar

from supergame.protocol.operation import Event, Nothing, Operation, Realtime
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Message


class Status(Message):
    """The present status of the users that are followed."""

    presences: list[UserPresence] = []


class StatusFollow(Message):
    """Asks to be told of the status of these users, by id or by username."""

    user_ids: list[str] = []
    usernames: list[str] = []


class StatusPresenceEvent(Message):
    """Users that are followed have come online, gone, or changed their status (a leave and a join in one)."""

    NUMBERS: ClassVar[tuple[int, ...]] = (2, 3)

    joins: list[UserPresence] = []
    leaves: list[UserPresence] = []


class StatusUnfollow(Message):
    """Asks not to be told of these users any more."""

    user_ids: list[str] = []


class StatusUpdate(Message):
    """Sets the session's status, up to 2048 bytes; unset, the session appears offline."""

    status: str | None = None


OPERATIONS: tuple[Operation[Message, Message], ...] = ()
MESSAGES: tuple[Realtime[Message], ...] = (
    Realtime("status_follow", 26, StatusFollow, Status, "Follow the status of users."),
    Realtime("status_unfollow", 28, StatusUnfollow, Nothing, "Follow them no longer."),
    Realtime("status_update", 29, StatusUpdate, Nothing, "Set one's own status."),
)
EVENTS: tuple[Event, ...] = (
    Event("status", 25, Status, "The status of the users that were followed just now."),
    Event("status_presence_event", 27, StatusPresenceEvent, "The status of followed users has changed."),
)
