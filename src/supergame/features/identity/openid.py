"""Providers by OpenID Connect or OAuth 2: those of the settings, and Apple and Google, which are such ones too."""

from __future__ import annotations

import json
from typing import Any

from supergame.features.accounts import Provider
from supergame.features.identity.codes import Codes
from supergame.features.identity.model import (
    OPENID_PREFIX,
    ExternalIdentity,
    OpenIdProof,
    Rejected,
    identified,
    of_object,
)
from supergame.features.identity.onetime import OneTime
from supergame.features.identity.settings import OpenIdSettings
from supergame.features.identity.tokens import IdTokens, expires_at


class OpenId:
    """A provider of the settings: verifies its id tokens, and exchanges its authorization codes."""

    def __init__(
        self, name: str, settings: OpenIdSettings, tokens: IdTokens | None, codes: Codes | None, one_time: OneTime
    ) -> None:
        self._provider = OPENID_PREFIX + name
        self._settings = settings
        self._tokens, self._codes, self._one_time = tokens, codes, one_time

    async def verify(self, proof: OpenIdProof) -> ExternalIdentity:
        """Find out who it is, by the code if there is one, else by the token."""
        said = await self._by_code(proof) if proof.code else await self._by_token(proof.token, proof.nonce)
        return identified(
            self._provider, _claim(said, self._settings.id_claim), _claim(said, self._settings.name_claim)
        )

    async def _by_code(self, proof: OpenIdProof) -> dict[str, Any]:
        if self._codes is None:
            raise Rejected("its provider is not set up for codes")
        if self._settings.pkce and not proof.code_verifier:
            raise Rejected("it has no code verifier")
        granted = await self._codes.exchange(
            proof.code, redirect_uri=proof.redirect_uri or None, code_verifier=proof.code_verifier or None
        )
        if self._tokens is not None:  # without one it could not be held to what tokens have to say
            return await self._by_token(granted.id_token, proof.nonce)
        if proof.nonce:
            raise Rejected("its provider has no id tokens, which a nonce is for")
        user = await self._codes.user_of(granted, self._settings.userinfo_url)
        self._check_required(user)
        return user

    async def _by_token(self, token: str, nonce: str) -> dict[str, Any]:
        if self._tokens is None:
            raise Rejected("its provider has no id tokens")
        if not token:
            raise Rejected("the provider has given no id token")
        claims = await self._tokens.verify(token)
        self._check_required(claims)
        if nonce and claims.get("nonce") != nonce:
            raise Rejected("its nonce is another")
        if self._settings.one_time_claim:
            await self._one_time.spend(
                self._provider, _claim(claims, self._settings.one_time_claim), expires_at(claims)
            )
        return claims

    def _check_required(self, said: dict[str, Any]) -> None:
        for required in self._settings.required_claims:
            name, _, value = required.partition("=")
            found = _claim(said, name)
            if value != (found if isinstance(found, str) else json.dumps(found)):
                raise Rejected(f"it does not say {required}")


def _claim(said: dict[str, Any], name: str) -> Any:
    """What was said under a name, or, where that is `a.b`, under `b` in `a`."""
    outer, dot, inner = name.partition(".")
    if name in said or not dot:
        return said.get(name)
    return _claim(of_object(said.get(outer)), inner)


class Apple:
    """Apple: the id tokens of "Sign in with Apple"."""

    def __init__(self, tokens: IdTokens) -> None:
        self._tokens = tokens

    async def verify(self, token: str) -> ExternalIdentity:
        """Find out whose id token it is."""
        claims = await self._tokens.verify(token)
        return identified(Provider.APPLE, claims.get("sub"))


class Google:
    """Google: id tokens, and server auth codes of Play Games where the client's secret is known."""

    def __init__(self, tokens: IdTokens, codes: Codes | None, player_url: str) -> None:
        self._tokens, self._codes, self._player_url = tokens, codes, player_url

    async def verify(self, token: str) -> ExternalIdentity:
        """Find out whose id token or code it is. An id token has two dots, a code has none."""
        if token.count(".") == 2 or self._codes is None:
            claims = await self._tokens.verify(token)
            return identified(Provider.GOOGLE, claims.get("sub"), claims.get("name"))
        granted = await self._codes.exchange(token, redirect_uri="")  # Google wants it, though there is none
        player = await self._codes.user_of(granted, self._player_url)
        return identified(Provider.GOOGLE, player.get("playerId"), player.get("displayName"))
