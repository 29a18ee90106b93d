"""WebSockets: picows parses the frames, this decides what becomes of them.

A connection comes here from its `handshake`. What is heard goes to the router; while a handler of
this session waits, what follows waits in its inbox, and beyond a limit the socket is read no further. Nobody else
notices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from typing import Any, Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from supergame.core.errors import TooMany
from supergame.edge.codec import Codec
from supergame.edge.frames import CLOSE, PING, PONG, close_frame
from supergame.edge.frames import frame as framed
from supergame.edge.limits import Address, Bucket
from supergame.edge.port import Port
from supergame.edge.session import Session
from supergame.edge.tokens import Claims

PING_SPARED_MESSAGES: Final = 20
"""A client that has sent so many messages since the last look is alive and need not be pinged."""

PROTOCOL_ERROR: Final = 1002
UNSUPPORTED_DATA: Final = 1003
BAD_TEXT: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009


class Socket(WSListener):
    """One open socket: the wire of its session."""

    __slots__ = (
        "_address",
        "_bucket",
        "_claims",
        "_client",
        "_closing",
        "_codec",
        "_excess",
        "_fragments",
        "_fragments_bytes",
        "_heard",
        "_heard_before",
        "_inbox",
        "_lang",
        "_ping_at",
        "_plain",
        "_port",
        "_raw",
        "_reading_paused",
        "_receive",
        "_shows_status",
        "_usual",
        "session",
        "slot",
        "write",
    )

    def __init__(
        self,
        port: Port,
        address: Address,
        claims: Claims,
        codec: Codec,
        *,
        lang: str,
        shows_status: bool,
        client: str,
    ) -> None:
        self.slot = -1
        self.session: Session | None = None
        self._port = port
        self._address = address
        self._claims = claims
        self._codec = codec
        self._usual = WSMsgType.TEXT if codec.text else WSMsgType.BINARY
        self._lang = lang
        self._shows_status = shows_status
        self._client = client
        self._receive = port.router.messages.receiver(codec)
        self._bucket = Bucket(port.message_rate)
        self._excess = 0
        self._fragments: list[bytes] | None = None
        self._fragments_bytes = 0
        self._heard = 0
        self._heard_before = 0
        self._ping_at = -1
        self._inbox: deque[bytes] | None = None
        self._reading_paused = False
        self._closing = False
        self._plain = True  # nothing but whole messages is expected, and they are to be handled

    # Coming and going

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done: here is a session."""
        port, claims = self._port, self._claims
        self._raw: Any = transport.underlying_transport
        self.write = self._raw.write
        session = self.session = Session(
            id=port.ids.session_id(),
            user_id=claims.user_id,
            username=claims.username,
            wire=self,
            outbox=port.outbox,
            vars=claims.vars,
            lang=self._lang,
            address=self._client,
            expires_at=claims.expires_at,
            family=claims.family,
            issued_us=claims.issued_us,
            shows_status=self._shows_status,
            codec=self._codec,
        )
        port.wheel.set(self, port.settings.ping_seconds)
        port.sessions.add(session)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone."""
        self._closing, self._plain = True, False
        if self._inbox:
            self._inbox.clear()
        self._port.release(self, self._address)
        if self.session is not None:
            self._port.sessions.remove(self.session)

    def close(self, code: int, reason: str) -> None:
        """Say goodbye and wait a little for the answer; part of the session's `Wire`."""
        if self._closing:
            return
        self._closing, self._plain = True, False
        assert self.session is not None
        self.write(close_frame(code, reason))
        self._resume_reading()  # to hear the answer
        self._port.wheel.set(self, self._port.settings.close_seconds_max)
        self._port.sessions.remove_soon(self.session)

    def _end(self, code: int, reason: str) -> None:
        """End the session for something its client did."""
        self._port.cut_off.value += 1
        assert self.session is not None
        self.session.close(reason, code)

    def drain(self) -> None:
        """End once the handler that is under way has finished."""
        self._plain = False
        if self._inbox is None and self.session is not None:
            self.session.close("server shutting down")

    def abort(self) -> None:
        """End now."""
        self._raw.abort()

    # What comes in

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """picows: one frame."""
        self._heard += 1
        if self._plain and frame.msg_type is self._usual and frame.fin:
            data: bytes | None = frame.get_payload_as_bytes()
        else:
            data = self._assemble(frame)
        if data is None:
            return
        if not data.isascii() and self._codec.text and not _is_utf8(data):
            self._end(BAD_TEXT, "a text message has to be UTF-8")
            return
        bucket = self._bucket
        bucket.tokens -= 1
        if bucket.tokens < 0 and not bucket.refill():
            self._too_many(data)
            return
        if self._inbox is not None:
            self._wait(data)
            return
        waiting = self._receive(self.session, data)  # type: ignore[arg-type]
        if waiting is not None:
            self._inbox = deque()
            self._port.spawn(self._work(waiting))

    def _assemble(self, frame: WSFrame) -> bytes | None:
        """Everything but a whole message in one frame; gives the message, once it is whole."""
        kind = frame.msg_type
        if kind is WSMsgType.CLOSE:
            self._said_goodbye(frame)
            return None
        if kind is WSMsgType.PING or kind is WSMsgType.PONG:
            self._heard_control(kind, frame)
            return None
        # What is said after the node has begun to stop is not handled, and so never acknowledged.
        if self._closing or self._port.draining:
            return None
        if kind is self._usual and frame.fin and self._fragments is None:
            return frame.get_payload_as_bytes()
        if kind is WSMsgType.CONTINUATION:
            if self._fragments is None:
                self._end(PROTOCOL_ERROR, "a message cannot begin with a continuation")
                return None
        else:
            if self._fragments is not None:
                self._end(PROTOCOL_ERROR, "a message begins before the last one has ended")
                return None
            if kind is not self._usual:
                self._end(UNSUPPORTED_DATA, f"{'text' if self._codec.text else 'binary'} messages are expected")
                return None
            self._plain = False
            self._fragments, self._fragments_bytes = [], 0
        self._fragments_bytes += frame.payload_size
        # An empty fragment is counted as well: a million of them is no message either.
        if self._fragments_bytes + len(self._fragments) > self._port.settings.message_bytes_max:
            self._fragments = None
            self._end(TOO_BIG, f"a message may have {self._port.settings.message_bytes_max} bytes")
            return None
        self._fragments.append(frame.get_payload_as_bytes())
        if not frame.fin:
            return None
        whole, self._fragments = b"".join(self._fragments), None
        self._plain = True
        return whole

    def _heard_control(self, kind: WSMsgType, frame: WSFrame) -> None:
        """Answer a ping, but not of a client that does not read: the answers would pile up."""
        if self._closing:
            return
        if not self._bucket.take():
            self._too_many(b"")
        elif kind is WSMsgType.PING and self.session is not None and not self.session.paused:
            self.write(framed(frame.get_payload_as_bytes(), PONG))

    def _said_goodbye(self, frame: WSFrame) -> None:
        if not self._closing:
            self._closing, self._plain = True, False
            self.write(framed(frame.get_payload_as_bytes()[:2], CLOSE))  # the same code back
            assert self.session is not None
            self._port.sessions.remove_soon(self.session)
        self._raw.close()
        self._port.wheel.set(self, self._port.settings.close_seconds_max)

    def _too_many(self, data: bytes) -> None:
        self._port.limited.value += 1
        self._excess += 1
        assert self.session is not None
        if self._excess > self._port.settings.excess_messages_max:
            self._end(POLICY, "too many messages")
            return
        try:
            cid, _, _ = self._codec.split(data)
        except Exception:
            cid = b""
        self._port.router.failures.socket(self.session, cid, TooMany("Too many messages; slow down.", retry_seconds=1))

    def _wait(self, data: bytes) -> None:
        """A handler is under way: keep the message for later."""
        assert self._inbox is not None
        self._inbox.append(data)
        if len(self._inbox) >= self._port.settings.inbox_messages_max and not self._reading_paused:
            self._reading_paused = True
            self._raw.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading_paused:
            self._reading_paused = False
            self._raw.resume_reading()

    async def _work(self, waiting: Awaitable[None] | None) -> None:
        """See a handler to its end, then what has come meanwhile."""
        inbox = self._inbox
        assert inbox is not None
        assert self.session is not None
        try:
            while waiting is not None:
                await waiting
                waiting = None
                while inbox and waiting is None and not self._closing:
                    waiting = self._receive(self.session, inbox.popleft())
        finally:
            self._inbox = None
            if not self._closing:
                self._resume_reading()
                if self._port.draining:
                    self.drain()

    # What goes out

    def pause_writing(self) -> None:
        """picows: the client does not read."""
        if self.session is not None:
            self.session.pause()

    def resume_writing(self) -> None:
        """picows: the client reads again."""
        if self.session is not None:
            self.session.resume()

    # Time

    def on_tick(self) -> int:
        """Ping, or see whether the last ping was answered; gives the seconds until the next look."""
        settings = self._port.settings
        if self._closing:
            self._raw.abort()
            return 0
        heard, self._heard_before = self._heard - self._heard_before, self._heard
        now = self._port.wheel.tick
        if heard or self._ping_at < 0 or self._reading_paused:
            self._ping_at = -1
            if heard < PING_SPARED_MESSAGES:
                self.write(PING)
                self._ping_at = now
            return settings.ping_seconds
        silent = now - self._ping_at
        if silent < settings.pong_seconds_max:
            return min(settings.ping_seconds, settings.pong_seconds_max - silent)
        self._end(1000, "no answer to a ping")
        return settings.close_seconds_max


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
