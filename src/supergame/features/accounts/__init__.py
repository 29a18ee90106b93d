"""Accounts: who the players are.

A player logs in with an id: a device's, one that the game has given out, an email address with a password. The
account behind it holds what others see of the player, and is found by every id linked to it. A login begins a
session: a pair of tokens, refreshed generation by generation until it ends or is called back.
"""

from supergame.core.feature import Feature
from supergame.features.accounts.archive import archived
from supergame.features.accounts.families import REFRESH_GRACE_SECONDS
from supergame.features.accounts.formats import email as checked_email
from supergame.features.accounts.model import (
    IDS_PER_CALL_MAX,
    METADATA_BYTES_MAX,
    VARS_BYTES_MAX,
    AccountDeleted,
    AccountMerged,
    AccountsSettings,
    CodeRequired,
    Identity,
    Login,
    PasswordChanged,
    Provider,
    WrongCredentials,
)
from supergame.features.accounts.routes import ROUTES
from supergame.features.accounts.service import Accounts
from supergame.features.accounts.tombstones import check_alive, copy_tombstones, deleted_among

__all__ = [
    "IDS_PER_CALL_MAX",
    "METADATA_BYTES_MAX",
    "REFRESH_GRACE_SECONDS",
    "VARS_BYTES_MAX",
    "AccountDeleted",
    "AccountMerged",
    "Accounts",
    "AccountsSettings",
    "CodeRequired",
    "Identity",
    "Login",
    "PasswordChanged",
    "Provider",
    "WrongCredentials",
    "archived",
    "check_alive",
    "checked_email",
    "copy_tombstones",
    "deleted_among",
    "feature",
]

feature = Feature(
    name="accounts",
    service=Accounts,
    routes=ROUTES,
    exports="export_own",
    settings=(AccountsSettings,),
    migrations="supergame.features.accounts.migrations",
)
