"""Who may call an operation: the server key, a session's token, or the http key, as `Auth` says."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Callable
from typing import TypeAlias

from supergame.core.errors import Unauthenticated
from supergame.edge.request import Caller, Request
from supergame.edge.settings import EdgeSettings
from supergame.edge.tokens import Tokens
from supergame.protocol.operation import Auth

Authenticate: TypeAlias = Callable[[Request], Caller]
"""Finds out who calls; raises Unauthenticated."""


class Guard:
    """Checks the `Authorization` of requests."""

    def __init__(self, settings: EdgeSettings, tokens: Tokens) -> None:
        self._server_key = settings.server_key.encode()
        self._http_key = settings.http_key.encode()
        self._tokens = tokens

    def of(self, auth: Auth) -> Authenticate:
        """The check for operations of that kind."""
        checks: dict[Auth, Authenticate] = {
            Auth.NOBODY: Caller,
            Auth.SERVER_KEY: self.server_key,
            Auth.SESSION: self.session,
            Auth.SESSION_OR_HTTP_KEY: self.session_or_http_key,
        }
        return checks[auth]

    def server_key(self, request: Request) -> Caller:
        """Whoever shows the server key as Basic user name."""
        shown = _basic_user(request.raw_headers.get(b"authorization", b""))
        if shown is None:
            raise Unauthenticated("Server key required")
        if not _is_key(shown, self._server_key):
            raise Unauthenticated("Server key invalid")
        return Caller(request)

    def session(self, request: Request) -> Caller:
        """The player whose token this is."""
        header = request.raw_headers.get(b"authorization")
        if not header:
            raise Unauthenticated("Auth token required")
        if header[:7].lower() != b"bearer ":
            raise Unauthenticated
        claims = self._tokens.verify(header[7:].strip().decode("latin-1"))
        return Caller(
            request,
            claims.user_id,
            claims.username,
            claims.vars,
            claims.expires_at,
            claims.family,
            claims.generation,
            claims.issued_us,
        )

    def session_or_http_key(self, request: Request) -> Caller:
        """A player, or another server that shows the http key.

        In the query string it counts before any header: some clients send the server key along, and other people's
        webhooks a signature of their own.
        """
        shown = None
        if b"http_key=" in request.query:
            shown = request.query_params.get("http_key", [""])[-1].encode() or None
        if shown is None:
            shown = _basic_user(request.raw_headers.get(b"authorization", b""))
        if shown is None:
            return self.session(request)
        if not _is_key(shown, self._http_key):
            raise Unauthenticated("HTTP key invalid")
        return Caller(request)


def _is_key(shown: bytes, key: bytes) -> bool:
    """Whether it is the key; an empty one is nobody's."""
    return bool(key) and hmac.compare_digest(shown, key)


def _basic_user(header: bytes) -> bytes | None:
    if header[:6].lower() != b"basic ":
        return None
    try:
        user, colon, _ = b64decode(header[6:], validate=True).partition(b":")
    except binascii.Error:
        return None
    return user if colon else None
