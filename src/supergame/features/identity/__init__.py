"""Identity: who a player is elsewhere, verified, and linked to the account here.

Players may log in with Apple, Facebook, Facebook Instant Games, Game Center, Google, Steam, and with any provider that
speaks OpenID Connect or OAuth 2: each is switched on by its settings. One account may be linked to all of them.
"""

from supergame.core.feature import Feature
from supergame.features.identity.model import ExternalIdentity, GameCenterProof, OpenIdProof
from supergame.features.identity.routes import ROUTES
from supergame.features.identity.service import Identity
from supergame.features.identity.settings import IdentitySettings, OpenIdSettings

__all__ = [
    "ExternalIdentity",
    "GameCenterProof",
    "Identity",
    "IdentitySettings",
    "OpenIdProof",
    "OpenIdSettings",
    "feature",
]

feature = Feature(
    name="identity",
    service=Identity,
    needs=("accounts", "friends"),
    routes=ROUTES,
    settings=(IdentitySettings,),
    migrations="supergame.features.identity.migrations",
)
