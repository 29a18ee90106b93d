"""Logins, links and imports over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from supergame.edge import Caller
from supergame.features.accounts import Login
from supergame.features.identity.model import GameCenterProof, OpenIdProof
from supergame.features.identity.service import Identity
from supergame.protocol.friends import ImportFacebookFriendsRequest, ImportSteamFriendsRequest
from supergame.protocol.identity import (
    AccountApple,
    AccountFacebook,
    AccountFacebookInstantGame,
    AccountGameCenter,
    AccountGoogle,
    AccountLink,
    AccountLinks,
    AccountOpenId,
    AccountSteam,
    AuthenticateAppleRequest,
    AuthenticateFacebookInstantGameRequest,
    AuthenticateFacebookRequest,
    AuthenticateGameCenterRequest,
    AuthenticateGoogleRequest,
    AuthenticateOpenIdRequest,
    AuthenticateSteamRequest,
    LinkFacebookRequest,
    LinkOpenIdRequest,
    LinkSteamRequest,
    UnlinkOpenIdRequest,
)
from supergame.protocol.session import Session
from supergame.protocol.types import Empty, timestamp


async def authenticate_apple(service: Identity, caller: Caller, request: AuthenticateAppleRequest) -> Session:
    """Log in with Apple."""
    account = request.account or AccountApple()
    login = await service.authenticate_apple(
        account.token, username=request.username, create=request.create is not False
    )
    return await _session(service, login, account.vars)


async def authenticate_facebook(service: Identity, caller: Caller, request: AuthenticateFacebookRequest) -> Session:
    """Log in with Facebook."""
    account = request.account or AccountFacebook()
    login = await service.authenticate_facebook(
        account.token, username=request.username, create=request.create is not False, sync=request.sync is True
    )
    return await _session(service, login, account.vars)


async def authenticate_facebook_instant_game(
    service: Identity, caller: Caller, request: AuthenticateFacebookInstantGameRequest
) -> Session:
    """Log in from an Instant Game."""
    account = request.account or AccountFacebookInstantGame()
    login = await service.authenticate_facebook_instant_game(
        account.signed_player_info, username=request.username, create=request.create is not False
    )
    return await _session(service, login, account.vars)


async def authenticate_gamecenter(service: Identity, caller: Caller, request: AuthenticateGameCenterRequest) -> Session:
    """Log in with Game Center."""
    account = request.account or AccountGameCenter()
    login = await service.authenticate_gamecenter(
        _gamecenter(account), username=request.username, create=request.create is not False
    )
    return await _session(service, login, account.vars)


async def authenticate_google(service: Identity, caller: Caller, request: AuthenticateGoogleRequest) -> Session:
    """Log in with Google."""
    account = request.account or AccountGoogle()
    login = await service.authenticate_google(
        account.token, username=request.username, create=request.create is not False
    )
    return await _session(service, login, account.vars)


async def authenticate_steam(service: Identity, caller: Caller, request: AuthenticateSteamRequest) -> Session:
    """Log in with Steam."""
    account = request.account or AccountSteam()
    login = await service.authenticate_steam(
        account.token, username=request.username, create=request.create is not False, sync=request.sync is True
    )
    return await _session(service, login, account.vars)


async def authenticate_openid(service: Identity, caller: Caller, request: AuthenticateOpenIdRequest) -> Session:
    """Log in with a provider of the settings."""
    account = request.account or AccountOpenId()
    login = await service.authenticate_openid(
        request.provider, _openid(account), username=request.username, create=request.create is not False
    )
    return await _session(service, login, account.vars)


def link_apple(service: Identity, caller: Caller, request: AccountApple) -> Awaitable[None]:
    """Add an Apple account."""
    return service.link_apple(caller.user_id, request.token)


def link_facebook(service: Identity, caller: Caller, request: LinkFacebookRequest) -> Awaitable[None]:
    """Add a Facebook account."""
    account = request.account or AccountFacebook()
    return service.link_facebook(caller.user_id, account.token, sync=request.sync is True)


def link_facebook_instant_game(
    service: Identity, caller: Caller, request: AccountFacebookInstantGame
) -> Awaitable[None]:
    """Add an Instant Games player."""
    return service.link_facebook_instant_game(caller.user_id, request.signed_player_info)


def link_gamecenter(service: Identity, caller: Caller, request: AccountGameCenter) -> Awaitable[None]:
    """Add a Game Center player."""
    return service.link_gamecenter(caller.user_id, _gamecenter(request))


def link_google(service: Identity, caller: Caller, request: AccountGoogle) -> Awaitable[None]:
    """Add a Google account."""
    return service.link_google(caller.user_id, request.token)


def link_steam(service: Identity, caller: Caller, request: LinkSteamRequest) -> Awaitable[None]:
    """Add a Steam account."""
    account = request.account or AccountSteam()
    return service.link_steam(caller.user_id, account.token, sync=request.sync is True)


def link_openid(service: Identity, caller: Caller, request: LinkOpenIdRequest) -> Awaitable[None]:
    """Add an account of a provider of the settings."""
    return service.link_openid(caller.user_id, request.provider, _openid(request.account or AccountOpenId()))


def unlink_apple(service: Identity, caller: Caller, request: AccountApple) -> Awaitable[None]:
    """Remove the Apple account."""
    return service.unlink_apple(caller.user_id, request.token)


def unlink_facebook(service: Identity, caller: Caller, request: AccountFacebook) -> Awaitable[None]:
    """Remove the Facebook account."""
    return service.unlink_facebook(caller.user_id, request.token)


def unlink_facebook_instant_game(
    service: Identity, caller: Caller, request: AccountFacebookInstantGame
) -> Awaitable[None]:
    """Remove the Instant Games player."""
    return service.unlink_facebook_instant_game(caller.user_id, request.signed_player_info)


def unlink_gamecenter(service: Identity, caller: Caller, request: AccountGameCenter) -> Awaitable[None]:
    """Remove the Game Center player."""
    return service.unlink_gamecenter(caller.user_id, _gamecenter(request) if request.player_id else None)


def unlink_google(service: Identity, caller: Caller, request: AccountGoogle) -> Awaitable[None]:
    """Remove the Google account."""
    return service.unlink_google(caller.user_id, request.token)


def unlink_steam(service: Identity, caller: Caller, request: AccountSteam) -> Awaitable[None]:
    """Remove the Steam account."""
    return service.unlink_steam(caller.user_id, request.token)


def unlink_openid(service: Identity, caller: Caller, request: UnlinkOpenIdRequest) -> Awaitable[None]:
    """Remove the account of a provider of the settings."""
    return service.unlink_openid(caller.user_id, request.provider)


async def list_links(service: Identity, caller: Caller, request: Empty) -> AccountLinks:
    """List one's own ways to log in."""
    links = await service.links(caller.user_id)
    return AccountLinks([AccountLink(link.provider, link.external_id, timestamp(link.linked_us)) for link in links])


