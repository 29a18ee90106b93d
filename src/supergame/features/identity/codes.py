"""Authorization codes: exchanged at the provider for tokens that are sure to be this game's (RFC 6749 §4.1.3)."""

from __future__ import annotations

import base64
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from supergame.core.log import Log
from supergame.features.identity.model import Rejected
from supergame.features.identity.web import Web

CODE_BYTES_MAX: Final = 4_096
"""An authorization code, its verifier, or its redirect address."""

ERROR_CHARS_MAX: Final = 100
"""What is logged of a provider's reason for not exchanging a code."""

OUR_FAULT: Final = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})
"""Errors for which the code is not to blame (RFC 6749 §5.2), so that an operator should know."""


class Granted(NamedTuple):
    """The tokens that a code was exchanged for; each may be missing."""

    id_token: str
    access_token: str


class Codes:
    """Exchanges the codes of one client of one provider."""

    def __init__(
        self, web: Web, log: Log, *, token_url: str, client_id: str, client_secret: str, basic: bool = False
    ) -> None:
        self._web, self._log = web, log
        self._token_url = token_url
        self._form: dict[str, str] = {}
        self._headers: dict[str, str] = {}
        if basic:  # RFC 6749 §2.3.1: each part is encoded as in a form first
            pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            self._form |= {"client_id": client_id, "client_secret": client_secret}

    async def exchange(
        self, code: str, *, redirect_uri: str | None = None, code_verifier: str | None = None
    ) -> Granted:
        """Exchange a code. Raises Rejected when the provider does not want it, Unavailable when it does not answer."""
        given = {"code": code, "redirect_uri": redirect_uri, "code_verifier": code_verifier}
        sent = {name: value for name, value in given.items() if value is not None}
        if any(len(value) > CODE_BYTES_MAX for value in sent.values()):
            raise Rejected("it is no code")
        form = {"grant_type": "authorization_code", **sent, **self._form}
        answer = await self._web.post(self._token_url, form, self._headers)
        said = self._web.read(answer, self._token_url)
        if answer.status != 200:
            error = str(said.get("error"))[:ERROR_CHARS_MAX]
            log = self._log.warning if answer.status in (401, 403) or error in OUR_FAULT else self._log.debug
            log("a code was not exchanged", provider=self._web.name, status=answer.status, error=error)
            raise Rejected("the provider does not accept the code")
        id_token, access_token = said.get("id_token"), said.get("access_token")
        return Granted(
            id_token if isinstance(id_token, str) else "", access_token if isinstance(access_token, str) else ""
        )

    async def user_of(self, granted: Granted, userinfo_url: str) -> dict[str, Any]:
        """Ask whose access token it is. Raises as `exchange` does."""
        if not granted.access_token:
            raise Rejected("the provider has given no access token")
        answer = await self._web.get(userinfo_url, headers={"Authorization": f"Bearer {granted.access_token}"})
        if answer.status != 200:
            raise Rejected(f"the provider does not say who the user is (status {answer.status})")
        return self._web.read(answer, userinfo_url)
