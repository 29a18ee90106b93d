"""What one-time tokens are for, the rows of second factors, the settings, and what is said of what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

import msgspec

from supergame.core.config import Section, setting
from supergame.core.errors import BadInput


@dataclass(frozen=True)
class RecoverySettings(Section):
    """Letters with one-time tokens, and the second factor."""

    section: ClassVar[str] = "recovery"

    game_name: str = setting("supergame", "Name of the game, as letters and authenticator apps show it.")
    reset_url: str = setting(
        "", "Page on which a player chooses a new password, with {token} in it; empty for no link in the letter."
    )
    verify_url: str = setting("", "Page that proves an email address, with {token} in it; empty for no link.")
    reset_seconds: int = setting(3_600, "How long a token for a new password is good for.", minimum=60)
    verify_seconds: int = setting(86_400, "How long a token that proves an address is good for.", minimum=60)

    letters_per_hour_max: int = setting(5, "Letters asked for to one email address; 0 for no limit.", minimum=0)
    requests_per_hour_max: int = setting(60, "Letters asked for by one network address; 0 for no limit.", minimum=0)
    tokens_failed_per_hour_max: int = setting(
        60, "Tokens shown by one network address that were not good; 0 for no limit.", minimum=0
    )
    codes_failed_per_hour_max: int = setting(
        10, "Codes shown for one account that were wrong; 0 for no limit.", minimum=0
    )

    key: str = setting("defaultrecoverykey", "Key that encrypts the secrets of second factors.")


class Purpose(StrEnum):
    """What a one-time token is good for."""

    VERIFY = "verify"
    RESET = "reset"


class Holder(NamedTuple):
    """Who was sent a token, and where to."""

    user_id: str
    email: str


class SentToken(msgspec.Struct):
    """A token that was sent and not used, as archives tell it."""

    purpose: str
    email: str
    created_us: int
    expire_us: int


class TotpRow(NamedTuple):
    """A second factor; the secret is encrypted."""

    secret: str
    last_counter: int
    enabled_us: int | None


class BadToken(BadInput):
    """Token invalid or expired."""


class BadCode(BadInput):
    """Code invalid or used already."""
