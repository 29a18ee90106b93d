"""The rules of parties."""

from __future__ import annotations

from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.matchmaker import Matchmaker
from supergame.features.presence import Streams


class Parties:
    """A few players who want to play together, led by one of them."""

    def __init__(self, ground: Ground, presence: Streams, accounts: Accounts, matchmaker: Matchmaker) -> None:
        self._ground = ground
