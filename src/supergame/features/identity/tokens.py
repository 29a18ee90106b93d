"""Id tokens: whether somebody's token is genuine, for this game, and of now (OpenID Connect Core 1.0 §3.1.3.7)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import jwt

from supergame.core.clock import Clock
from supergame.features.identity.keys import KeySet
from supergame.features.identity.model import Rejected

TOKEN_BYTES_MAX: Final = 16_384
"""An id token; they have one or two thousand bytes."""

TIME_MAX: Final = 2**40
"""A time in a token, in seconds since 1970; nothing signed today ends that late."""


class IdTokens:
    """Verifies the id tokens of one issuer, which may go by several names. Without `audiences` they are for anybody."""

    def __init__(
        self,
        keys: KeySet,
        clock: Clock,
        *,
        issuers: Collection[str],
        audiences: Collection[str] | None,
        algorithms: Collection[str],
        skew_seconds: int,
    ) -> None:
        self._keys, self._clock = keys, clock
        self._issuers, self._audiences, self._algorithms = issuers, audiences, algorithms
        self._skew_seconds = skew_seconds

    async def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token. Raises Rejected for one that is not good, Unavailable where its key is out of reach.

        All that can be said against a token without its key is said first, so that such tokens cause no requests.
        """
        if len(token) > TOKEN_BYTES_MAX or not token.isascii():
            raise Rejected("it is no token")
        try:
            parsed = jwt.decode_complete(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Rejected("it is no token") from None
        header = parsed["header"]
        algorithm, kid, kind = header.get("alg"), header.get("kid", ""), header.get("typ")
        if isinstance(kind, str) and kind.lower().endswith("+jwt"):  # RFC 8725 §3.11: id tokens have no such type
            raise Rejected(f"it is no id token but {kind!r}")
        if algorithm not in self._algorithms:
            raise Rejected(f"it is signed by {algorithm!r}, which is not allowed")
        self._check_claims(parsed["payload"])
        key = await self._keys.find(kid, algorithm)
        if key is None:
            raise Rejected("it is signed with an unknown key")
        try:
            # The signature alone: the claims were looked at, and the time is that of our own clock.
            jwt.api_jws.decode(token, key.public, algorithms=[algorithm])
        except (jwt.PyJWTError, ValueError, TypeError):
            raise Rejected("its signature is not good") from None
        claims: dict[str, Any] = parsed["payload"]
        return claims

    def _check_claims(self, claims: dict[str, Any]) -> None:
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or issuer not in self._issuers:
            raise Rejected(f"it is of another issuer, {issuer!r}")
        if self._audiences is not None:
            self._check_audience(claims.get("aud"), self._audiences)
        now = self._clock.now_seconds()
        if expires_at(claims) + self._skew_seconds <= now:
            raise Rejected("it has expired")
        for name in ("nbf", "iat"):
            if name in claims and _time(claims, name) - self._skew_seconds > now:
                raise Rejected("it is not valid yet")

    def _check_audience(self, audience: object, trusted: Collection[str]) -> None:
        """Every audience has to be trusted: another one could have shown us the token that it was given itself."""
        named = audience if isinstance(audience, list) else [audience]
        if not named or any(not isinstance(name, str) or name not in trusted for name in named):
            raise Rejected(f"it is for another audience, {audience!r}")


def expires_at(claims: dict[str, Any]) -> float:
    """When a token ends, in seconds since 1970. Raises Rejected for one that does not say."""
    return _time(claims, "exp")


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < TIME_MAX:
        raise Rejected(f"its {name} is no time")
    return value
