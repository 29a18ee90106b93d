"""Facebook: access tokens, id tokens of Limited Login, and the signed player info of Instant Games."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Any, Final

import msgspec

from supergame.core.clock import Clock
from supergame.core.errors import NotConfigured, Refused
from supergame.features.accounts import Provider
from supergame.features.identity.model import ExternalIdentity, Rejected, identified, is_id, of_object
from supergame.features.identity.tokens import IdTokens
from supergame.features.identity.web import Web

FRIENDS_MAX: Final = 5_000
"""Friends that are asked for, as many as Facebook lets anybody have."""

FRIENDS_PER_REQUEST_MAX: Final = 500

FRIENDS_REQUESTS_MAX: Final = 10
"""Requests for one player's friends; Facebook may name fewer at a time than it was asked for."""

TOKEN_BYTES_MAX: Final = 4_096
"""An access token or signed player info."""

TROUBLE: Final = frozenset({1, 2, 4, 17, 32, 341, 368, 613})
"""Graph API codes that say nothing against the token: the service is down, or limits are reached."""


class Facebook:
    """Access tokens, asked about at the Graph API; id tokens, verified here."""

    def __init__(self, web: Web, *, graph_url: str, app_secret: str, limited: IdTokens | None) -> None:
        self._web, self._limited = web, limited
        self._graph_url, self._app_secret = graph_url.rstrip("/"), app_secret

    async def verify(self, token: str) -> ExternalIdentity:
        """Find out whose access token, or id token, it is."""
        if _is_id_token(token):
            claims = await self._limited_tokens().verify(token)
            return identified(Provider.FACEBOOK, claims.get("sub"), claims.get("name"))
        user = await self._graph("/me", token, fields="id,name")
        return identified(Provider.FACEBOOK, user.get("id"), user.get("name"))

    async def friends(self, token: str, who: ExternalIdentity) -> list[str]:
        """The friends of whose token it is, who use this app as well, by their ids.

        Raises Refused for an id token without them; an access token that may not ask for them gets nobody.
        """
        if _is_id_token(token):
            claims = await self._limited_tokens().verify(token)
            if "user_friends" not in claims:
                raise Refused("The player has not let Facebook name their friends.")
            return _ids(claims["user_friends"])[:FRIENDS_MAX]
        found: list[str] = []
        after = ""
        for _ in range(FRIENDS_REQUESTS_MAX):
            position = {"after": after} if after else {}
            page = await self._graph("/me/friends", token, fields="id", limit=str(FRIENDS_PER_REQUEST_MAX), **position)
            found += _ids([of_object(friend).get("id") for friend in _list(page.get("data"))])
            paging = of_object(page.get("paging"))
            after = of_object(paging.get("cursors")).get("after", "")
            if not isinstance(after, str) or not after or "next" not in paging:
                break
        return found[:FRIENDS_MAX]

    def _limited_tokens(self) -> IdTokens:
        if self._limited is None:
            raise NotConfigured("Facebook Limited Login is not configured.")
        return self._limited

    async def _graph(self, path: str, token: str, **params: str) -> dict[str, Any]:
        """Ask the Graph API in the player's name. The proof makes it refuse tokens of other apps."""
        if not self._app_secret:
            raise NotConfigured("Facebook authentication is not configured.")
        if len(token) > TOKEN_BYTES_MAX or not token.isascii():
            raise Rejected("it is no access token")
        proof = hmac.new(self._app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        url = self._graph_url + path
        answer = await self._web.get(url, {**params, "access_token": token, "appsecret_proof": proof})
        said = self._web.read(answer, url)
        if answer.status != 200:
            failure = of_object(said.get("error"))
            code = failure.get("code")
            if (isinstance(code, int) and code in TROUBLE) or failure.get("is_transient") is True:
                raise self._web.unavailable(f"status {answer.status}, code {code}", url)
            raise Rejected(f"Facebook does not accept it (code {code})")
        return said


class FacebookInstantGame:
    """Signed player info: `<signature>.<payload>`, both in base64url, signed with the app's secret."""

    def __init__(self, clock: Clock, *, app_secret: str, seconds_max: int, skew_seconds: int) -> None:
        self._clock = clock
        self._app_secret = app_secret.encode()
        self._seconds_max, self._skew_seconds = seconds_max, skew_seconds

    async def verify(self, signed_player_info: str) -> ExternalIdentity:
        """Find out whose player info it is."""
        if len(signed_player_info) > TOKEN_BYTES_MAX or not signed_player_info.isascii():
            raise Rejected("it is no signed player info")
        signature, _, payload = signed_player_info.partition(".")
        expected = hmac.new(self._app_secret, payload.encode(), hashlib.sha256).digest()
        try:
            if not hmac.compare_digest(_decode(signature), expected):
                raise Rejected("its signature is not good")
            info = of_object(msgspec.json.decode(_decode(payload)))
        except (binascii.Error, ValueError, RecursionError):
            raise Rejected("it is no signed player info") from None
        if str(info.get("algorithm", "")).upper() != "HMAC-SHA256":
            raise Rejected(f"it is signed by {info.get('algorithm')!r}")
        issued_at, now = info.get("issued_at"), self._clock.now_seconds()
        if not isinstance(issued_at, int | float) or not (
            now - self._seconds_max <= issued_at <= now + self._skew_seconds
        ):
            raise Rejected("it was not signed lately")
        return identified(Provider.FACEBOOK_INSTANT_GAME, info.get("player_id"))


def _is_id_token(token: str) -> bool:
    return token.count(".") == 2


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _ids(values: object) -> list[str]:
    return [value for value in _list(values) if is_id(value)]
