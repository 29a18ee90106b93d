"""The edge as a whole: it listens, and it stops without cutting anyone off in the middle of a word."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from supergame.core.clock import Clock
from supergame.core.config import BadSetting
from supergame.core.ids import Ids
from supergame.core.log import Log
from supergame.core.telemetry import Metrics
from supergame.edge.handshake import SOCKET_PATH
from supergame.edge.http import HttpConnection
from supergame.edge.port import Port
from supergame.edge.request import Caller, Request, Response
from supergame.edge.router import Router
from supergame.edge.session import Session
from supergame.edge.sessions import Sessions
from supergame.edge.settings import EdgeSettings
from supergame.edge.tls import Certificate
from supergame.edge.tokens import Tokens
from supergame.protocol.openapi import Extra, openapi
from supergame.protocol.system import Ping, Pong
from supergame.protocol.types import Empty

if TYPE_CHECKING:
    from supergame.edge.grpc import GrpcServer

PROMETHEUS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

METRICS_SECONDS: Final = 1.0
"""How long the rendered metrics are good for: rendering takes milliseconds of the loop, and anybody may ask."""

ABORT_SECONDS_MAX: Final = 1
"""What connections and handlers that have been cut off get to notice it."""


class Edge:
    """One port for HTTP and sockets, and beside it one for gRPC.

    `sessions`, `tokens` and `router` are what features and the app use. Everything is registered before `start`.
    """

    def __init__(
        self, settings: EdgeSettings, *, clock: Clock, ids: Ids, log: Log, metrics: Metrics, version: str = ""
    ) -> None:
        self.settings = settings
        self.tokens = Tokens(settings, clock, ids)
        self.sessions = Sessions(log)
        self.tokens.on_revoked(self.sessions.revoked)
        self.router = Router(settings, self.tokens, log, ids, metrics)
        self._clock = clock
        self._log = log
        self._version = version
        self._metrics = metrics
        self._rendered, self._rendered_at = b"", -METRICS_SECONDS
        self.game_operations: Sequence[Extra] = ()
        """What `/openapi.json` shows of the game's own."""
        self._port = Port(
            settings,
            clock=clock,
            ids=ids,
            log=log,
            metrics=metrics,
            tokens=self.tokens,
            sessions=self.sessions,
            router=self.router,
        )
        self._server: asyncio.Server | None = None
        self._grpc: GrpcServer | None = None
        self._certificate: Certificate | None = None
        if settings.tls_certificate:
            self._certificate = Certificate(
                settings.tls_certificate,
                settings.tls_key,
                poll_seconds=settings.tls_poll_seconds,
                clock=clock,
                log=log,
            )
        self.router.add_operation("Healthcheck", _healthy, self)
        self.router.add_message("ping", _pong, self)
        self.router.add_message("pong", _heard, self)
        self.router.add_raw("GET", SOCKET_PATH, lambda request: Response("Bad Request: a WebSocket is needed", 400))
        self.router.add_raw("GET", "/metrics", self._show_metrics)
        self.router.add_raw("GET", "/openapi.json", self._openapi)

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        if self._server is None:
            raise RuntimeError("The edge has not been started")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def grpc_port(self) -> int:
        """The port it takes gRPC calls on, once started; 0 where it takes none."""
        return 0 if self._grpc is None else self._grpc.port

    async def start(self) -> None:
        """Listen. Raises BadSetting when an address cannot be had."""
        self._port.wheel.start()
        if self._certificate is not None:
            self._certificate.start()
        try:
            await self._start_http()
            if self.settings.grpc:
                await self._start_grpc()
        except BadSetting:
            self.close_door()
            self._server = None
            self._stop_timers()
            raise

    async def _start_http(self) -> None:
        context = None if self._certificate is None else self._certificate.context
        try:
            self._server = await asyncio.get_running_loop().create_server(
                partial(HttpConnection, self._port),
                self.settings.host,
                self.settings.port,
                backlog=self.settings.backlog,
                ssl=context,
                ssl_handshake_timeout=self.settings.read_seconds_max if context else None,
            )
        except OSError as error:
            where = f"{self.settings.host}:{self.settings.port}"
            raise BadSetting(f"edge.host and edge.port: cannot listen on {where} ({error.strerror}).") from None

    async def _start_grpc(self) -> None:
        from supergame.edge.grpc import GrpcServer

        server = GrpcServer(self._port, self._certificate)
        await server.start()
        self._grpc = server

    def close_door(self) -> None:
        """Take no new connections; those that are there go on as before.

        gRPC goes on until `stop`: it cannot do the one without the other.
        """
        if self._server is not None:
            self._server.close()

    async def stop(self, grace_seconds: float | None = None) -> None:
        """Stop: accept nobody, tell everybody, let what is under way finish, and after the grace end the rest."""
        if self._server is None:
            return
        grace = self.settings.grace_seconds if grace_seconds is None else grace_seconds
        port = self._port
        self.close_door()
        port.draining = True
        for connection in list(port.connections):
            connection.drain()
        if grace > 0:
            await self._until_gone(self._clock.sleep(grace))
        left = list(port.connections)
        if left or port.tasks:
            await asyncio.sleep(0)  # what was said goodbye with leaves at the end of the loop's turn
            if grace > 0:
                self._log.warning("not everything ended in time", connections=len(left), handlers=len(port.tasks))
            for connection in left:
                connection.abort()
            for task in list(port.tasks):
                task.cancel()
            # Not by the clock: whoever stands in for it in a test need not move it for this.
            await self._until_gone(asyncio.sleep(ABORT_SECONDS_MAX))
        if self._grpc is not None:
            await self._grpc.stop()
            self._grpc = None
        self._stop_timers()
        await self._server.wait_closed()
        self._server = None

    async def _until_gone(self, deadline: Coroutine[Any, Any, None]) -> None:
        """Wait until nobody is connected and nothing is under way, or the deadline has come."""
        waits = [asyncio.ensure_future(self._gone()), asyncio.ensure_future(deadline)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)

    async def _gone(self) -> None:
        port = self._port
        while port.connections or port.tasks:
            if port.connections:
                await port.empty.wait()
            else:
                await asyncio.wait(set(port.tasks))
        await self.router.after.drain()

    def _stop_timers(self) -> None:
        self._port.wheel.stop()
        if self._certificate is not None:
            self._certificate.stop()

    def _show_metrics(self, request: Request) -> Response:
        now = self._clock.monotonic()
        if now - self._rendered_at >= METRICS_SECONDS:
            self._rendered, self._rendered_at = self._metrics.render(), now
        return Response(self._rendered, 200, PROMETHEUS_TYPE)

    def _openapi(self, request: Request) -> Response:
        return Response(msgspec.json.encode(openapi(self._version, self.game_operations)), 200, "application/json")


def _healthy(edge: Edge, caller: Caller, request: Empty) -> None:
    """Say that the node is up."""


def _pong(edge: Edge, session: Session, message: Ping) -> Pong:
    return Pong()


def _heard(edge: Edge, session: Session, message: Pong) -> None:
    """Nothing to do: hearing it was the point."""
