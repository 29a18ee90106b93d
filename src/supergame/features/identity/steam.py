"""Steam: session tickets, asked about at Steam's Web API with the publisher's key."""

from __future__ import annotations

import re
from typing import Any, Final

from supergame.core.errors import Banned, Refused
from supergame.core.log import Log
from supergame.features.accounts import Provider
from supergame.features.identity.model import ExternalIdentity, Rejected, identified, is_id, of_object
from supergame.features.identity.web import Web

FRIENDS_MAX: Final = 5_000
"""Friends that are taken from Steam's list, which has 2,000 at most."""

_ticket = re.compile(r"(?:[0-9a-fA-F]{2}){1,2560}").fullmatch


class Steam:
    """Session tickets of one app."""

    def __init__(
        self, web: Web, log: Log, *, api_url: str, publisher_key: str, app_id: int, ticket_identity: str
    ) -> None:
        self._web, self._log = web, log
        self._api_url = api_url.rstrip("/")
        self._key, self._app_id, self._ticket_identity = publisher_key, str(app_id), ticket_identity

    async def verify(self, ticket: str) -> ExternalIdentity:
        """Find out whose ticket it is. Raises Banned for whom the publisher has banned."""
        if not _ticket(ticket):
            raise Rejected("it is no ticket in hexadecimal")
        params = {"key": self._key, "appid": self._app_id, "ticket": ticket}
        if self._ticket_identity:
            params["identity"] = self._ticket_identity
        said = of_object((await self._ask("/ISteamUserAuth/AuthenticateUserTicket/v1/", params)).get("response"))
        user = of_object(said.get("params"))
        if user.get("result") != "OK":
            raise Rejected(f"Steam does not accept it ({of_object(said.get('error')).get('errordesc')})")
        if user.get("publisherbanned") is True:
            raise Banned
        return identified(Provider.STEAM, user.get("steamid"))

    async def friends(self, ticket: str, who: ExternalIdentity) -> list[str]:
        """The friends of whose ticket it is, by their ids. Raises Refused where the list is private."""
        params = {"key": self._key, "steamid": who.external_id, "relationship": "friend"}
        said = await self._ask("/ISteamUser/GetFriendList/v1/", params, private=True)
        listed = of_object(said.get("friendslist")).get("friends")
        ids = [of_object(friend).get("steamid") for friend in listed] if isinstance(listed, list) else []
        return [id_ for id_ in ids if is_id(id_)][:FRIENDS_MAX]

    async def _ask(self, path: str, params: dict[str, str], *, private: bool = False) -> dict[str, Any]:
        url = self._api_url + path
        answer = await self._web.get(url, params)
        if answer.status == 401 and private:
            raise Refused("The player's list of friends on Steam is private.")
        if answer.status in (401, 403):
            self._log.error("Steam does not accept the publisher's key", status=answer.status)
        if answer.status != 200:
            raise self._web.unavailable(f"status {answer.status}", url)
        return self._web.read(answer, url)