async def import_facebook_friends(service: Identity, caller: Caller, request: ImportFacebookFriendsRequest) -> None:
    """Make friends of those who are friends on Facebook."""
    account = request.account or AccountFacebook()
    await service.import_facebook_friends(caller.user_id, account.token, reset=request.reset is True)


async def import_steam_friends(service: Identity, caller: Caller, request: ImportSteamFriendsRequest) -> None:
    """Make friends of those who are friends on Steam."""
    account = request.account or AccountSteam()
    await service.import_steam_friends(caller.user_id, account.token, reset=request.reset is True)


async def _session(service: Identity, login: Login, variables: dict[str, str]) -> Session:
    pair = await service.begin_session(login, variables)
    return Session(login.created, pair.token, pair.refresh_token)


def _gamecenter(account: AccountGameCenter) -> GameCenterProof:
    return GameCenterProof(
        account.player_id,
        account.bundle_id,
        account.timestamp_seconds,
        account.salt,
        account.signature,
        account.public_key_url,
    )


def _openid(account: AccountOpenId) -> OpenIdProof:
    return OpenIdProof(account.token, account.code, account.code_verifier, account.redirect_uri, account.nonce)


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {
    "AuthenticateApple": authenticate_apple,
    "AuthenticateFacebook": authenticate_facebook,
    "AuthenticateFacebookInstantGame": authenticate_facebook_instant_game,
    "AuthenticateGameCenter": authenticate_gamecenter,
    "AuthenticateGoogle": authenticate_google,
    "AuthenticateOpenId": authenticate_openid,
    "AuthenticateSteam": authenticate_steam,
    "ImportFacebookFriends": import_facebook_friends,
    "ImportSteamFriends": import_steam_friends,
    "LinkApple": link_apple,
    "LinkFacebook": link_facebook,
    "LinkFacebookInstantGame": link_facebook_instant_game,
    "LinkGameCenter": link_gamecenter,
    "LinkGoogle": link_google,
    "LinkOpenId": link_openid,
    "LinkSteam": link_steam,
    "ListLinks": list_links,
    "UnlinkApple": unlink_apple,
    "UnlinkFacebook": unlink_facebook,
    "UnlinkFacebookInstantGame": unlink_facebook_instant_game,
    "UnlinkGameCenter": unlink_gamecenter,
    "UnlinkGoogle": unlink_google,
    "UnlinkOpenId": unlink_openid,
    "UnlinkSteam": unlink_steam,
}
