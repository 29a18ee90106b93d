"""Session and refresh tokens: made, checked, and called back before they expire.

A **family** is what one login began: each refresh gives a new pair of the same family and the next generation.
What is called back is kept in memory until it would have expired anyway; who calls back (accounts) keeps it for
good, and says so again after a restart.
"""

from __future__ import annotations

import hmac
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from supergame.core.clock import Clock
from supergame.core.config import BadSetting
from supergame.core.errors import Unauthenticated
from supergame.core.ids import Ids
from supergame.edge.settings import EdgeSettings

TOKEN_CHARACTERS_MAX: Final = 8_192
"""Longer texts are no tokens, and are not looked at."""

PRUNE_EVERY: Final = 256
"""Revocations between two clearances of those that have expired."""


class Claims(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a token says. The first six names are the protocol's and read by clients; the others are ours."""

    token_id: str = msgspec.field(name="tid")
    user_id: str = msgspec.field(name="uid")
    username: str = msgspec.field(name="usn")
    expires_at: int = msgspec.field(name="exp")
    issued_at: int = msgspec.field(name="iat")
    family: str = msgspec.field(name="sid")
    issued_us: int = msgspec.field(name="ius")
    vars: dict[str, str] = msgspec.field(name="vrs", default_factory=dict)
    generation: int = msgspec.field(name="gen", default=0)


class TokenPair(NamedTuple):
    """What a login or a refresh gives: both tokens, and what the session token says."""

    token: str
    refresh_token: str
    claims: Claims


class Revoked(NamedTuple):
    """Tokens have been called back: a family's, or those of a user that are older than a moment."""

    family: str = ""
    user_id: str = ""
    issued_before_us: int = 0
    kept: str = ""
    """The family of the user's that is not meant; empty where all are."""


class _Kept(NamedTuple):
    """The one family of a user that was kept as the others, made before a moment, were called back."""

    family: str
    issued_before_us: int
    until: int


class Tokens:
    """Makes and checks the tokens of one server."""

    def __init__(self, settings: EdgeSettings, clock: Clock, ids: Ids) -> None:
        """Raises BadSetting for keys that would let tokens be forged, or pass for one another."""
        if not settings.session_key or not settings.refresh_key:
            raise BadSetting("edge.session_key and edge.refresh_key: neither may be empty.")
        if settings.session_key == settings.refresh_key:
            raise BadSetting("edge.session_key and edge.refresh_key: they have to differ.")
        self._clock = clock
        self._ids = ids
        self._session_seconds = settings.token_seconds
        self._refresh_seconds = settings.refresh_token_seconds
        self._session = _Signer(settings.session_key, settings.token_cache_max)
        self._refresh = _Signer(settings.refresh_key, settings.token_cache_max)
        self._families: dict[str, int] = {}
        self._users: dict[str, tuple[int, int]] = {}
        self._kept: dict[str, _Kept] = {}
        self._listeners: list[Callable[[Revoked], object]] = []
        self._latest_us = 0
        self._until_prune = PRUNE_EVERY

    @property
    def revocations(self) -> int:
        """How many families and users are remembered as called back."""
        return len(self._families) + len(self._users) + len(self._kept)

    @property
    def remembered(self) -> int:
        """How many session tokens need not be checked again."""
        return self._session.remembered

    def moment(self) -> int:
        """A moment, in microseconds, after every token made here so far and before every later one."""
        self._latest_us = max(self._clock.now_us(), self._latest_us + 1)
        return self._latest_us

    def issue(
        self,
        user_id: str,
        username: str,
        vars: dict[str, str] | None = None,  # noqa: A002 - the protocol's word
        *,
        family: str | None = None,
        generation: int = 0,
        issued_us: int | None = None,
    ) -> TokenPair:
        """Make a session token and a refresh token; without `family` they begin a new one.

        The same `family`, `generation` and `issued_us` (a `moment`) make the same pair again.
        """
        family = family or self._ids.uuid()
        if issued_us is None:
            issued_us = self.moment()
            session_id, refresh_id = self._ids.uuid(), self._ids.uuid()
        else:
            session_id, refresh_id = _token_id(family, generation, "session"), _token_id(family, generation, "refresh")
        now = issued_us // 1_000_000
        said = vars or {}
        session = Claims(
            session_id, user_id, username, now + self._session_seconds, now, family, issued_us, said, generation
        )
        refresh = Claims(
            refresh_id, user_id, username, now + self._refresh_seconds, now, family, issued_us, said, generation
        )
        return TokenPair(self._session.write(session), self._refresh.write(refresh), session)

    def verify(self, token: str) -> Claims:
        """What a session token says. Raises Unauthenticated for one that is forged, expired or called back."""
        return self._check(self._session.read(token))

    def verify_refresh(self, token: str) -> Claims:
        """What a refresh token says. Raises Unauthenticated likewise."""
        return self._check(self._refresh.read(token))

    def _check(self, claims: Claims) -> Claims:
        if claims.expires_at <= self._clock.now_seconds():
            raise Unauthenticated
        if self._families and claims.family in self._families:
            raise Unauthenticated
        if self._users:
            revoked = self._users.get(claims.user_id)
            if revoked is not None and claims.issued_us < revoked[0]:
                raise Unauthenticated
        if self._kept:
            kept = self._kept.get(claims.user_id)
            if kept is not None and claims.issued_us < kept.issued_before_us and claims.family != kept.family:
                raise Unauthenticated
        return claims

    def sign(self, payload: dict[str, Any]) -> str:
        """Sign claims of a feature's own (a ticket into a match); `exp` in Unix seconds is honoured by `unsign`."""
        return self._session.sign(msgspec.json.encode(payload))

    def unsign(self, token: str) -> dict[str, Any]:
        """The claims that `sign` was given. Raises Unauthenticated for what is forged or expired."""
        payload = self._session.unsign(token)
        if not isinstance(payload, dict) or payload.get("exp", 0) <= self._clock.now_seconds():
            raise Unauthenticated
        return payload

    def revoke_family(self, family: str, until: int) -> None:
        """Call back a family's tokens; `until` (Unix seconds) the last of them has expired."""
        self._families[family] = max(until, self._families.get(family, 0))
        self._announce(Revoked(family=family))

    def revoke_user(self, user_id: str, issued_before_us: int, until: int) -> None:
        """Call back a user's tokens made before a moment; `until` (Unix seconds) the last of them has expired."""
        known_before_us, known_until = self._users.get(user_id, (0, 0))
        self._users[user_id] = (max(issued_before_us, known_before_us), max(until, known_until))
        self._announce(Revoked(user_id=user_id, issued_before_us=issued_before_us))

    def revoke_others(self, user_id: str, family: str, issued_before_us: int, until: int) -> None:
        """The same but for one family. What was called back at a later moment takes the place of the earlier."""
        known = self._kept.get(user_id)
        if known is not None and known.issued_before_us > issued_before_us:
            return
        self._kept[user_id] = _Kept(family, issued_before_us, until)
        self._announce(Revoked(user_id=user_id, issued_before_us=issued_before_us, kept=family))

    def called_back_us(self, user_id: str) -> int:
        """The moment before which all of a user's tokens are called back; 0 if they are not."""
        return self._users.get(user_id, (0, 0))[0]

    def others_called_back_us(self, user_id: str) -> int:
        """The moment before which those of all but one of the user's families are; 0 if they are not."""
        kept = self._kept.get(user_id)
        return 0 if kept is None else kept.issued_before_us

    def on_revoked(self, listener: Callable[[Revoked], object]) -> None:
        """Call `listener` whenever tokens are called back."""
        self._listeners.append(listener)

    def _announce(self, revoked: Revoked) -> None:
        self._until_prune -= 1
        if self._until_prune <= 0:
            self._until_prune = PRUNE_EVERY
            now = self._clock.now_seconds()
            self._families = {family: until for family, until in self._families.items() if until > now}
            self._users = {user_id: entry for user_id, entry in self._users.items() if entry[1] > now}
            self._kept = {user_id: kept for user_id, kept in self._kept.items() if kept.until > now}
        for listener in self._listeners:
            listener(revoked)


def _token_id(family: str, generation: int, kind: str) -> str:
    """The id that a token of that generation always has."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{family}.{generation}.{kind}"))


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


_HEADER: Final = _base64(b'{"alg":"HS256","typ":"JWT"}') + b"."
_HEADER_TEXT: Final = _HEADER.decode()


class _Signer:
    """One key. What it has read lately it need not check again.

    The cache has two halves: what is asked for moves to the young one, and when that is full the old one goes.
    So a lookup is one dict access, and what is in use stays.
    """

    def __init__(self, key: str, cache_max: int) -> None:
        self._key = key.encode()
        self._half_max = max(1, cache_max // 2)
        self._young: dict[str, Claims] = {}
        self._old: dict[str, Claims] = {}
        self._decode = msgspec.json.Decoder(Claims).decode

    @property
    def remembered(self) -> int:
        return len(self._young) + len(self._old)

    def write(self, claims: Claims) -> str:
        return self.sign(msgspec.json.encode(claims))

    def sign(self, payload: bytes) -> str:
        """What PyJWT gives, byte for byte, at a quarter of the time: the header is always the same."""
        signed = _HEADER + _base64(payload)
        return f"{signed.decode()}.{_base64(hmac.digest(self._key, signed, 'sha256')).decode()}"

    def unsign(self, token: str) -> Any:
        return self._open(token, msgspec.json.decode)

    def read(self, token: str) -> Claims:
        claims = self._young.get(token)
        if claims is not None:
            return claims
        claims = self._old.get(token)
        if claims is None:
            claims = self._parse(token)
        if len(self._young) >= self._half_max:
            self._young, self._old = {}, self._young
        self._young[token] = claims
        return claims

    def _parse(self, token: str) -> Claims:
        claims: Claims = self._open(token, self._decode)
        return claims

    def _open(self, token: str, decode: Callable[[bytes], Any]) -> Any:
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise Unauthenticated
        try:
            return decode(self._payload(token))
        except (msgspec.DecodeError, ValueError):
            raise Unauthenticated from None

    def _payload(self, token: str) -> bytes:
        """What a token says, if its signature is good. Raises ValueError otherwise."""
        signed, _, signature = token.rpartition(".")
        if not signed.startswith(_HEADER_TEXT):  # another server that knows the key may write it in another way
            from supergame.edge.jws import payload

            return payload(token, self._key)
        expected = _base64(hmac.digest(self._key, signed.encode(), "sha256"))
        if not hmac.compare_digest(expected, signature.encode()):
            raise ValueError("The signature does not fit.")
        return urlsafe_b64decode(signed[len(_HEADER_TEXT) :] + "==")
