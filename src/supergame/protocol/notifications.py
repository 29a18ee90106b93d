"""Notifications: what the game, or the server, has to tell one user; kept until deleted, if persistent."""

from __future__ import annotations

from enum import IntEnum

from supergame.protocol.operation import Binding, Event, Operation, Realtime
from supergame.protocol.types import Empty, Int32, Message, Timestamp


class NotificationCode(IntEnum):
    """The codes of the server's own notifications; a game's codes are above zero."""

    DM_REQUEST = -1
    FRIEND_REQUEST = -2
    FRIEND_ACCEPT = -3
    GROUP_ADD = -4
    GROUP_JOIN_REQUEST = -5
    FRIEND_JOIN_GAME = -6
    SINGLE_SOCKET = -7
    USER_BANNED = -8
    FRIEND_REMOVE = -9


class Notification(Message):
    """One notification; `content` is a JSON object in text."""

    id: str = ""
    subject: str = ""
    content: str = ""
    code: Int32 = 0
    sender_id: str = ""
    create_time: Timestamp | None = None
    persistent: bool = False


class NotificationList(Message):
    """One page of notifications; `cacheable_cursor` finds what comes after it, now or later."""

    notifications: list[Notification] = []
    cacheable_cursor: str = ""


class Notifications(Message):
    """Notifications, as they come to a connected session."""

    notifications: list[Notification] = []


class ListNotificationsRequest(Message):
    """A page of the player's notifications, oldest first; `limit` 1 to 100."""

    limit: Int32 | None = None
    cacheable_cursor: str = ""


class DeleteNotificationsRequest(Message):
    """The notifications to delete."""

    ids: list[str] = []


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="ListNotifications",
        bindings=(Binding("GET", "/v2/notification"),),
        request=ListNotificationsRequest,
        response=NotificationList,
        summary="List the player's persistent notifications.",
    ),
    Operation(
        name="DeleteNotifications",
        bindings=(Binding("DELETE", "/v2/notification"),),
        request=DeleteNotificationsRequest,
        response=Empty,
        summary="Delete notifications.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = (Event("notifications", 23, Notifications, "Notifications have come in."),)
