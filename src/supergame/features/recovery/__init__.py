"""Recovery: verified email addresses, forgotten passwords, and a second factor.

Whoever gets a letter at an address shows it by the one-time token inside, which proves the address or sets a new
password. A second factor makes logins with a password ask for a code from an authenticator app besides; recovery codes
do in its place once each.
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted, AccountMerged, PasswordChanged
from supergame.features.recovery.letters import Letter, Letters, Notice
from supergame.features.recovery.model import BadCode, BadToken, RecoverySettings
from supergame.features.recovery.routes import ROUTES
from supergame.features.recovery.service import Recovery

__all__ = ["BadCode", "BadToken", "Letter", "Letters", "Notice", "Recovery", "RecoverySettings", "feature"]

feature = Feature(
    name="recovery",
    service=Recovery,
    needs=("accounts", "mail"),
    routes=ROUTES,
    settings=(RecoverySettings,),
    within={AccountDeleted: "forget", AccountMerged: "absorb", PasswordChanged: "void_tokens"},
    exports="export",
    migrations="supergame.features.recovery.migrations",
)
