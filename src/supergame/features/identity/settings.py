"""Settings of identity: which platforms players may log in with, and how their providers are reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlsplit

from supergame.core.config import BadSetting, Section, setting, tables

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Signatures by a key that only its issuer has; there is no `none`, and none by a secret that both know."""

ANY_CLIENT: Final = "*"
"""Among Google's clients: the tokens of any client are accepted."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class OpenIdSettings:
    """One OpenID Connect or OAuth 2 provider, `[identity.openid.<name>]`."""

    issuer: str = setting("", "Who signs its id tokens, exactly as their `iss` says. Without it there are none.")
    audiences: tuple[str, ...] = setting((), "Whose id tokens are accepted, as their `aud` says; `client_id`'s are.")
    discovery_url: str = setting("", "Where its configuration is found, if not below the issuer.")
    keys_url: str = setting("", "Where its keys are found, so that its configuration need not be read.")
    algorithms: tuple[str, ...] = setting(("RS256", "ES256", "EdDSA"), "How its id tokens may be signed.")
    id_claim: str = setting("sub", "What of the token or the user's information is the player's id; a.b is b in a.")
    name_claim: str = setting("name", "What of them is the player's name.")
    required_claims: tuple[str, ...] = setting((), "What else the token or that information has to say, as name=value.")
    one_time_claim: str = setting("", "A claim, such as jti or nonce, that no two logins may share.")
    client_id: str = setting("", "The game's id there, for exchanging authorization codes.")
    client_secret: str = setting("", "The secret that goes with it.")
    client_authentication: str = setting(
        "post", "Whether id and secret go in the form or as HTTP Basic.", choices=("post", "basic")
    )
    token_url: str = setting("", "Where authorization codes are exchanged. Without it they are not accepted.")
    userinfo_url: str = setting("", "Where a code's user is asked for; for providers without id tokens.")
    pkce: bool = setting(True, "Whether a code has to come with its code verifier (PKCE).")


@dataclass(frozen=True)
class IdentitySettings(Section):
    """Settings of identity: the platforms players may log in with. One without its first setting is switched off."""

    section: ClassVar[str] = "identity"

    apple_bundle_ids: tuple[str, ...] = setting((), "Apps (and service ids) whose Apple tokens are accepted.")
    apple_issuer: str = setting("https://appleid.apple.com", "Who signs Apple's id tokens.")
    apple_keys_url: str = setting("https://appleid.apple.com/auth/keys", "Where Apple's keys are found.")

    facebook_app_secret: str = setting("", "The Facebook app's secret, for access tokens.")
    facebook_app_id: str = setting("", "The Facebook app's id, for Limited Login.")
    facebook_graph_url: str = setting("https://graph.facebook.com/v25.0", "Facebook's Graph API.")
    facebook_issuers: tuple[str, ...] = setting(("https://www.facebook.com",), "Who signs Limited Login's tokens.")
    facebook_keys_url: str = setting(
        "https://limited.facebook.com/.well-known/oauth/openid/jwks/", "Where Limited Login's keys are found."
    )
    facebook_instant_game_app_secret: str = setting("", "The Instant Game's app secret.")

    gamecenter_bundle_ids: tuple[str, ...] = setting((), "Apps whose Game Center players are accepted.")
    gamecenter_hosts: tuple[str, ...] = setting(
        ("gc.apple.com",), "Hosts, and those below them, that Game Center's certificates may come from."
    )
    gamecenter_authorities: str = setting(
        "", "PEM file of who may have issued those certificates; without it, coming from such a host is enough."
    )

    google_client_ids: tuple[str, ...] = setting((), "Clients whose Google tokens are accepted; * accepts anybody's.")
    google_client_secret: str = setting("", "The first client's secret, for server auth codes of Play Games.")
    google_issuers: tuple[str, ...] = setting(
        ("https://accounts.google.com", "accounts.google.com"), "Who signs Google's id tokens."
    )
    google_keys_url: str = setting("https://www.googleapis.com/oauth2/v3/certs", "Where Google's keys are found.")
    google_token_url: str = setting("https://oauth2.googleapis.com/token", "Where Google exchanges codes.")
    google_player_url: str = setting(
        "https://www.googleapis.com/games/v1/players/me", "Where Play Games says who the player is."
    )

    steam_publisher_key: str = setting("", "The publisher's Web API key.")
    steam_app_id: int = setting(0, "The Steam app's id.", minimum=0)
    steam_api_url: str = setting("https://partner.steam-api.com", "Steam's Web API.")
    steam_ticket_identity: str = setting("", "What the game gives GetAuthTicketForWebApi, if it does.")

    openid: Mapping[str, OpenIdSettings] = tables(OpenIdSettings)

    display_names: bool = setting(True, "Whether a new account takes over the name its player has on the platform.")
    clock_skew_seconds: int = setting(60, "How far a provider's clock may be from ours.", minimum=0)
    signature_seconds_max: int = setting(
        600, "How old a signature of Game Center or of an Instant Game may be.", minimum=1
    )
    deadline_seconds: float = setting(5.0, "How long a provider may take to answer.", minimum=0.1)
    waiting_max: int = setting(256, "Logins that may wait for one provider; more are asked to try again.", minimum=1)
    key_seconds: int = setting(3600, "How long keys are kept where their issuer does not say.", minimum=1)
    stale_key_seconds_max: int = setting(
        86_400, "How long known keys outlive their time while the issuer cannot be reached.", minimum=0
    )
    refetch_seconds: int = setting(
        10, "How long a token with an unknown key, or an issuer that was down, causes no further request.", minimum=1
    )


_ADDRESS: Final = re.compile(r"\w*_url")


def check(settings: IdentitySettings) -> None:
    """Raise BadSetting for what cannot work, or would not be safe."""
    for name, value in vars(settings).items():
        if _ADDRESS.fullmatch(name):
            _check_address(f"identity.{name}", value)
    for name in ("facebook_issuers", "google_issuers"):
        if not getattr(settings, name):
            raise BadSetting(f"identity.{name} has to name at least one issuer; leave it out to have the platform's.")
    if settings.google_client_secret and settings.google_client_ids[:1] in ((), (ANY_CLIENT,)):
        raise BadSetting(
            "identity.google_client_secret is set, and so the first of identity.google_client_ids has to be its client."
        )
    if settings.steam_publisher_key and not settings.steam_app_id:
        raise BadSetting("identity.steam_publisher_key is set, and so identity.steam_app_id has to be.")
    for name, provider in settings.openid.items():
        check_openid(f"identity.openid.{name}", provider)


def check_openid(name: str, settings: OpenIdSettings) -> None:
    """Check one provider. Raises BadSetting."""
    for field, value in vars(settings).items():
        if value and (_ADDRESS.fullmatch(field) or field == "issuer"):
            _check_address(f"{name}.{field}", value)
    for algorithm in settings.algorithms:
        if algorithm not in ALGORITHMS:
            raise BadSetting(f"{name}.algorithms: {algorithm} is none of {', '.join(ALGORITHMS)}.")
    for required in settings.required_claims:
        if "=" not in required:
            raise BadSetting(f"{name}.required_claims: {required} has to be written as name=value.")
    if not settings.issuer and not settings.token_url:
        raise BadSetting(f"{name} needs an issuer, whose id tokens are accepted, or a token_url to exchange codes at.")
    if settings.issuer and not (settings.algorithms and (settings.audiences or settings.client_id)):
        raise BadSetting(f"{name} has an issuer, and so needs audiences and algorithms.")
    if settings.token_url and not (settings.client_id and settings.client_secret):
        raise BadSetting(f"{name} has a token_url, and so needs client_id and client_secret.")
    if settings.token_url and not (settings.issuer or settings.userinfo_url):
        raise BadSetting(
            f"{name} has a token_url, and so needs an issuer or a userinfo_url to learn who the player is."
        )
    if settings.userinfo_url and (settings.issuer or not settings.token_url):
        raise BadSetting(
            f"{name}.userinfo_url is for a provider without id tokens: it goes with a token_url, and without an issuer."
        )
    if settings.one_time_claim and not settings.issuer:
        raise BadSetting(f"{name}.one_time_claim is for id tokens, and so needs an issuer.")


def secure(url: str, *, seen_from: str = "") -> bool:
    """Whether what comes from an address can be trusted to come from there: https, or this machine itself.

    What has been told by another machine, `seen_from`, may not mean this one.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname in _LOOPBACK:
            return not seen_from.startswith("https:")
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _check_address(name: str, url: str) -> None:
    if not secure(url):
        raise BadSetting(f"{name} has to begin with https:// (or http:// on this machine), not be {url!r}.")
