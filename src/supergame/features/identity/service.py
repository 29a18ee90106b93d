"""The rules of identity."""

from __future__ import annotations

from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.friends import Friends


class Identity:
    """Who a player is elsewhere, verified, and linked to the account here."""

    def __init__(self, ground: Ground, accounts: Accounts, friends: Friends) -> None:
        self._ground = ground
