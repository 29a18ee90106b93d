"""The tokens of one player, and what they say."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from supergame.client.errors import ClientError
from supergame.protocol.session import Session as WireSession


class Session:
    """A logged-in player. A client that refreshes it changes it in place."""

    REFRESH_BEFORE_SECONDS = 10
    """How long before its end a token is exchanged for the next."""

    def __init__(self, token: str, refresh_token: str, *, created: bool = False) -> None:
        self.created = created
        """Whether the account was made by this login."""
        self.renew(token, refresh_token)

    @classmethod
    def of(cls, wire: WireSession) -> Session:
        """From the server's answer."""
        return cls(wire.token, wire.refresh_token, created=wire.created)

    def renew(self, token: str, refresh_token: str) -> None:
        """Take a new pair of tokens. Raises ClientError for what is no token."""
        self.token, self.refresh_token = token, refresh_token
        claims = _claims(token)
        self.user_id: str = claims["uid"]
        self.username: str = claims["usn"]
        self.expires_at: int = claims["exp"]
        self.vars: dict[str, str] = claims.get("vrs", {})

    def needs_refresh(self, now_seconds: int) -> bool:
        """Whether the token has expired or will soon (Unix seconds)."""
        return self.expires_at - self.REFRESH_BEFORE_SECONDS <= now_seconds


def _claims(token: str) -> dict[str, Any]:
    try:
        payload = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if not isinstance(claims, dict) or not {"uid", "usn", "exp"} <= claims.keys():
            raise ValueError
    except (IndexError, ValueError):
        raise ClientError("The server sent a session token that is none.") from None
    return claims
