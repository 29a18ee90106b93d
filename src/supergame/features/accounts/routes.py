"""HTTP operations on accounts, users and sessions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from supergame.core.errors import BadInput
from supergame.core.ids import is_uuid
from supergame.edge import Caller, TokenPair
from supergame.features.accounts.model import CODE_VAR, IDS_PER_CALL_MAX
from supergame.features.accounts.service import Accounts
from supergame.protocol.accounts import (
    Account,
    AccountArchive,
    AccountCustom,
    AccountDevice,
    AccountEmail,
    AuthenticateCustomRequest,
    AuthenticateDeviceRequest,
    AuthenticateEmailRequest,
    UpdateAccountRequest,
)
from supergame.protocol.session import Session, SessionLogoutRequest, SessionRefreshRequest
from supergame.protocol.types import Empty
from supergame.protocol.users import GetUsersRequest, Users


async def authenticate_device(service: Accounts, caller: Caller, request: AuthenticateDeviceRequest) -> Session:
    """Log in with a device."""
    account = request.account or AccountDevice()
    login = await service.authenticate_device(account.id, username=request.username, create=request.create is not False)
    return _session(await service.begin_session(login, account.vars), login.created)


async def authenticate_custom(service: Accounts, caller: Caller, request: AuthenticateCustomRequest) -> Session:
    """Log in with a custom id."""
    account = request.account or AccountCustom()
    login = await service.authenticate_custom(account.id, username=request.username, create=request.create is not False)
    return _session(await service.begin_session(login, account.vars), login.created)


async def authenticate_email(service: Accounts, caller: Caller, request: AuthenticateEmailRequest) -> Session:
    """Log in with an email address, or without one with a username, and a password."""
    account = request.account or AccountEmail()
    proof = {"code": account.vars.pop(CODE_VAR, ""), "address": caller.address}
    if account.email:
        login = await service.authenticate_email(
            account.email, account.password, username=request.username, create=request.create is not False, **proof
        )
    else:
        login = await service.authenticate_username(request.username, account.password, **proof)
    return _session(await service.begin_session(login, account.vars), login.created)


async def refresh_session(service: Accounts, caller: Caller, request: SessionRefreshRequest) -> Session:
    """Exchange a refresh token for a new pair."""
    return _session(await service.session_refresh(request.token, request.vars))


def logout(service: Accounts, caller: Caller, request: SessionLogoutRequest) -> Awaitable[None]:
    """End one session, or all."""
    return service.session_logout(caller.user_id, request.token, request.refresh_token)


async def get_account(service: Accounts, caller: Caller, request: Empty) -> Account:
    """Read one's own account; when it was closed is for operators to see."""
    account = await service.get(caller.user_id)
    account.disable_time = None
    return account


def update_account(service: Accounts, caller: Caller, request: UpdateAccountRequest) -> Awaitable[None]:
    """Change one's own account."""
    return service.update(
        caller.user_id,
        username=request.username,
        display_name=request.display_name,
        avatar_url=request.avatar_url,
        lang_tag=request.lang_tag,
        location=request.location,
        timezone=request.timezone,
    )


async def export_account(service: Accounts, caller: Caller, request: Empty) -> AccountArchive:
    """Ask for all that is kept on oneself."""
    archive = await service.export_asked_for(caller.user_id)
    return AccountArchive(caller.user_id, archive.decode())


def delete_account(service: Accounts, caller: Caller, request: Empty) -> Awaitable[None]:
    """Delete one's own account."""
    return service.delete(caller.user_id)


async def get_users(service: Accounts, caller: Caller, request: GetUsersRequest) -> Users:
    """Look up users, by any of three names."""
    for user_id in request.ids:
        if not is_uuid(user_id.lower()):
            raise BadInput(f"ID '{user_id}' is not a valid system ID.")
    if len(request.ids) + len(request.usernames) + len(request.facebook_ids) > IDS_PER_CALL_MAX:
        raise BadInput(f"At most {IDS_PER_CALL_MAX} users can be asked for at a time.")
    user_ids = [user_id.lower() for user_id in request.ids]
    return Users(await service.users(user_ids, request.usernames, request.facebook_ids))


def link_device(service: Accounts, caller: Caller, request: AccountDevice) -> Awaitable[None]:
    """Add a device."""
    return service.link_device(caller.user_id, request.id)


def link_custom(service: Accounts, caller: Caller, request: AccountCustom) -> Awaitable[None]:
    """Add a custom id."""
    return service.link_custom(caller.user_id, request.id)


def link_email(service: Accounts, caller: Caller, request: AccountEmail) -> Awaitable[None]:
    """Add an email address and a password."""
    return service.link_email(
        caller.user_id, request.email, request.password, family=caller.family, address=caller.address
    )


def unlink_device(service: Accounts, caller: Caller, request: AccountDevice) -> Awaitable[None]:
    """Remove a device."""
    return service.unlink_device(caller.user_id, request.id)


def unlink_custom(service: Accounts, caller: Caller, request: AccountCustom) -> Awaitable[None]:
    """Remove the custom id."""
    return service.unlink_custom(caller.user_id, request.id)


def unlink_email(service: Accounts, caller: Caller, request: AccountEmail) -> Awaitable[None]:
    """Remove the email address."""
    return service.unlink_email(caller.user_id, request.email, family=caller.family)


def _session(pair: TokenPair, created: bool = False) -> Session:
    return Session(created, pair.token, pair.refresh_token)


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {
    "AuthenticateCustom": authenticate_custom,
    "AuthenticateDevice": authenticate_device,
    "AuthenticateEmail": authenticate_email,
    "DeleteAccount": delete_account,
    "ExportAccount": export_account,
    "GetAccount": get_account,
    "GetUsers": get_users,
    "LinkCustom": link_custom,
    "LinkDevice": link_device,
    "LinkEmail": link_email,
    "SessionLogout": logout,
    "SessionRefresh": refresh_session,
    "UnlinkCustom": unlink_custom,
    "UnlinkDevice": unlink_device,
    "UnlinkEmail": unlink_email,
    "UpdateAccount": update_account,
}
