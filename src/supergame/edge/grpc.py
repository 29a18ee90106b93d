"""The port for gRPC: the operations that HTTP has, each a unary call in protobuf.

The transport is grpcio's asyncio server. What it can be told to limit, it limits; the rest is done per call, where
the limits of HTTP count (`grpc_call`). grpcio takes a while to load, so this module is imported only where gRPC is
wanted.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import grpc
import grpc.aio

from supergame.core.config import BadSetting
from supergame.edge.grpc_call import Context, GrpcCall
from supergame.edge.port import Port
from supergame.edge.settings import EdgeSettings
from supergame.edge.tls import Certificate

SERVICE: Final = "nakama.api.Nakama"
EXTENSION_SERVICE: Final = "supergame.api.Supergame"
"""Where the operations are that the common client protocol does not have."""

CALLS_PER_CONNECTION_MAX: Final = 100
"""Calls under way on one connection; the client lets more of them wait."""

CONNECTION_SECONDS_MAX: Final = 600
"""How old a connection gets before its client is asked to make another; so none of them holds on to what it does not
read for longer than that."""

PING_SECONDS_MIN: Final = 5
"""How far apart pings have to be, or the connection is ended as a flood of them. Client libraries that are told to keep
their connections alive leave 10 s between two at the least, with calls under way or without."""

SEND_SECONDS_MAX: Final = 1
"""What the last answers get to leave when the server stops. The grace for calls under way is over by then."""

_IDENTITY: Final = 1
"""The bits of the encodings that are taken: none but the plain one, because grpcio unpacks without a limit."""

Handler = Callable[[AsyncIterator[bytes], Context], Awaitable[bytes]]


class GrpcServer:
    """Listens for gRPC calls: `await server.start()`, `server.port`, `await server.stop()`."""

    def __init__(self, port: Port, certificate: Certificate | None) -> None:
        self._port = port
        self._certificate = certificate
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # what it has to say would go past our log
        self._server = grpc.aio.server(options=_options(port.settings))
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises BadSetting when the address cannot be had."""
        settings = self._port.settings
        number = settings.grpc_port or max(0, settings.port - 1)
        where = f"[{settings.host}]:{number}" if ":" in settings.host else f"{settings.host}:{number}"
        self._server.add_generic_rpc_handlers(
            [self._service(SERVICE, extension=False), self._service(EXTENSION_SERVICE, extension=True)]
        )
        try:
            if self._certificate is None:
                self.port = self._server.add_insecure_port(where)
            else:
                self.port = self._server.add_secure_port(where, _credentials(self._certificate))
        except RuntimeError:
            raise BadSetting(
                f"edge.grpc_port: cannot listen on {where} for gRPC; is the port taken? "
                "Set another one, or switch gRPC off: edge.grpc=false."
            ) from None
        await self._server.start()

    async def stop(self) -> None:
        """End, once what has been answered is sent."""
        await self._server.stop(SEND_SECONDS_MAX)

    def _service(self, service: str, *, extension: bool) -> grpc.GenericRpcHandler:
        operations = [operation for operation in self._port.router.operations if operation.extension == extension]
        handlers = {operation.name: self._method(service, operation.name) for operation in operations}
        return grpc.method_handlers_generic_handler(service, handlers)

    def _method(self, service: str, name: str) -> grpc.RpcMethodHandler[bytes, bytes]:
        async def handle(messages: AsyncIterator[bytes], context: Context) -> bytes:
            return await GrpcCall(self._port, service, name, context).answer()

        # On the wire the same as unary; here it means that a call is looked at before its message has arrived.
        return grpc.stream_unary_rpc_method_handler(handle)


def _options(settings: EdgeSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),  # a port that is taken is to be noticed
        ("grpc.max_receive_message_length", settings.body_bytes_max),
        ("grpc.max_metadata_size", settings.header_bytes_max),
        ("grpc.absolute_max_metadata_size", settings.header_bytes_max),
        ("grpc.max_allowed_incoming_connections", settings.connections_max),
        ("grpc.max_concurrent_streams", CALLS_PER_CONNECTION_MAX),
        ("grpc.server_handshake_timeout_ms", settings.read_seconds_max * 1_000),
        ("grpc.max_connection_idle_ms", settings.idle_seconds_max * 1_000),
        ("grpc.max_connection_age_ms", CONNECTION_SECONDS_MAX * 1_000),
        ("grpc.max_connection_age_grace_ms", (settings.handler_seconds_max + settings.write_seconds_max) * 1_000),
        ("grpc.http2.min_ping_interval_without_data_ms", PING_SECONDS_MIN * 1_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.compression_enabled_algorithms_bitset", _IDENTITY),
    ]


def _credentials(certificate: Certificate) -> grpc.ServerCredentials:
    """The certificate as it is when a client connects; grpcio asks for it from a thread of its own."""
    shown = certificate.pem

    def renewed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal shown
        if certificate.pem is shown:
            return None
        shown = certificate.pem
        return grpc.ssl_server_certificate_configuration([shown])

    first = grpc.ssl_server_certificate_configuration([shown])
    return grpc.dynamic_ssl_server_credentials(first, renewed)  # type: ignore[arg-type] # None is for no change
