"""Notifications: what the game or the server has to tell one player, now and for as long as it is kept.

A persistent notification is stored until the player deletes it; any other is seen by whoever is connected and by
nobody else. Codes above zero are the game's own, those below are the server's (`NotificationCode`).
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.notifications.model import Draft
from supergame.features.notifications.routes import ROUTES
from supergame.features.notifications.service import STORED_PER_USER_MAX, Notifications
from supergame.protocol.notifications import NotificationCode

__all__ = ["STORED_PER_USER_MAX", "Draft", "NotificationCode", "Notifications", "feature"]

feature = Feature(
    name="notifications",
    service=Notifications,
    needs=("accounts",),
    routes=ROUTES,
    within={AccountDeleted: "forget", AccountMerged: "absorb"},
    exports="export",
    migrations="supergame.features.notifications.migrations",
)
