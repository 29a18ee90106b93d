"""What clients of the protocol expect to hear before the server closes their sockets."""

from __future__ import annotations

from datetime import UTC, datetime

from supergame.core.feature import Ground
from supergame.protocol.notifications import Notification, NotificationCode, Notifications


def notice(ground: Ground, code: NotificationCode, subject: str) -> Notifications:
    """A notification of the system's that is told now and kept nowhere."""
    now = datetime.fromtimestamp(ground.clock.now_seconds(), UTC)
    return Notifications([Notification(ground.ids.uuid(), subject, "{}", int(code), create_time=now)])
