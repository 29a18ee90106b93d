"""The operators' calls of a running node, as the command line makes them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from supergame.cli.keys import CONSOLE_KEY, KEYS_FILE, read_keys
from supergame.cli.output import fail
from supergame.cli.settings import load_settings
from supergame.console.players import PREFIX, PlayerDetails, PlayerRow

TIMEOUT_SECONDS = 10.0


class Console:
    """One node's calls, with the key for them."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    @classmethod
    def of(cls, url: str | None, key: str | None, data: Path | None, config: Path | None) -> Console:
        """The node and key that the options name; without them those of the settings and the data folder here."""
        from supergame.app import NodeSettings
        from supergame.console import ConsoleSettings
        from supergame.edge import EdgeSettings

        loaded = load_settings(config, node__data=data)
        if not key:
            file = Path(loaded.section(NodeSettings).data) / KEYS_FILE
            key = loaded.section(ConsoleSettings).key or read_keys(file).get(CONSOLE_KEY)
            if not key:
                fail(f"There is no console key in {file}. Name the node's data folder with --data, or give --key.")
        return cls(url or f"http://127.0.0.1:{loaded.section(EdgeSettings).port}", key)

    def find(self, text: str, limit: int) -> list[PlayerRow]:
        """Players that a text finds."""
        query = urlencode({"text": text, "limit": limit})
        return msgspec.json.decode(self._call("GET", f"?{query}"), type=list[PlayerRow])

    def show(self, player: str) -> PlayerDetails:
        """One player, by id or username."""
        return msgspec.json.decode(self._call("GET", f"/{quote(player, safe='')}"), type=PlayerDetails)

    def export(self, player: str) -> bytes:
        """Everything that is kept on a player, as JSON for people to read."""
        return msgspec.json.format(self._call("GET", f"/{quote(player, safe='')}/export"))

    def act(self, player: str, action: str, **query: str) -> dict[str, Any]:
        """Ban, unban, disconnect, delete or merge a player."""
        answer = self._call("POST", f"/{quote(player, safe='')}/{action}?{urlencode(query)}")
        return msgspec.json.decode(answer, type=dict[str, Any])

    def _call(self, method: str, rest: str) -> bytes:
        return asyncio.run(self._request(method, f"{self._url}{PREFIX}{rest}"))

    async def _request(self, method: str, url: str) -> bytes:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        headers = {"Authorization": f"Bearer {self._key}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as http,
                http.request(method, url, headers=headers) as answer,
            ):
                content = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            fail(f"No node answers at {self._url}. Is it running? --url names another one.")
        if status >= 400:
            try:
                fail(str(msgspec.json.decode(content)["message"]))
            except (msgspec.DecodeError, KeyError, TypeError):
                fail(f"{self._url} answered with status {status}.")
        return content
