"""The rules of recovery."""

from __future__ import annotations

from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.mail import Mail


class Recovery:
    """Verified email addresses, forgotten passwords, and a second factor."""

    def __init__(self, ground: Ground, accounts: Accounts, mail: Mail) -> None:
        self._ground = ground
