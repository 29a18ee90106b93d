"""Settings of identity: what cannot work, or would not be safe, is refused before the node starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from supergame import testing
from supergame.core.config import BadSetting, Config
from supergame.features.identity import IdentitySettings, OpenIdSettings
from supergame.features.identity.providers import switched_on
from supergame.features.identity.settings import check, secure
from supergame.store import Database

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "identity-providers.md"
GOOD: dict[str, Any] = {"issuer": "https://issuer.example", "audiences": ("the-game",)}
CODES: dict[str, Any] = {"token_url": "https://a.example/t", "client_id": "id", "client_secret": "secret"}


@pytest.mark.parametrize(
    "settings",
    [
        GOOD,
        {"issuer": "https://issuer.example", "client_id": "id"},
        {**GOOD, **CODES},
        {**CODES, "userinfo_url": "https://a.example/me"},
        {"issuer": "http://127.0.0.1:8080", "audiences": ("the-game",)},
        {**GOOD, "algorithms": ("PS512", "ES384", "EdDSA")},
    ],
)
def test_good_settings_are_accepted(settings: dict[str, Any]) -> None:
    check(IdentitySettings(openid={"test": OpenIdSettings(**settings)}))


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "identity.openid.test needs an issuer, whose id tokens are accepted, or a token_url"),
        ({**GOOD, "audiences": ()}, "has an issuer, and so needs audiences and algorithms"),
        ({**GOOD, "algorithms": ()}, "has an issuer, and so needs audiences and algorithms"),
        ({**GOOD, "algorithms": ("RS256", "none")}, "identity.openid.test.algorithms: none is none of RS256"),
        ({**GOOD, "algorithms": ("HS256",)}, "HS256 is none of RS256"),
        ({**GOOD, "issuer": "http://issuer.example"}, "identity.openid.test.issuer has to begin with https://"),
        ({**GOOD, "keys_url": "file:///etc/passwd"}, "identity.openid.test.keys_url has to begin with https://"),
        ({**GOOD, "discovery_url": "https://[/"}, "identity.openid.test.discovery_url has to begin with https://"),
        ({**GOOD, "required_claims": ("app",)}, "required_claims: app has to be written as name=value"),
        ({"token_url": "https://a.example/t"}, "has a token_url, and so needs client_id and client_secret"),
        (CODES, "has a token_url, and so needs an issuer or a userinfo_url"),
        ({**GOOD, **CODES, "userinfo_url": "https://a.example/me"}, "userinfo_url is for a provider without id tokens"),
        ({**GOOD, "userinfo_url": "https://a.example/me"}, "userinfo_url is for a provider without id tokens"),
        ({**CODES, "userinfo_url": "https://a.example/me", "one_time_claim": "jti"}, "one_time_claim is for id tokens"),
    ],
)
def test_a_provider_that_cannot_work_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSetting) as refused:
        check(IdentitySettings(openid={"test": OpenIdSettings(**settings)}))
    assert told in refused.value.message


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"google_issuers": ()}, "identity.google_issuers has to name at least one issuer"),
        ({"facebook_issuers": ()}, "identity.facebook_issuers has to name at least one issuer"),
        ({"google_client_secret": "secret"}, "the first of identity.google_client_ids has to be its client"),
        (
            {"google_client_secret": "secret", "google_client_ids": ("*",)},
            "the first of identity.google_client_ids has to be its client",
        ),
        ({"steam_publisher_key": "key"}, "identity.steam_app_id has to be"),
    ],
)
def test_a_platform_that_cannot_work_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(BadSetting) as refused:
        check(IdentitySettings(**settings))
    assert told in refused.value.message


def test_platforms_are_reached_safely() -> None:
    with pytest.raises(BadSetting, match=r"identity\.steam_api_url has to begin with https://"):
        check(IdentitySettings(steam_api_url="http://steam.example"))
    assert [secure(url) for url in ("https://a", "http://localhost:1", "http://[::1]", "http://a", "https://")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert secure("http://localhost:1", seen_from="http://localhost:2")
    assert not secure("http://localhost:1", seen_from="https://issuer.example")


TOML = re.compile(r"^```\{code-block\} toml\n(?::.*\n)+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", TOML.findall(PAGE.read_text(encoding="utf-8")), ids=lambda text: text.splitlines()[1])
def test_the_documented_settings_are_accepted(text: str, tmp_path: Path) -> None:
    file = tmp_path / "supergame.toml"
    file.write_text(text, encoding="utf-8")
    settings = Config.load([IdentitySettings], file=file).section(IdentitySettings)
    check(settings)
    assert switched_on(settings)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"identity.gamecenter_bundle_ids": "a", "identity.gamecenter_authorities": "/nowhere.pem"},
            "identity.gamecenter_authorities: /nowhere.pem cannot be read",
        ),
        ({"identity.openid.test.client_id": "the-game"}, "identity.openid.test needs an issuer"),
        ({"identity.openid.test.client_authentication": "magic"}, "is one of post, basic"),
    ],
)
async def test_a_node_does_not_start_with_settings_that_cannot_work(
    sqlite: Database, settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(BadSetting, match=told):
        async with testing.node(settings=settings, database=sqlite):
            pass
