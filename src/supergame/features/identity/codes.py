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

    async def exchange(self, code: str, *, redirect_uri: str = "", code_verifier: str = "") -> Granted:
        """Exchange a code. Raises Rejected when the provider does not want it, Unavailable when it does not answer."""
        form = {"grant_type": "authorization_code", "code": code, **self._form}
        given = {"redirect_uri": redirect_uri, "code_verifier": code_verifier}
        form |= {name: value for name, value in given.items() if value}
        if any(len(form[name]) > CODE_BYTES_MAX for name in ("code", *given) if name in form):
            raise Rejected("it is no code")
        answer = await self._web.post(self._token_url, form, self._headers)
        said = self._web.read(answer, self._token_url)
        if answer.status != 200:
            error = said.get("error")
            if error != "invalid_grant":  # the code is not to blame, so an operator should know
                self._log.warning("a code was not exchanged", provider=self._web.name, error=error)
            raise Rejected(f"the provider does not accept the code ({error})")
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
