"""Requests to one provider: none waits longer than its deadline, none brings more than it may, few are under way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec

from supergame.core.clock import Clock
from supergame.core.errors import Unavailable
from supergame.core.log import Log
from supergame.features.identity.model import of_object

ANSWER_BYTES_MAX: Final = 262_144
"""What a provider may answer; sets of keys have a few thousand bytes."""

_max_age = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE).search


class Answer(NamedTuple):
    """What a provider has answered. `max_age_seconds` is how long it says that this holds."""

    status: int
    body: bytes
    max_age_seconds: int | None


class Web:
    """Requests to the provider called `name`. Redirects are not followed: they could lead anywhere."""

    def __init__(self, name: str, clock: Clock, log: Log, *, deadline_seconds: float, waiting_max: int) -> None:
        self.name = name
        self.waiting_max = waiting_max
        self._clock, self._log = clock, log
        self._deadline_seconds = deadline_seconds
        self._session: aiohttp.ClientSession | None = None
        self._waiting = 0

    async def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask for something. Raises Unavailable when there is no answer in time, or none that makes sense."""
        return await self._request("GET", url, params=params, headers=headers)

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Send a form. Raises as `get` does."""
        return await self._request("POST", url, data=form, headers=headers)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    def read(self, answer: Answer, url: str) -> dict[str, Any]:
        """What an answer says, as JSON; nothing, if that is no object. Raises Unavailable for what is no JSON."""
        try:
            return of_object(msgspec.json.decode(answer.body))
        except (ValueError, RecursionError) as error:
            raise self.unavailable(f"status {answer.status}, {error}", url) from None

    def unavailable(self, why: str, url: str) -> Unavailable:
        """The error to raise when the provider does not do its part; the log says why."""
        self._log.warning("identity provider unavailable", provider=self.name, url=url, why=why)
        return Unavailable(f"{self.name} cannot be reached right now; please try again.")

    async def _request(self, method: str, url: str, **options: Any) -> Answer:
        if self._waiting >= self.waiting_max:
            raise Unavailable(f"Too many logins wait for {self.name}; please try again.")
        self._waiting += 1
        try:
            answer = await self._within_deadline(method, url, options)
        except TimeoutError:
            raise self.unavailable("it took too long", url) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self.unavailable(_without_address(error), url) from None
        finally:
            self._waiting -= 1
        if answer.status >= 500 or 300 <= answer.status < 400 or answer.status in (408, 429):
            raise self.unavailable(f"status {answer.status}", url)
        return answer

    async def _within_deadline(self, method: str, url: str, options: dict[str, Any]) -> Answer:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as limit:
            timer = self._clock.call_later(self._deadline_seconds, lambda: limit.reschedule(loop.time()))
            try:
                async with self._connections().request(method, url, allow_redirects=False, **options) as response:
                    body = await _read(response)
                    return Answer(response.status, body, _age(response.headers.getall("Cache-Control", [])))
            finally:
                timer.cancel()

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),  # the deadline is ours, by our clock
                connector=aiohttp.TCPConnector(limit=self.waiting_max),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "supergame"},
                auto_decompress=False,  # so that a short answer stays short
            )
        return self._session


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole body. Raises ValueError when it is too long."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > ANSWER_BYTES_MAX:
            raise ValueError(f"the answer is longer than {ANSWER_BYTES_MAX} bytes")
        parts.append(part)
    return b"".join(parts)


def _without_address(error: Exception) -> str:
    """What has gone wrong, without the address as it was asked for: its parameters may be secret."""
    told = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return f"{type(error).__name__}: {told}"


def _age(headers: list[str]) -> int | None:
    found = _max_age(", ".join(headers))
    return int(found[1]) if found else None
