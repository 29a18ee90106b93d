"""Keys of an issuer, fetched when they are needed and kept for as long as the issuer says.

A login whose key is known causes no request. All logins that need the keys wait for one and the same request. A token
signed with an unknown key (the issuer may have a new one) causes one request, but not for every such token; keys that
were known go on being good for a while when the issuer cannot be reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import AllowedPublicKeys, ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from supergame.core.clock import Clock
from supergame.core.errors import Unavailable
from supergame.features.identity.model import of_object
from supergame.features.identity.settings import IdentitySettings, secure
from supergame.features.identity.web import Web

KEYS_MAX: Final = 100
"""Keys of one issuer; issuers have two or three."""

KEY_SECONDS_MIN: Final = 60
"""Keys are kept that long even if their issuer says less."""

KEY_SECONDS_MAX: Final = 86_400
"""Keys are not kept longer even if their issuer says more."""

RSA_BITS_MIN: Final = 2_048
"""Shorter keys are not trusted."""

_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_RSA: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})


class Key(NamedTuple):
    """One public key: its name, and the algorithms of the signatures that it verifies."""

    kid: str
    algorithms: frozenset[str]
    public: AllowedPublicKeys


class KeySet:
    """The keys of one issuer, found at `keys_url` or, without that, where its configuration says."""

    def __init__(
        self, web: Web, clock: Clock, settings: IdentitySettings, *, issuer: str, keys_url: str, discovery_url: str
    ) -> None:
        self._web, self._clock = web, clock
        self._issuer, self._keys_url, self._discovery_url = issuer, keys_url, discovery_url
        self._key_seconds, self._refetch_seconds = settings.key_seconds, settings.refetch_seconds
        self._stale_seconds_max = settings.stale_key_seconds_max
        self._keys: Sequence[Key] = ()
        self._fresh_until = self._quiet_until = float("-inf")
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None
        self._waiting = 0

    async def find(self, kid: str, algorithm: str) -> Key | None:
        """The key of that name (any, if there is one only and it has none) for that algorithm; None if it is unknown.

        Raises Unavailable when the issuer would have to be asked and cannot be.
        """
        if self._clock.monotonic() >= self._fresh_until:
            with suppress(Unavailable):  # a known key will do
                await self._fetch()
        key = self._known(kid, algorithm)
        if key is None:
            await self._fetch()
            key = self._known(kid, algorithm)
            if key is None and self._failed:
                raise Unavailable(f"The keys of {self._web.name} cannot be fetched right now; please try again.")
        return key

    async def close(self) -> None:
        """Give up a request that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _known(self, kid: str, algorithm: str) -> Key | None:
        if self._clock.monotonic() >= self._fresh_until + self._stale_seconds_max:
            return None
        fitting = [key for key in self._keys if algorithm in key.algorithms and (not kid or key.kid == kid)]
        return fitting[0] if len(fitting) == 1 or (kid and fitting) else None

    async def _fetch(self) -> None:
        """Fetch the keys, or wait for whoever does, unless that was tried a moment ago."""
        if self._fetching is None:
            if self._clock.monotonic() < self._quiet_until:
                return
            self._fetching = asyncio.ensure_future(self._try_to_load())
            self._fetching.add_done_callback(self._fetched)
        if self._waiting >= self._web.waiting_max:
            raise Unavailable(f"Too many logins wait for {self._web.name}; please try again.")
        self._waiting += 1
        try:
            await asyncio.shield(self._fetching)
        finally:
            self._waiting -= 1

    def _fetched(self, task: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _try_to_load(self) -> None:
        self._failed = True
        with suppress(Unavailable):  # it is logged, and whoever needs a key that is not there is told
            await self._load()
            self._failed = False
        self._quiet_until = self._clock.monotonic() + self._refetch_seconds

    async def _load(self) -> None:
        url = self._keys_url or await self._discover()
        answer = await self._web.get(url)
        keys = read_keys(self._web.read(answer, url))
        if answer.status != 200 or not keys:
            raise self._web.unavailable(f"status {answer.status} with {len(keys)} usable keys", url)
        wanted = self._key_seconds if answer.max_age_seconds is None else answer.max_age_seconds
        kept_seconds = min(max(wanted, KEY_SECONDS_MIN), KEY_SECONDS_MAX)
        self._keys, self._fresh_until = keys, self._clock.monotonic() + kept_seconds

    async def _discover(self) -> str:
        """Where the keys are, as the issuer's configuration says (OpenID Connect Discovery 1.0 §4)."""
        url = self._discovery_url or self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        answer = await self._web.get(url)
        found = self._web.read(answer, url)
        keys_url = found.get("jwks_uri")
        if answer.status != 200:
            raise self._web.unavailable(f"status {answer.status}", url)
        if found.get("issuer") != self._issuer:
            raise self._web.unavailable(f"the configuration is of another issuer, {found.get('issuer')!r}", url)
        if not isinstance(keys_url, str) or not secure(keys_url, seen_from=url):
            raise self._web.unavailable(f"the configuration has no address of keys, {keys_url!r}", url)
        return keys_url


def read_keys(document: dict[str, Any]) -> list[Key]:
    """The keys of a JSON Web Key Set (RFC 7517 §5) that verify signatures; what else is in it is passed over."""
    listed = document.get("keys")
    found = [_read_key(of_object(entry)) for entry in listed[:KEYS_MAX]] if isinstance(listed, list) else []
    return [key for key in found if key is not None]


def _read_key(entry: dict[str, Any]) -> Key | None:
    kid = entry.get("kid", "")
    if not isinstance(kid, str) or entry.get("use", "sig") != "sig" or "d" in entry:
        return None
    try:
        public, algorithms = _read_public(entry)
        if entry.get("alg") is not None:
            algorithms &= {entry["alg"]}
        if "verify" not in entry.get("key_ops", ("verify",)):
            return None
    except Exception:  # a key that makes no sense is as good as none, however it fails to be read
        return None
    return Key(kid, algorithms, public) if algorithms else None


def _read_public(entry: dict[str, Any]) -> tuple[AllowedPublicKeys, frozenset[str]]:
    """A key, and all it can verify. Raises whatever its parts lead to."""
    kind = entry["kty"]
    if kind == "RSA":
        rsa_key = RSAAlgorithm.from_jwk(entry)
        assert isinstance(rsa_key, rsa.RSAPublicKey)
        return rsa_key, _RSA if rsa_key.key_size >= RSA_BITS_MIN else frozenset()
    if kind == "EC":
        curve_key = ECAlgorithm.from_jwk(entry)
        assert isinstance(curve_key, ec.EllipticCurvePublicKey)
        return curve_key, frozenset({_CURVES[curve_key.curve.name]})
    edwards_key = OKPAlgorithm.from_jwk(entry)
    assert isinstance(edwards_key, ed25519.Ed25519PublicKey)
    return edwards_key, frozenset({"EdDSA"})
