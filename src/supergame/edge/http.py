"""HTTP/1.1 on the one port: requests in, answers out in the order they were asked for.

The parsing is httptools'. What is here is everything around it: limits, timeouts, pipelining, packing, CORS. A
plain handler is answered at once; an async one is awaited in a task, and what its connection has sent behind it
waits, unread as far as possible.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import Final, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

from supergame.core.errors import BadInput, DeadlineExceeded, SupergameError, TooMany, Unavailable
from supergame.edge.bodies import BodyTooLarge, unpack
from supergame.edge.failures import plain_failure
from supergame.edge.handshake import SOCKET_PATH, open_socket
from supergame.edge.limits import Address
from supergame.edge.port import Port
from supergame.edge.rendering import render
from supergame.edge.request import Request, Response

FEED_BYTES: Final = 16_384
"""The parser is fed in pieces of this size, so that a connection cannot make thousands of requests wait at once."""

INLINE_REQUESTS_MAX: Final = 32
"""Requests of one connection answered in one turn of the loop, before others get theirs."""

LOOK_SECONDS: Final = 5
"""How often a connection is looked at for what takes too long. So much later than its limit it may be noticed."""

_METHODS: Final = {name.encode(): name for name in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")}


class HeaderTooLarge(BadInput):
    """The request's header is too large."""


class Malformed(BadInput):
    """That is not HTTP/1.1."""


class TooSlow(BadInput):
    """The request took too long to arrive."""


class _Stop(Exception):
    """Thrown through the parser once a connection has been refused."""


