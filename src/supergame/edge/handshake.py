"""The handshake: how an HTTP connection becomes a socket, or why it does not (RFC 6455 §4)."""

from __future__ import annotations

import asyncio
import binascii
from base64 import b64decode
from typing import Final
from urllib.parse import parse_qs

from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined]

from supergame.core.errors import Unauthenticated
from supergame.core.log import Log
from supergame.edge.codec import CODECS
from supergame.edge.limits import Address
from supergame.edge.port import Connection, Port
from supergame.edge.request import Request, Response
from supergame.edge.socket import Socket

SOCKET_PATH: Final = "/ws"

READ_BUFFER_BYTES: Final = 4_096
"""What an idle socket holds ready; it grows with what arrives."""

READ_BYTES_MAX: Final = 16_384
"""How much is read at a time; without a bound, the buffer of a busy socket grows to what the kernel holds."""

LANG_CHARACTERS_MAX: Final = 64
KEY_BYTES: Final = 16

_get_buffer = WSProtocol.get_buffer


class _Parser(WSProtocol):  # type: ignore[misc]
    """picows' parser, reading a bounded amount at a time."""

    def get_buffer(self, size_hint: int) -> memoryview:
        buffer: memoryview = _get_buffer(self, size_hint)
        return buffer if len(buffer) <= READ_BYTES_MAX else buffer[:READ_BYTES_MAX]


class _Quiet:
    """The log that picows gets: what it has to say is told to the client by the close frame."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - logging's name
        return False

    def debug(self, *args: object) -> None:
        pass

    info = warning = error = debug

    def exception(self, message: str, *args: object) -> None:
        self._log.exception(f"picows: {message}")


def open_socket(
    port: Port,
    connection: Connection,
    request: Request,
    transport: asyncio.Transport,
    address: Address,
    rest: bytes,
) -> Response | None:
    """Make a socket of a connection; `rest` is what has come behind its request. Gives the refusal, if any."""
    query = parse_qs(request.query.decode("utf-8", "replace"), keep_blank_values=True)

    def asked(name: str, default: str) -> str:
        return query.get(name, [default])[0]

    codec = CODECS.get(asked("format", "json"))
    if codec is None:
        return Response("Invalid format parameter", 400)
    token = asked("token", "")
    if not token:
        header = request.raw_headers.get(b"authorization", b"")
        token = header[7:].strip().decode("latin-1") if header[:7].lower() == b"bearer " else ""
    try:
        claims = port.tokens.verify(token)
    except Unauthenticated:
        return Response("Missing or invalid token", 401, headers={"WWW-Authenticate": "Bearer"})
    key = request.raw_headers.get(b"sec-websocket-key", b"")
    if not _is_key(key) or request.raw_headers.get(b"sec-websocket-version") != b"13":
        return Response("Bad Request: no WebSocket handshake of version 13", 400)
    socket = Socket(
        port,
        address,
        claims,
        codec,
        lang=asked("lang", "en")[:LANG_CHARACTERS_MAX],
        shows_status=asked("status", "").lower() in ("true", "1"),
        client=request.address,
    )
    parser = _Parser(
        None, None, False, lambda upgrade: socket, _Quiet(port.log), True, None, False, None, None,
        WSAutoPingStrategy.PING_WHEN_IDLE, False, port.settings.message_bytes_max, None, READ_BUFFER_BYTES,
    )  # fmt: skip
    parser.connection_made(transport)
    # A request of our own: picows refuses what browsers may send, such as `Connection: keep-alive, Upgrade`.
    _feed(
        parser,
        b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: %b\r\n\r\n" % key,
    )
    port.replace(connection, socket)
    transport.set_protocol(parser)
    _feed(parser, rest)
    return None


def _feed(parser: _Parser, data: bytes) -> None:
    """Hand over what was read before the parser was in charge."""
    while data:
        buffer = parser.get_buffer(len(data))
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        parser.buffer_updated(size)
        data = data[size:]


def _is_key(key: bytes) -> bool:
    try:
        return len(b64decode(key, validate=True)) == KEY_BYTES
    except binascii.Error:
        return False
