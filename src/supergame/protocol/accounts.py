"""Accounts: ways to authenticate, to link and unlink them, and what a player may see and change of their own."""

from __future__ import annotations

from supergame.protocol.operation import Auth, Binding, Event, Operation, Realtime
from supergame.protocol.session import Session
from supergame.protocol.types import Empty, Message, Timestamp
from supergame.protocol.users import User


class AccountCustom(Message):
    """An id that the game itself has given out, 6 to 128 bytes; `vars` go into the session token."""

    id: str = ""
    vars: dict[str, str] = {}


class AccountDevice(Message):
    """A device's id, 10 to 128 bytes; `vars` go into the session token."""

    id: str = ""
    vars: dict[str, str] = {}


class AccountEmail(Message):
    """An email address (or the account's username instead) with its password; `vars` go into the session token."""

    email: str = ""
    password: str = ""
    vars: dict[str, str] = {}


class AuthenticateCustomRequest(Message):
    """The game's own id; `create` (true unless said otherwise) makes the account if there is none."""

    account: AccountCustom | None = None
    create: bool | None = None
    username: str = ""


class AuthenticateDeviceRequest(Message):
    """A device; `create` (true unless said otherwise) makes the account if there is none."""

    account: AccountDevice | None = None
    create: bool | None = None
    username: str = ""


class AuthenticateEmailRequest(Message):
    """An email address and password; `create` (true unless said otherwise) makes the account if there is none."""

    account: AccountEmail | None = None
    create: bool | None = None
    username: str = ""


class Account(Message):
    """A player's own account: what others see, and what only they do. `wallet` is JSON in text."""

    user: User | None = None
    wallet: str = ""
    email: str = ""
    devices: list[AccountDevice] = []
    custom_id: str = ""
    verify_time: Timestamp | None = None
    disable_time: Timestamp | None = None


class AccountArchive(Message):
    """Everything that is kept on a player; `archive` is JSON in text, an object by feature."""

    user_id: str = ""
    archive: str = ""


class UpdateAccountRequest(Message):
    """The fields to change; what is not set stays as it is."""

    username: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    lang_tag: str | None = None
    location: str | None = None
    timezone: str | None = None


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="AuthenticateCustom",
        bindings=(Binding("POST", "/v2/account/authenticate/custom", "account"),),
        request=AuthenticateCustomRequest,
        response=Session,
        auth=Auth.SERVER_KEY,
        summary="Authenticate with an id that the game has given out.",
    ),
    Operation(
        name="AuthenticateDevice",
        bindings=(Binding("POST", "/v2/account/authenticate/device", "account"),),
        request=AuthenticateDeviceRequest,
        response=Session,
        auth=Auth.SERVER_KEY,
        summary="Authenticate with a device's id.",
    ),
    Operation(
        name="AuthenticateEmail",
        bindings=(Binding("POST", "/v2/account/authenticate/email", "account"),),
        request=AuthenticateEmailRequest,
        response=Session,
        auth=Auth.SERVER_KEY,
        summary="Authenticate with an email address or username, and a password.",
    ),
    Operation(
        name="LinkCustom",
        bindings=(Binding("POST", "/v2/account/link/custom", "*"),),
        request=AccountCustom,
        response=Empty,
        summary="Add a custom id to the player's ways of authenticating.",
    ),
    Operation(
        name="LinkDevice",
        bindings=(Binding("POST", "/v2/account/link/device", "*"),),
        request=AccountDevice,
        response=Empty,
        summary="Add a device to the player's ways of authenticating.",
    ),
    Operation(
        name="LinkEmail",
        bindings=(Binding("POST", "/v2/account/link/email", "*"),),
        request=AccountEmail,
        response=Empty,
        summary="Add an email address and password to the player's ways of authenticating.",
    ),
    Operation(
        name="UnlinkCustom",
        bindings=(Binding("POST", "/v2/account/unlink/custom", "*"),),
        request=AccountCustom,
        response=Empty,
        summary="Remove the custom id; the last way of authenticating cannot be removed.",
    ),
    Operation(
        name="UnlinkDevice",
        bindings=(Binding("POST", "/v2/account/unlink/device", "*"),),
        request=AccountDevice,
        response=Empty,
        summary="Remove a device; the last way of authenticating cannot be removed.",
    ),
    Operation(
        name="UnlinkEmail",
        bindings=(Binding("POST", "/v2/account/unlink/email", "*"),),
        request=AccountEmail,
        response=Empty,
        summary="Remove the email address; the last way of authenticating cannot be removed.",
    ),
    Operation(
        name="GetAccount",
        bindings=(Binding("GET", "/v2/account"),),
        request=Empty,
        response=Account,
        summary="Get the player's own account.",
    ),
    Operation(
        name="UpdateAccount",
        bindings=(Binding("PUT", "/v2/account", "*"),),
        request=UpdateAccountRequest,
        response=Empty,
        summary="Change fields of the player's own account.",
    ),
    Operation(
        name="DeleteAccount",
        bindings=(Binding("DELETE", "/v2/account"),),
        request=Empty,
        response=Empty,
        summary="Delete the player's own account with all that belongs to it.",
    ),
    Operation(
        name="ExportAccount",
        bindings=(Binding("GET", "/v3/account/export"),),
        request=Empty,
        response=AccountArchive,
        summary="Get everything that is kept on the player, as one archive.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
