"""What an account is, what its parts are called, and what happens to it that others want to know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final, Literal, NamedTuple, TypeAlias

import msgspec

from supergame.core.config import Section, setting
from supergame.core.errors import Unauthenticated

DEVICES_PER_ACCOUNT_MAX: Final = 100
"""Devices that one account may be linked to."""

IDS_PER_CALL_MAX: Final = 100
"""Users that a client may ask for at a time, by id and username together."""

METADATA_BYTES_MAX: Final = 65_536
"""An account's metadata as JSON."""

CODE_VAR: Final = "totp"
"""The session variable in which clients send a one-time code with their password; it is taken out."""

VARS_BYTES_MAX: Final = 4_096
"""A session's variables as JSON; they travel with every request, inside the token."""


@dataclass(frozen=True)
class AccountsSettings(Section):
    """Settings of accounts: how many sessions a player may have, and what a password's hash costs."""

    section: ClassVar[str] = "accounts"

    single_socket: bool = setting(False, "Whether a player's new socket ends those opened before.")
    single_session: bool = setting(
        False, "Whether a login ends the player's earlier sessions; it then costs a transaction."
    )

    # The defaults are OWASP's for argon2id. Changed ones take effect for each password at its next login.
    password_memory_kib: int = setting(19_456, "Memory that hashing a password takes, in KiB.", minimum=8)
    password_rounds: int = setting(2, "Passes over that memory.", minimum=1)
    password_threads: int = setting(2, "Passwords that are hashed at a time.", minimum=1)
    passwords_waiting_max: int = setting(
        256, "Passwords hashed or waiting for it; more logins are asked to try again.", minimum=1
    )
    passwords_waiting_per_address_max: int = setting(64, "The same from one address.", minimum=1)
    login_failures_max: int = setting(
        20,
        "Failed logins with a password to one account from one address, before the next has to wait; 0: any.",
        minimum=0,
    )
    login_failures_per_account_max: int = setting(
        100, "The same to one account from all addresses where it was not logged in to before.", minimum=0
    )
    login_failures_per_address_max: int = setting(300, "The same from one address to all accounts.", minimum=0)
    login_failures_seconds: int = setting(3_600, "How long it takes until as many may fail again.", minimum=1)
    archive_bytes_max: int = setting(
        64 * 1024 * 1024, "Length of the archive of all that is kept on one player.", minimum=1
    )
    archives_per_hour: float = setting(
        4.0, "How often players may ask for their archive in the long run; 0: as they like.", minimum=0.0
    )
    archives_burst: int = setting(2, "How many archives players may ask for in a row.", minimum=1)


class Provider(StrEnum):
    """What kind of id somebody logs in with. Further kinds, `openid:<name>`, are named by whoever runs the server."""

    DEVICE = "device"
    CUSTOM = "custom"
    EMAIL = "email"
    APPLE = "apple"
    FACEBOOK = "facebook"
    FACEBOOK_INSTANT_GAME = "facebookinstantgame"
    GAMECENTER = "gamecenter"
    GOOGLE = "google"
    STEAM = "steam"


class WrongCredentials(Unauthenticated):
    """Invalid credentials."""


class CodeRequired(Unauthenticated):
    """One-time code required."""


SecondFactor: TypeAlias = Callable[[str, str], Awaitable[None]]
"""(user id, code): raises CodeRequired or WrongCredentials where the account asks for a code that this is not."""


class Holder(NamedTuple):
    """Whose id it is, as a login needs to know it."""

    user_id: str
    username: str
    disabled_us: int | None
    password_hash: str | None


class Identity(msgspec.Struct, frozen=True):
    """An id that a player logs in with."""

    provider: str
    external_id: str
    linked_us: int


class Login(NamedTuple):
    """Somebody has shown who they are; `created` says whether the account is new."""

    user_id: str
    username: str
    created: bool
    seen_us: int
    """A moment before the account was read: tokens called back since then are this login's as well."""


class Family(NamedTuple):
    """A family of tokens that was refreshed, and what its newest pair says. `vars` is JSON."""

    generation: int
    rotated_us: int
    username: str
    vars: str
    expire_us: int


class Revocation(msgspec.Struct, frozen=True):
    """Tokens called back: those of a family, or those of a user made before a moment, or of these the others."""

    kind: Literal["family", "user", "others"]
    id: str
    issued_before_us: int
    expire_us: int
    """When the last of them has expired anyway."""
    kept: str = ""
    """The family of the user's that goes on, where the others are called back."""
    banned: bool = False
    """Whether it is because of a ban, which connected clients are told of. Not kept."""


class PasswordChanged(msgspec.Struct, frozen=True):
    """A player's password is being replaced or taken away."""

    user_id: str


class AccountMerged(msgspec.Struct, frozen=True):
    """One account is being merged into another of the same player.

    Whoever keeps rows about players moves those of `from_id` to `into_id`, deciding what wins where both have one.
    AccountDeleted of `from_id` follows in the same transaction: what was not moved by then is forgotten.
    """

    from_id: str
    into_id: str


class AccountDeleted(msgspec.Struct, frozen=True):
    """An account is being deleted, and everything about that player with it."""

    user_id: str
