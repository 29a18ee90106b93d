"""Game Center: signatures of Apple's over who plays which app, with a certificate that Apple's hosts give out.

What is signed is the player's id, the bundle's, the time (64 bits, big-endian, as Game Center gave it) and the salt,
by RSA with SHA-256 (PKCS #1 v1.5). `GKLocalPlayer.fetchItems` in Apple's documentation is the source.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from supergame.core.clock import Clock
from supergame.core.config import BadSetting
from supergame.core.errors import Unavailable
from supergame.edge import Quota
from supergame.features.accounts import Provider
from supergame.features.identity.keys import RSA_BITS_MIN
from supergame.features.identity.model import ExternalIdentity, GameCenterProof, Rejected, identified
from supergame.features.identity.settings import secure
from supergame.features.identity.web import Web

CERTIFICATES_MAX: Final = 64
"""Certificates that are kept; Apple uses one or two at a time, and still gives out a dozen old ones."""

UNKNOWN_PER_SECOND: Final = 1.0
UNKNOWN_BURST: Final = 16
"""Unknown certificates that are fetched: their addresses are the clients', who could make us ask Apple all day."""

CERTIFICATE_SECONDS_MAX: Final = 86_400
"""How long a certificate is kept before it is fetched again."""

RETRY_SECONDS: Final = 60
"""How long a known certificate is used on when it cannot be fetched again."""

FIELD_BYTES_MAX: Final = 1_024
"""Each part of what Game Center gives."""

# Plain, so that it can neither mean another place nor be written in many ways for the same certificate.
_address = re.compile(
    r"https?://(?P<host>[a-z0-9.-]+)(?::[1-9]\d{0,4})?(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", re.ASCII
).fullmatch


class GameCenter:
    """Verifies signatures over players of some apps."""

    def __init__(
        self,
        certificates: Certificates,
        clock: Clock,
        *,
        bundle_ids: Sequence[str],
        seconds_max: int,
        skew_seconds: int,
    ) -> None:
        self._certificates, self._clock = certificates, clock
        self._bundle_ids, self._seconds_max, self._skew_seconds = bundle_ids, seconds_max, skew_seconds

    async def verify(self, proof: GameCenterProof) -> ExternalIdentity:
        """Find out who the player is."""
        if any(len(field) > FIELD_BYTES_MAX for field in proof if isinstance(field, str)):
            raise Rejected("it is too long")
        if proof.bundle_id not in self._bundle_ids:
            raise Rejected(f"it is for another app, {proof.bundle_id!r}")
        now = self._clock.now_seconds()
        if not now - self._seconds_max <= proof.timestamp / 1_000 <= now + self._skew_seconds:
            raise Rejected("it was not signed lately")
        try:
            signature = base64.b64decode(proof.signature, validate=True)
            salt = base64.b64decode(proof.salt, validate=True)
            signed = b"".join(
                (proof.player_id.encode(), proof.bundle_id.encode(), proof.timestamp.to_bytes(8, "big"), salt)
            )
        except (binascii.Error, ValueError):
            raise Rejected("its salt or signature is not base64") from None
        key = await self._certificates.key(proof.public_key_url)
        try:
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Rejected("its signature is not good") from None
        return identified(Provider.GAMECENTER, proof.player_id)


class Certificates:
    """The certificates that sign, by their addresses; all who need one wait for the same request."""

    def __init__(
        self, web: Web, clock: Clock, *, hosts: Sequence[str], authorities: Sequence[x509.Certificate]
    ) -> None:
        self._web, self._clock = web, clock
        self._hosts = [host.lower() for host in hosts]
        self._authorities = authorities
        self._kept: OrderedDict[str, tuple[float, x509.Certificate]] = OrderedDict()
        self._fetching: dict[str, asyncio.Task[x509.Certificate]] = {}
        self._waiting = 0
        self._unknown = Quota(clock, UNKNOWN_PER_SECOND, UNKNOWN_BURST, "unknown certificates of Game Center")

    async def key(self, url: str) -> rsa.RSAPublicKey:
        """The key of a certificate. Raises Rejected for one that is not to be trusted, Unavailable, and TooMany."""
        if not self._trusted(url):
            raise Rejected("its certificate is not Apple's")
        certificate = await self._certificate(url)
        now = datetime.fromtimestamp(self._clock.now_seconds(), UTC)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Rejected("its certificate is not valid now")
        if self._authorities and not any(_issued_by(certificate, authority) for authority in self._authorities):
            raise Rejected("its certificate is of an unknown authority")
        key = certificate.public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < RSA_BITS_MIN:
            raise Rejected("its certificate has another kind of key")
        return key

    async def close(self) -> None:
        """Give up the requests that are under way."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _certificate(self, url: str) -> x509.Certificate:
        until, known = self._kept.get(url, (0.0, None))
        if known is not None and self._clock.monotonic() < until:
            return known
        try:
            return await self._fetch(url)
        except Unavailable:
            if known is None:
                raise
            self._kept[url] = (self._clock.monotonic() + RETRY_SECONDS, known)
            return known

    def _trusted(self, url: str) -> bool:
        """Whether an address is one of the hosts'."""
        found = _address(url)
        if found is None or not secure(url):
            return False
        return any(found["host"] == known or found["host"].endswith("." + known) for known in self._hosts)

    async def _fetch(self, url: str) -> x509.Certificate:
        if self._waiting >= self._web.waiting_max:
            raise Unavailable(f"Too many logins wait for {self._web.name}; please try again.")
        task = self._fetching.get(url)
        if task is None:
            if url not in self._kept:
                self._unknown.take("")
            task = self._fetching[url] = asyncio.ensure_future(self._load(url))
            task.add_done_callback(lambda done: self._fetched(url, done))
        self._waiting += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting -= 1

    def _fetched(self, url: str, task: asyncio.Task[x509.Certificate]) -> None:
        del self._fetching[url]
        if not task.cancelled():
            task.exception()  # whoever waits is told; when nobody does any more, it is of no interest

    async def _load(self, url: str) -> x509.Certificate:
        answer = await self._web.get(url)
        if answer.status != 200:
            raise Rejected(f"its certificate is not there (status {answer.status})")
        try:
            certificate = x509.load_der_x509_certificate(answer.body)
        except ValueError:
            raise Rejected("its certificate is none") from None
        self._kept[url] = (self._clock.monotonic() + CERTIFICATE_SECONDS_MAX, certificate)
        self._kept.move_to_end(url)
        if len(self._kept) > CERTIFICATES_MAX:
            self._kept.popitem(last=False)
        return certificate


def read_authorities(file: str) -> list[x509.Certificate]:
    """The certificates of a PEM file, none without a file. Raises BadSetting."""
    if not file:
        return []
    try:
        return x509.load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        raise BadSetting(f"identity.gamecenter_authorities: {file} cannot be read ({error}).") from None


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True
