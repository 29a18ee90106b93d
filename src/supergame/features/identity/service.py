"""The rules of identity: logins and links with what other platforms vouch for, and the friends players have there."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from supergame.core.errors import BadInput, SupergameError, Unauthenticated
from supergame.core.feature import Ground
from supergame.edge import TokenPair
from supergame.features.accounts import Accounts, Login
from supergame.features.accounts import Identity as LinkedIdentity
from supergame.features.accounts import Provider as Platform
from supergame.features.friends import IMPORTED_MAX, Friends
from supergame.features.identity.model import (
    OPENID_PREFIX,
    ExternalIdentity,
    GameCenterProof,
    OpenIdProof,
    Rejected,
)
from supergame.features.identity.providers import LABELS, Providers, label, switched_on
from supergame.features.identity.settings import IdentitySettings, check

REASON_CHARS_MAX: Final = 200
"""What is told of why a proof was rejected: it may repeat parts of the proof, and is a header, too."""

Proof: TypeAlias = str | GameCenterProof | OpenIdProof


class Identity:
    """Who a player is elsewhere, verified, and linked to the account here.

    What verifies raises NotConfigured for a platform that is switched off, BadInput where something is missing,
    Unauthenticated for what proves nothing, and Unavailable when the platform does not answer.
    """

    def __init__(self, ground: Ground, accounts: Accounts, friends: Friends) -> None:
        self._ground, self._log = ground, ground.log
        self._accounts, self._friends = accounts, friends
        self._settings = ground.config.section(IdentitySettings)
        check(self._settings)
        self._providers = Providers()

    async def start(self) -> None:
        """Make the providers ready that the settings switch on. Raises BadSetting."""
        if switched_on(self._settings):
            from supergame.features.identity.assembly import assemble

            self._providers = assemble(self._ground, self._settings)

    async def stop(self) -> None:
        """Let go of the connections to the providers."""
        await self._providers.close()

    # Authentication

    async def authenticate_apple(self, token: str, *, username: str = "", create: bool = True) -> Login:
        """Log in with an id token of Apple; `username` is for a new account, one is made up without it.

        Raises as the class says; then NotFound without an account where none is to be made, Conflict for a taken
        username, Banned.
        """
        return await self._login(Platform.APPLE, _apple(token), username, create)

    async def authenticate_facebook(
        self, token: str, *, username: str = "", create: bool = True, sync: bool = False
    ) -> Login:
        """Log in with an access token of Facebook, or an id token of its Limited Login. Raises as the others do.

        With `sync`, friends are imported; a login does not fail when they cannot be.
        """
        return await self._login(Platform.FACEBOOK, _facebook(token), username, create, sync)

    async def authenticate_facebook_instant_game(
        self, signed_player_info: str, *, username: str = "", create: bool = True
    ) -> Login:
        """Log in with the signed player info of an Instant Game. Raises as the others do."""
        return await self._login(Platform.FACEBOOK_INSTANT_GAME, _instant_game(signed_player_info), username, create)

    async def authenticate_gamecenter(
        self, proof: GameCenterProof, *, username: str = "", create: bool = True
    ) -> Login:
        """Log in with what Game Center's `fetchItems` has given.

        Raises as the others do, and TooMany where too many come with certificates that are unknown.
        """
        return await self._login(Platform.GAMECENTER, _gamecenter(proof), username, create)

    async def authenticate_google(self, token: str, *, username: str = "", create: bool = True) -> Login:
        """Log in with an id token of Google, or a server auth code of Play Games. Raises as the others do."""
        return await self._login(Platform.GOOGLE, _google(token), username, create)

    async def authenticate_steam(
        self, token: str, *, username: str = "", create: bool = True, sync: bool = False
    ) -> Login:
        """Log in with a session ticket of Steam. Raises as the others do; `sync` is as for Facebook."""
        return await self._login(Platform.STEAM, _steam(token), username, create, sync)

    async def authenticate_openid(
        self, provider: str, proof: OpenIdProof, *, username: str = "", create: bool = True
    ) -> Login:
        """Log in with a provider of the settings, `[identity.openid.<provider>]`. Raises as the others do."""
        return await self._login(OPENID_PREFIX + provider, _openid(proof), username, create)

    def begin_session(
        self,
        login: Login,
        vars: dict[str, str] | None = None,  # noqa: A002 - the protocol's word
    ) -> Awaitable[TokenPair]:
        """The tokens for somebody who has just logged in: see `accounts.begin_session`."""
        return self._accounts.begin_session(login, vars)

    # Links

    async def link_apple(self, user_id: str, token: str) -> None:
        """Let a player log in with an Apple account, instead of the one before.

        Raises as the class says; then Conflict when it is somebody else's, NotFound without an account.
        """
        await self._link(user_id, Platform.APPLE, _apple(token))

    async def link_facebook(self, user_id: str, token: str, *, sync: bool = False) -> None:
        """Let a player log in with a Facebook account. Raises as the others do; `sync` imports friends."""
        await self._link(user_id, Platform.FACEBOOK, _facebook(token), sync)

    async def link_facebook_instant_game(self, user_id: str, signed_player_info: str) -> None:
        """Let a player log in from an Instant Game. Raises as the others do."""
        await self._link(user_id, Platform.FACEBOOK_INSTANT_GAME, _instant_game(signed_player_info))

    async def link_gamecenter(self, user_id: str, proof: GameCenterProof) -> None:
        """Let a player log in with Game Center. Raises as the others do."""
        await self._link(user_id, Platform.GAMECENTER, _gamecenter(proof))

    async def link_google(self, user_id: str, token: str) -> None:
        """Let a player log in with a Google account. Raises as the others do."""
        await self._link(user_id, Platform.GOOGLE, _google(token))

    async def link_steam(self, user_id: str, token: str, *, sync: bool = False) -> None:
        """Let a player log in with a Steam account. Raises as the others do; `sync` imports friends."""
        await self._link(user_id, Platform.STEAM, _steam(token), sync)

    async def link_openid(self, user_id: str, provider: str, proof: OpenIdProof) -> None:
        """Let a player log in with a provider of the settings. Raises as the others do."""
        await self._link(user_id, OPENID_PREFIX + provider, _openid(proof))

    async def unlink_apple(self, user_id: str, token: str = "") -> None:
        """Take the Apple account away; with a token, only if it is that one.

        Raises Refused when it is not linked or is the last way to log in; with a token, as the class says as well.
        """
        await self._unlink(user_id, Platform.APPLE, token)

    async def unlink_facebook(self, user_id: str, token: str = "") -> None:
        """Take the Facebook account away. Raises as `unlink_apple` does."""
        await self._unlink(user_id, Platform.FACEBOOK, token)

    async def unlink_facebook_instant_game(self, user_id: str, signed_player_info: str = "") -> None:
        """Take the Instant Games player away. Raises as `unlink_apple` does."""
        await self._unlink(user_id, Platform.FACEBOOK_INSTANT_GAME, signed_player_info)

    async def unlink_gamecenter(self, user_id: str, proof: GameCenterProof | None = None) -> None:
        """Take the Game Center player away. Raises as `unlink_apple` does."""
        await self._unlink(user_id, Platform.GAMECENTER, None if proof is None else _gamecenter(proof))

    async def unlink_google(self, user_id: str, token: str = "") -> None:
        """Take the Google account away. Raises as `unlink_apple` does."""
        await self._unlink(user_id, Platform.GOOGLE, token)

    async def unlink_steam(self, user_id: str, token: str = "") -> None:
        """Take the Steam account away. Raises as `unlink_apple` does."""
        await self._unlink(user_id, Platform.STEAM, token)

    async def unlink_openid(self, user_id: str, provider: str) -> None:
        """Take the account with a provider of the settings away. Raises as `unlink_apple` does."""
        await self._unlink(user_id, OPENID_PREFIX + provider, None)

    def links(self, user_id: str) -> Awaitable[list[LinkedIdentity]]:
        """Every way to log in that a player has, newest first."""
        return self._accounts.links(user_id)

    # Friends

    async def import_facebook_friends(self, user_id: str, token: str, *, reset: bool = False) -> int:
        """Make friends of a player and their friends on Facebook who play here; how many are new.

        With `reset` all other friendships end. Raises as the class says, as `friends.import_friends` does, and Refused
        where the player keeps their friends there to themselves.
        """
        who = await self._verify(Platform.FACEBOOK, _facebook(token))
        return await self._import(user_id, token, who, reset=reset)

    async def import_steam_friends(self, user_id: str, token: str, *, reset: bool = False) -> int:
        """Make friends of a player and their friends on Steam who play here. As `import_facebook_friends`."""
        who = await self._verify(Platform.STEAM, _steam(token))
        return await self._import(user_id, token, who, reset=reset)

    # What all have in common

    async def _login(self, provider: str, proof: Proof, username: str, create: bool, sync: bool = False) -> Login:
        who = await self._verify(provider, proof)
        login = await self._accounts.authenticate_verified(
            who.provider, who.external_id, username=username, create=create
        )
        if login.created and who.name and self._settings.display_names:
            await self._accounts.update(login.user_id, display_name=who.name)
        if sync:
            await self._sync(login.user_id, proof, who)
        return login

    async def _link(self, user_id: str, provider: str, proof: Proof, sync: bool = False) -> None:
        who = await self._verify(provider, proof)
        await self._accounts.link_verified(user_id, who.provider, who.external_id)
        if sync:
            await self._sync(user_id, proof, who)

    async def _unlink(self, user_id: str, provider: str, proof: Proof | None) -> None:
        external_id = (await self._verify(provider, proof)).external_id if proof else ""
        await self._accounts.unlink_verified(user_id, provider, external_id)

    async def _sync(self, user_id: str, proof: Proof, who: ExternalIdentity) -> None:
        """Import friends on the way; the log says why where that is not possible."""
        try:
            await self._import(user_id, proof, who, reset=False)
        except SupergameError as error:
            self._log.info("friends were not imported", provider=who.provider, user_id=user_id, why=error.message)

    async def _import(self, user_id: str, proof: Proof, who: ExternalIdentity, *, reset: bool) -> int:
        with self._told(who.provider):
            external_ids = await self._providers.find(who.provider).friends(proof, who)
        owners = await self._accounts.owners(who.provider, external_ids)
        return await self._friends.import_friends(user_id, list(owners.values())[:IMPORTED_MAX], reset=reset)

    async def _verify(self, provider: str, proof: Proof) -> ExternalIdentity:
        with self._told(provider):
            who: ExternalIdentity = await self._providers.find(provider).verify(proof)
            return who

    @contextmanager
    def _told(self, provider: str) -> Iterator[None]:
        """Tell who has shown something that proves nothing; why, only where the protocol has no words of its own."""
        try:
            yield
        except Rejected as why:
            told = str(why)[:REASON_CHARS_MAX]
            self._log.debug("identity rejected", provider=provider, why=told)
            reason = "" if provider in LABELS else f": {told}"
            raise Unauthenticated(f"Could not authenticate {label(provider)} profile{reason}.") from None


def _apple(token: str) -> str:
    return _required(token, "Apple ID token is required.")


def _facebook(token: str) -> str:
    return _required(token, "Facebook access token is required.")


def _instant_game(signed_player_info: str) -> str:
    return _required(signed_player_info, "Signed Player Info for a Facebook Instant Game is required.")


def _google(token: str) -> str:
    return _required(token, "Google access token is required.")


def _steam(token: str) -> str:
    return _required(token, "Steam access token is required.")


def _gamecenter(proof: GameCenterProof) -> GameCenterProof:
    _required(proof.bundle_id, "GameCenter bundle ID is required.")
    _required(proof.player_id, "GameCenter player ID is required.")
    _required(proof.public_key_url, "GameCenter public key URL is required.")
    _required(proof.salt, "GameCenter salt is required.")
    _required(proof.signature, "GameCenter signature is required.")
    if not proof.timestamp:
        raise BadInput("GameCenter timestamp is required.")
    return proof


def _openid(proof: OpenIdProof) -> OpenIdProof:
    _required(proof.token or proof.code, "An ID token or an authorization code is required.")
    return proof


def _required(text: str, otherwise: str) -> str:
    if not text:
        raise BadInput(otherwise)
    return text
