"""A player's own notifications over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from supergame.edge import Caller
from supergame.features.notifications.service import Notifications
from supergame.protocol.notifications import DeleteNotificationsRequest, ListNotificationsRequest, NotificationList

LIMIT_DEFAULT: Final = 1
"""The protocol's default page."""


async def list_notifications(
    notifications: Notifications, caller: Caller, request: ListNotificationsRequest
) -> NotificationList:
    """One page, oldest first."""
    limit = LIMIT_DEFAULT if request.limit is None else request.limit
    return await notifications.list(caller.user_id, limit=limit, cursor=request.cacheable_cursor)


async def delete_notifications(
    notifications: Notifications, caller: Caller, request: DeleteNotificationsRequest
) -> None:
    """Delete some of the caller's own; ids of others' are passed over."""
    await notifications.delete(caller.user_id, [id_.lower() for id_ in request.ids])


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {
    "ListNotifications": list_notifications,
    "DeleteNotifications": delete_notifications,
}
