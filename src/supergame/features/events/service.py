"""The rules of events."""

from __future__ import annotations

from supergame.core.feature import Ground
from supergame.features.accounts import Accounts


class CustomEvents:
    """What clients and game code report, handed to whoever listens."""

    def __init__(self, ground: Ground, accounts: Accounts) -> None:
        self._ground = ground