class HttpConnection(asyncio.Protocol):
    """One connection that speaks HTTP, until it ends or becomes a socket."""

    def __init__(self, port: Port) -> None:
        self.slot = -1
        self._port = port
        self._settings = port.settings
        self._answer = port.router.answer
        self._parser: HttpRequestParser | None = HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._peer = ""
        self._address: Address | None = None
        self._via_proxy = False
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._piece_bytes = 0
        self._unfinished_bytes = 0
        self._in_head = False
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._since = 0  # the wheel's tick at which what the connection is doing now began
        self._receiving = False
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._unread: bytes = b""
        self._task: asyncio.Task[None] | None = None
        self._overdue = False
        self._out: list[bytes] = []
        self._inline = 0
        self._reading_paused = False
        self._writing_paused = False
        self._refused = False
        self._said_all = False
        self._gone = False

    # The connection itself

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or answer that there are too many."""
        self._transport = cast(asyncio.Transport, transport)
        peername = transport.get_extra_info("peername")
        self._peer = peername[0] if peername else ""
        self._address = self._port.admit(self, self._peer)
        if self._address is None:
            self._refused = True
            refusal = Unavailable() if self._port.draining else TooMany(retry_seconds=1)
            self._send(None, plain_failure(refusal), keep_alive=False)
            self._flush()
            transport.close()
            return
        self._via_proxy = self._port.addresses.trusts(self._peer)
        self._since = self._port.wheel.tick
        self._port.wheel.set(self, LOOK_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything but a handler under way, which is not disturbed."""
        self._gone = True
        self._parser = None
        self._waiting.clear()
        self._unread = b""
        if self._address is not None and self._task is None:
            self._release()

    def _release(self) -> None:
        if self._address is not None:
            self._port.release(self, self._address)
            self._address = None

    def pause_writing(self) -> None:
        """The client does not read its answers: take no more requests."""
        self._writing_paused = True
        self._since = self._port.wheel.tick
        self._pause_reading()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._writing_paused = False
        self._since = self._port.wheel.tick
        self._go_on()

    def _pause_reading(self) -> None:
        if not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """The client has nothing more to say; it may still read what is under way."""
        self._said_all = True
        return (self._busy() or bool(self._unread)) and self._transport.can_write_eof()

    # Time

    def on_tick(self) -> int:
        """See whether what the connection is doing takes too long; gives the seconds until the next look."""
        elapsed = self._port.wheel.tick - self._since
        settings = self._settings
        if self._refused:
            self._transport.abort()
        elif self._task is not None:
            if elapsed >= settings.handler_seconds_max:
                self._overdue = True
                self._task.cancel()
        elif self._writing_paused:
            if elapsed >= settings.write_seconds_max:
                self._port.cut_off.value += 1
                self._transport.abort()
        elif self._receiving:
            if elapsed >= settings.read_seconds_max:
                self._refuse(TooSlow(), 408)
                return settings.close_seconds_max
        elif elapsed >= settings.idle_seconds_max:
            self._transport.close()
        return LOOK_SECONDS

    def drain(self) -> None:
        """End after what is under way."""
        if not (self._receiving or self._busy()):
            self._transport.close()

    def abort(self) -> None:
        """End now."""
        self._transport.abort()

    # What comes in

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        self._port.bytes_in.value += len(data)
        if self._refused:
            return  # read on and throw away, so that the client gets to read why
        if self._unread:
            self._unread += data
            return
        self._inline = 0
        self._feed(data)
        if self._out:
            self._flush()

    def _feed(self, data: bytes) -> None:
        start = 0
        while start < len(data):
            if self._waiting or self._writing_paused:
                self._unread = data[start:]
                self._pause_reading()
                return
            piece = data[start : start + FEED_BYTES]
            self._piece_bytes = len(piece)
            if not self._receiving:
                self._receiving = True
                self._since = self._port.wheel.tick
            try:
                assert self._parser is not None
                self._parser.feed_data(piece)
            except HttpParserUpgrade as upgrade:
                data, start = self._upgrade(data[start + upgrade.args[0] :]), 0
                continue
            except HttpParserCallbackError as error:
                if not isinstance(error.__context__, _Stop):
                    raise
                return
            except HttpParserError:
                self._refuse(Malformed(), 400)
                return
            if self._in_head:
                if self._unfinished_bytes > self._settings.header_bytes_max:
                    self._refuse(HeaderTooLarge(), 431)
                    return
                # An upper bound, for what stands before the head counts as well; exact once the head is whole.
                self._unfinished_bytes += len(piece)
            elif self._receiving:
                # The body is counted as it comes out of its chunks; this is for what lies between and behind them.
                self._unfinished_bytes += len(piece)
                settings = self._settings
                if self._unfinished_bytes > FEED_BYTES + settings.header_bytes_max + 2 * settings.body_bytes_max:
                    self._refuse(BodyTooLarge())
                    return
            if self._refused:
                return
            start += len(piece)

    def on_message_begin(self) -> None:
        """httptools: a request begins."""
        self._url = b""
        self._headers = {}
        self._unfinished_bytes = 0
        self._in_head = True
        if self._body:
            self._body = []
            self._body_bytes = 0
        self._receiving = True

    def on_url(self, url: bytes) -> None:
        """httptools: a piece of the address."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header."""
        if not self._in_head:
            return  # a trailer behind a body in chunks: a proxy whose headers we believe may let them pass
        name = name.lower()
        headers = self._headers
        headers[name] = headers[name] + b", " + value if name in headers else value

    def on_headers_complete(self) -> None:
        """httptools: the body comes next."""
        self._in_head = False
        if self._head_too_large():
            self._refuse(HeaderTooLarge(), 431)
            raise _Stop
        headers = self._headers
        length = headers.get(b"content-length")
        if length is not None and int(length) > self._settings.body_bytes_max:
            self._refuse(BodyTooLarge())
            raise _Stop
        if b"expect" in headers and headers[b"expect"].lower() == b"100-continue" and not self._busy():
            self._out.append(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._flush()

    def _head_too_large(self) -> bool:
        limit = self._settings.header_bytes_max
        if self._unfinished_bytes + self._piece_bytes <= limit:
            return False  # it cannot be larger than what it came in
        return len(self._url) + sum(len(name) + len(value) for name, value in self._headers.items()) > limit

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > self._settings.body_bytes_max:
            self._refuse(BodyTooLarge())
            raise _Stop
        self._body.append(body)

    def on_message_complete(self) -> None:
        """httptools: a request is here as a whole."""
        parser = self._parser
        assert parser is not None
        if parser.should_upgrade():
            return  # comes up again as HttpParserUpgrade
        self._receiving = False
        self._since = self._port.wheel.tick
        request = self._request(_METHODS.get(parser.get_method()) or parser.get_method().decode())
        keep_alive = parser.should_keep_alive()
        if self._busy() or self._inline >= INLINE_REQUESTS_MAX:
            self._waiting.append((request, keep_alive))
            self._pause_reading()
            if self._task is None and not self._writing_paused and len(self._waiting) == 1:
                asyncio.get_running_loop().call_soon(self._go_on)
        else:
            self._handle(request, keep_alive)

    def _busy(self) -> bool:
        return self._task is not None or self._writing_paused or bool(self._waiting)

    def _request(self, method: str) -> Request:
        url = self._url
        if not url.startswith(b"/"):
            url = _origin_form(url)
        path, _, query = url.partition(b"?")
        body = self._body
        return Request(
            method,
            path.decode("latin-1"),
            query,
            self._headers,
            b"" if not body else body[0] if len(body) == 1 else b"".join(body),
            self._peer,
        )

    # What goes out

    def _handle(self, request: Request, keep_alive: bool) -> None:
        """Answer a request, now or when its handler is done."""
        self._inline += 1
        try:
            response = self._admit(request) or self._answer(request)
        except SupergameError as error:
            response = plain_failure(error)
        if isinstance(response, Response):
            self._send(request, response, keep_alive)
        else:
            self._task = self._port.spawn(self._finish(request, response, keep_alive))

    def _admit(self, request: Request) -> Response | None:
        """What is to be seen to before any route: limits, preflights, packed bodies."""
        assert self._address is not None
        bucket = self._address.bucket
        headers = request.raw_headers
        if self._via_proxy:
            forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
            request.address = self._port.addresses.client(self._peer, forwarded)
            bucket = self._port.addresses.of(request.address).bucket
        bucket.tokens -= 1
        if bucket.tokens < 0 and not bucket.refill():
            self._port.limited.value += 1
            raise TooMany(retry_seconds=1)
        if b"content-encoding" in headers and request.body:
            request.body = unpack(request.body, headers[b"content-encoding"], self._settings.body_bytes_max)
        if request.method == "OPTIONS" and b"access-control-request-method" in headers and self._settings.cors_origin:
            return self._preflight()
        return None

    def _preflight(self) -> Response:
        settings = self._settings
        return Response(
            headers={
                "Access-Control-Allow-Headers": settings.cors_headers,
                "Access-Control-Allow-Methods": settings.cors_methods,
                "Access-Control-Max-Age": str(settings.cors_seconds),
            }
        )

    async def _finish(self, request: Request, waiting: Awaitable[Response], keep_alive: bool) -> None:
        try:
            response = await waiting
        except asyncio.CancelledError:
            if not self._overdue:
                raise
            response = plain_failure(DeadlineExceeded())
        except Exception as error:
            response = self._port.router.failures.http(request, error)
        self._task = None
        self._overdue = False
        if self._gone:
            self._release()
            return
        self._since = self._port.wheel.tick
        self._send(request, response, keep_alive)
        self._flush()
        self._go_on()

    def _go_on(self) -> None:
        """Take up what has waited."""
        self._inline = 0
        waiting = self._waiting
        while waiting and not self._refused and self._task is None and not self._writing_paused:
            if self._inline >= INLINE_REQUESTS_MAX:
                asyncio.get_running_loop().call_soon(self._go_on)
                break
            self._handle(*waiting.popleft())
        if self._out:
            self._flush()
        if waiting or self._refused or self._gone or self._task is not None or self._writing_paused:
            return
        if self._unread:
            unread, self._unread = self._unread, b""
            self._feed(unread)
            if self._out:
                self._flush()
        if self._reading_paused and not self._busy() and not self._gone:
            self._reading_paused = False
            self._transport.resume_reading()

    def _refuse(self, error: SupergameError, status: int = 0) -> None:
        """Answer that this cannot go on, and end: what else comes is read and thrown away for a little while."""
        self._refused = True
        self._waiting.clear()
        response = plain_failure(error)
        response.status = status or response.status
        self._send(None, response, keep_alive=False)
        self._flush()

    def _send(self, request: Request | None, response: Response, keep_alive: bool) -> None:
        if self._port.draining or (self._said_all and not self._waiting and not self._unread):
            keep_alive = False
        self._out.append(render(self._settings, request, response, keep_alive))
        if not keep_alive:
            self._refused = True
            self._waiting.clear()
            self._flush()
            self._port.wheel.set(self, self._settings.close_seconds_max)
            # With bytes unread, closing at once would reset the connection and take the answer with it.
            if self._transport.can_write_eof() and not self._said_all:
                self._transport.write_eof()
            else:
                self._transport.close()

    def _flush(self) -> None:
        out, self._out = self._out, []
        if out and not self._gone:
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))

    # Sockets

    def _upgrade(self, rest: bytes) -> bytes:
        """The request asks for another protocol: a socket, or something we pass over. Gives what to read next."""
        assert self._parser is not None
        self._receiving = False
        method = self._parser.get_method().decode()
        if self._headers.get(b"upgrade", b"").lower() != b"websocket" or method != "GET":
            return self._without_upgrade(method, rest)
        if self._busy():
            self._refuse(BadInput("A socket cannot be opened behind other requests."))
            return b""
        request = self._request(method)
        try:
            refusal = self._admit(request) or self._open_socket(request, rest)
        except SupergameError as error:
            refusal = plain_failure(error)
        if refusal is not None:
            self._send(request, refusal, keep_alive=False)
        return b""

    def _open_socket(self, request: Request, rest: bytes) -> Response | None:
        if request.path != SOCKET_PATH:
            return plain_failure(BadInput(f"Sockets are at {SOCKET_PATH}."))
        port, address = self._port, self._address
        assert address is not None
        if self._via_proxy:
            # From here on the connection counts as the player's, no longer as the proxy's.
            behind = port.addresses.of(request.address)
            if behind.connections >= self._settings.connections_per_address_max:
                raise TooMany(retry_seconds=1)
            address.connections -= 1
            behind.connections += 1
            self._address = address = behind
        refusal = open_socket(port, self, request, self._transport, address, rest)
        if refusal is None:
            self._address = None  # it is the socket's now
            self._gone = True
            self._parser = None
        return refusal

    def _without_upgrade(self, method: str, rest: bytes) -> bytes:
        """Write the request as if it had not asked: h2c is offered by clients that do without as well."""
        if method == "CONNECT":
            self._refuse(BadInput("This is no proxy."))
            return b""
        passed = {b"connection", b"upgrade", b"http2-settings"}
        lines = [b"%b %b HTTP/1.1" % (method.encode(), self._url)]
        lines += [b"%b: %b" % (name, value) for name, value in self._headers.items() if name not in passed]
        self._parser = HttpRequestParser(self)
        return b"\r\n".join(lines) + b"\r\n\r\n" + rest


def _origin_form(url: bytes) -> bytes:
    """`http://host/path?query`, as proxies are sent, without its beginning; what is no address leads nowhere."""
    try:
        parsed = parse_url(url)
    except HttpParserError:
        return url
    return (parsed.path or b"/") + (b"?" + parsed.query if parsed.query else b"")
