"""The rules of friends."""

from __future__ import annotations

from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.notifications import Notifications


class Friends:
    """Invites, friendships and blocks between players."""

    def __init__(self, ground: Ground, accounts: Accounts, notifications: Notifications) -> None:
        self._ground = ground
