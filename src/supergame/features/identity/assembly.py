"""Puts the providers together as the settings have them. Only a node with a provider imports this: it takes a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

from supergame.core.feature import Ground
from supergame.features.accounts import Provider as Platform
from supergame.features.identity.codes import Codes
from supergame.features.identity.facebook import Facebook, FacebookInstantGame
from supergame.features.identity.gamecenter import Certificates, GameCenter, read_authorities
from supergame.features.identity.keys import KeySet
from supergame.features.identity.model import OPENID_PREFIX, Provider
from supergame.features.identity.onetime import OneTime
from supergame.features.identity.openid import Apple, Google, OpenId
from supergame.features.identity.providers import Providers, label
from supergame.features.identity.settings import ANY_CLIENT, IdentitySettings, OpenIdSettings
from supergame.features.identity.steam import Steam
from supergame.features.identity.tokens import IdTokens
from supergame.features.identity.web import Web

PLATFORM_ALGORITHMS: Final = ("RS256", "ES256")
"""How Apple, Facebook and Google sign their id tokens."""


def assemble(ground: Ground, settings: IdentitySettings) -> Providers:
    """Make the providers that are switched on. Raises BadSetting."""
    return _Assembly(ground, settings).providers()


class _Assembly:
    def __init__(self, ground: Ground, settings: IdentitySettings) -> None:
        self._ground, self._settings = ground, settings
        self._closing: list[Callable[[], Awaitable[None]]] = []

    def providers(self) -> Providers:
        settings, clock = self._settings, self._ground.clock
        found: dict[str, Provider[Any]] = {}
        if settings.apple_bundle_ids:
            found[Platform.APPLE] = self._apple()
        if settings.facebook_app_secret or settings.facebook_app_id:
            found[Platform.FACEBOOK] = self._facebook()
        if settings.facebook_instant_game_app_secret:
            found[Platform.FACEBOOK_INSTANT_GAME] = FacebookInstantGame(
                clock,
                app_secret=settings.facebook_instant_game_app_secret,
                seconds_max=settings.signature_seconds_max,
                skew_seconds=settings.clock_skew_seconds,
            )
        if settings.gamecenter_bundle_ids:
            found[Platform.GAMECENTER] = self._gamecenter()
        if settings.google_client_ids:
            found[Platform.GOOGLE] = self._google()
        if settings.steam_publisher_key:
            found[Platform.STEAM] = self._steam()
        one_time = OneTime(self._ground, settings.clock_skew_seconds)
        for name, provider in settings.openid.items():
            found[OPENID_PREFIX + name] = self._openid(name, provider, one_time)
        return Providers(found, self._closing)

    def _apple(self) -> Apple:
        settings = self._settings
        return Apple(
            self._tokens(
                self._web(Platform.APPLE),
                issuers=(settings.apple_issuer,),
                audiences=settings.apple_bundle_ids,
                keys_url=settings.apple_keys_url,
            )
        )

    def _facebook(self) -> Facebook:
        settings, web = self._settings, self._web(Platform.FACEBOOK)
        limited = None
        if settings.facebook_app_id:
            limited = self._tokens(
                web,
                issuers=settings.facebook_issuers,
                audiences=(settings.facebook_app_id,),
                keys_url=settings.facebook_keys_url,
            )
        return Facebook(
            web, graph_url=settings.facebook_graph_url, app_secret=settings.facebook_app_secret, limited=limited
        )

    def _gamecenter(self) -> GameCenter:
        settings, clock = self._settings, self._ground.clock
        certificates = Certificates(
            self._web(Platform.GAMECENTER),
            clock,
            hosts=settings.gamecenter_hosts,
            authorities=read_authorities(settings.gamecenter_authorities),
        )
        self._closing.append(certificates.close)
        return GameCenter(
            certificates,
            clock,
            bundle_ids=settings.gamecenter_bundle_ids,
            seconds_max=settings.signature_seconds_max,
            skew_seconds=settings.clock_skew_seconds,
        )

    def _google(self) -> Google:
        settings, web = self._settings, self._web(Platform.GOOGLE)
        tokens = self._tokens(
            web,
            issuers=settings.google_issuers,
            audiences=None if ANY_CLIENT in settings.google_client_ids else settings.google_client_ids,
            keys_url=settings.google_keys_url,
        )
        codes = None
        if settings.google_client_secret:
            codes = Codes(
                web,
                self._ground.log,
                token_url=settings.google_token_url,
                client_id=settings.google_client_ids[0],
                client_secret=settings.google_client_secret,
            )
        return Google(tokens, codes, settings.google_player_url)

    def _steam(self) -> Steam:
        settings = self._settings
        return Steam(
            self._web(Platform.STEAM),
            self._ground.log,
            api_url=settings.steam_api_url,
            publisher_key=settings.steam_publisher_key,
            app_id=settings.steam_app_id,
            ticket_identity=settings.steam_ticket_identity,
        )

    def _openid(self, name: str, settings: OpenIdSettings, one_time: OneTime) -> OpenId:
        web = self._web(OPENID_PREFIX + name)
        tokens = codes = None
        if settings.issuer:
            tokens = self._tokens(
                web,
                issuers=(settings.issuer,),
                audiences=[*settings.audiences, settings.client_id] if settings.client_id else settings.audiences,
                algorithms=settings.algorithms,
                keys_url=settings.keys_url,
                discovery_url=settings.discovery_url,
            )
        if settings.token_url:
            codes = Codes(
                web,
                self._ground.log,
                token_url=settings.token_url,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                basic=settings.client_authentication == "basic",
            )
        return OpenId(name, settings, tokens, codes, one_time)

    def _tokens(
        self,
        web: Web,
        *,
        issuers: Collection[str],
        audiences: Collection[str] | None,
        keys_url: str,
        discovery_url: str = "",
        algorithms: Collection[str] = PLATFORM_ALGORITHMS,
    ) -> IdTokens:
        clock, settings = self._ground.clock, self._settings
        keys = KeySet(web, clock, settings, issuer=next(iter(issuers)), keys_url=keys_url, discovery_url=discovery_url)
        self._closing.append(keys.close)
        return IdTokens(
            keys,
            clock,
            issuers=issuers,
            audiences=audiences,
            algorithms=algorithms,
            skew_seconds=settings.clock_skew_seconds,
        )

    def _web(self, provider: str) -> Web:
        settings = self._settings
        web = Web(
            label(provider),
            self._ground.clock,
            self._ground.log,
            deadline_seconds=settings.deadline_seconds,
            waiting_max=settings.waiting_max,
        )
        self._closing.append(web.close)
        return web
