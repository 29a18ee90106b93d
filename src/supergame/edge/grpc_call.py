"""One gRPC call. To the port it is a connection that brings a single request, under the same limits as any other."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable
from typing import Final, TypeAlias, cast
from urllib.parse import unquote

import grpc.aio

from supergame.core.errors import BadInput, DeadlineExceeded, SupergameError, TooMany, Unavailable
from supergame.edge.calls import waits
from supergame.edge.failures import Refusal
from supergame.edge.operations import Reply
from supergame.edge.port import Port
from supergame.edge.request import Request

Context: TypeAlias = "grpc.aio.ServicerContext[bytes, bytes]"

_STATUS: Final = {status.value[0]: status for status in grpc.StatusCode if status is not grpc.StatusCode.OK}


class NoMessage(BadInput):
    """The call ended before its message was here."""


class GrpcCall:
    """A call under way."""

    def __init__(self, port: Port, service: str, name: str, context: Context) -> None:
        self.slot = -1
        self._port = port
        self._service, self._name = service, name
        self._context = context
        self._task: asyncio.Task[Reply] | None = None
        self._due = 0  # the wheel's tick at which what the call is doing now takes too long
        self._cut: SupergameError | None = None
        """Why it was ended early, if it was."""

    async def answer(self) -> bytes:
        """Give the answer in protobuf, or end the call with the status of what went wrong."""
        reply = await self._reply()
        if isinstance(reply, Refusal):
            status = _STATUS.get(reply.code, grpc.StatusCode.UNKNOWN)
            await self._context.abort(status, reply.message, reply.trailing)
        return reply

    async def _reply(self) -> Reply:
        port, request = self._port, self._request()
        address = port.admit(self, request.address)
        if address is None:
            return port.router.failures.grpc(request, Unavailable() if port.draining else TooMany(retry_seconds=1))
        self._within(port.settings.read_seconds_max)
        task = self._task = port.spawn(self._work(request))
        task.add_done_callback(lambda done: port.release(self, address))
        try:
            return await asyncio.shield(task)  # who goes away does not disturb what is under way
        except asyncio.CancelledError:
            if self._cut is None:
                raise
            return port.router.failures.grpc(request, self._cut)

    async def _work(self, request: Request) -> Reply:
        message: bytes | object = await self._context.read()
        if not isinstance(message, bytes):  # it is grpc.aio.EOF
            return self._port.router.failures.grpc(request, NoMessage())
        self._port.bytes_in.value += len(message)
        request.body = message
        self._within(self._seconds())
        reply = self._port.router.unary(self._name)(request)
        return await cast(Awaitable[Reply], reply) if waits(reply) else cast(Reply, reply)

    def _request(self) -> Request:
        """The call as the request that guards, hooks and handlers know: metadata are its headers."""
        headers: dict[bytes, bytes] = {}
        for key, value in self._context.invocation_metadata() or ():
            name, text = key.encode(), value.encode() if isinstance(value, str) else value
            headers[name] = headers[name] + b", " + text if name in headers else text
        if b"grpcgateway-authorization" in headers:
            headers.setdefault(b"authorization", headers[b"grpcgateway-authorization"])
        address = peer_address(self._context.peer())
        addresses = self._port.addresses
        if addresses.trusts(address):
            address = addresses.client(address, headers.get(b"x-forwarded-for", b"").decode("latin-1"))
        return Request("POST", f"/{self._service}/{self._name}", headers=headers, address=address)

    def _seconds(self) -> float:
        """How long the handler may take: no longer than the client waits."""
        left: float | None = self._context.time_remaining()
        most = self._port.settings.handler_seconds_max
        return most if left is None else min(left, most)

    def _within(self, seconds: float) -> None:
        self._due = self._port.wheel.tick + math.ceil(seconds)
        self._port.wheel.set(self, math.ceil(seconds))

    # As the port sees it

    def on_tick(self) -> int:
        """See whether what the call is doing takes too long; gives the seconds until the next look."""
        left = self._due - self._port.wheel.tick
        if left <= 0:
            self._end(DeadlineExceeded())
        return left

    def drain(self) -> None:
        """Nothing to do: it ends when it is answered."""

    def abort(self) -> None:
        """End now."""
        self._end(Unavailable())

    def _end(self, why: SupergameError) -> None:
        self._cut = why
        assert self._task is not None
        self._task.cancel()


def peer_address(peer: str) -> str:
    """The address in grpc's name for a peer: `ipv4:127.0.0.1:50000`, `ipv6:%5B::1%5D:50000`; empty when it is gone."""
    return unquote(peer).partition(":")[2].rpartition(":")[0].strip("[]")
