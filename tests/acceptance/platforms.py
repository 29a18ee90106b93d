"""The platforms that players come from, as stand-ins in a thread beside the node: clients ask them for their proofs."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any

from aiohttp import web
from tests.features.identity.issuer import serving
from tests.features.identity.platforms import Platforms

START_SECONDS_MAX = 30.0


class PlatformsBeside:
    """`with PlatformsBeside() as platforms: ... platforms.settings() ... platforms.url`.

    `GET /proof/{platform}/{who}` gives what a player shows to be that one there, `PUT /friends/{who}` sets their
    friends' ids.
    """

    def __init__(self) -> None:
        self._platforms: Platforms | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="platforms", daemon=True)

    def __enter__(self) -> PlatformsBeside:
        self._thread.start()
        if not self._ready.wait(START_SECONDS_MAX):
            raise TimeoutError("the stand-ins of the platforms did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """Where they are."""
        assert self._platforms is not None
        return self._platforms.url

    def settings(self) -> dict[str, Any]:
        """What a node has to be told to trust them."""
        assert self._platforms is not None
        return self._platforms.settings()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._platforms = Platforms()
        application = self._platforms.application()
        application.router.add_get("/proof/{platform}/{who}", self._proof)
        application.router.add_put("/friends/{who}", self._befriend)
        async with serving(application) as self._platforms.url:
            self._ready.set()
            await self._stop.wait()

    async def _proof(self, request: web.Request) -> web.Response:
        assert self._platforms is not None
        platforms, who = self._platforms, request.match_info["who"]
        platform = request.match_info["platform"]
        if platform == "gamecenter":
            proof = platforms.gamecenter_player(who)._asdict()
            return web.json_response({**proof, "timestamp_seconds": str(proof.pop("timestamp"))})
        if platform == "facebookinstantgame":
            return web.json_response({"signed_player_info": platforms.instant_player(who)})
        if platform == "facebook":
            return web.json_response({"token": platforms.facebook_token(who)})
        if platform == "steam":
            return web.json_response({"token": platforms.steam_ticket(who)})
        return web.json_response({"token": platforms.issuer.token(who, **request.query)})

    async def _befriend(self, request: web.Request) -> web.Response:
        assert self._platforms is not None
        self._platforms.friends[request.match_info["who"]] = await request.json()
        return web.json_response({})
