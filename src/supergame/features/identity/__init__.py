"""Identity: who a player is elsewhere, verified, and linked to the account here."""

from supergame.core.feature import Feature
from supergame.features.identity.service import Identity

__all__ = ["Identity", "feature"]

feature = Feature(name="identity", service=Identity, needs=("accounts", "friends"))
