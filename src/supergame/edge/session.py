"""A session: one connected player, what is known of it, and the queue of what is to be sent to it.

Sending is made for many small messages. A message is encoded and framed once for all who get it, the frame is
appended to each recipient's queue, and at the end of the loop's turn each socket is written once. The queue of a
session is one of three, so that the usual case has nothing to ask:

* a plain list while the client reads what it is sent;
* a `_Backlog` while it does not: it counts, and cuts the client off beyond the named limits;
* `_CLOSED` from the moment it is closed: it takes everything and keeps nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from supergame.core.telemetry import Counter
from supergame.edge.codec import JSON, Codec
from supergame.protocol import protobuf
from supergame.protocol.json import encode
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Message

FLUSH_MESSAGES: Final = 64
"""A queue of that length is written at once: it bounds what one turn of the loop may gather."""

CLOSE_NORMAL: Final = 1000
QUEUE_FULL: Final = "session outgoing queue full"
DISCONNECTED: Final = "server-side session disconnect"


class Wire(Protocol):
    """What a session needs of the connection below it."""

    def write(self, data: bytes) -> object:
        """Send bytes as they are."""

    def close(self, code: int, reason: str) -> None:
        """Say goodbye, and end the connection within the named time."""


class Outbox:
    """The sessions that have something to be written at the end of the loop's turn."""

    __slots__ = ("bytes_max", "dirty", "messages_max", "n_bytes", "n_frames")

    def __init__(self, bytes_max: int, messages_max: int, *, n_bytes: Counter, n_frames: Counter) -> None:
        self.bytes_max = bytes_max
        self.messages_max = messages_max
        self.n_bytes = n_bytes
        self.n_frames = n_frames
        self.dirty: list[Session] = []

    def mark(self, session: Session) -> None:
        """Remember that a session's queue is no longer empty."""
        dirty = self.dirty
        if not dirty:
            asyncio.get_running_loop().call_soon(self.flush)
        dirty.append(session)

    def write(self, session: Session, queue: list[bytes]) -> None:
        """Write one session's frames now."""
        data = b"".join(queue)
        self.n_bytes.value += len(data)
        self.n_frames.value += len(queue)
        session.write(data)

    def flush(self) -> None:
        """Write each of those sockets once."""
        turn, self.dirty = self.dirty, []
        n_bytes = n_frames = 0
        for session in turn:
            queue = session.queue
            if queue.__class__ is list and queue:
                session.queue = []
                data = queue[0] if len(queue) == 1 else b"".join(queue)
                n_frames += len(queue)
                n_bytes += len(data)
                session.write(data)
        self.n_bytes.value += n_bytes
        self.n_frames.value += n_frames


class _Closed(list[bytes]):
    """The queue of a closed session. It never looks empty, so that nobody schedules its writing."""

    def append(self, framed: bytes) -> None:
        pass


_CLOSED: Final = _Closed([b""])


class _Backlog(list[bytes]):
    """The queue of a session whose client does not read."""

    def __init__(self, session: Session, waiting: list[bytes]) -> None:
        super().__init__(waiting)
        self._session = session
        self._n_bytes = sum(map(len, waiting))

    def __bool__(self) -> bool:
        return True  # nobody is to schedule its writing

    def append(self, framed: bytes) -> None:
        super().append(framed)
        self._n_bytes += len(framed)
        outbox = self._session.outbox
        if self._n_bytes > outbox.bytes_max or len(self) > outbox.messages_max:
            self._session.close(QUEUE_FULL)


class Session:
    """One connected player. Alike in its attributes to the `Caller` of an HTTP request."""

    __slots__ = (
        "_on_close",
        "_presence",
        "_presence_json",
        "_presence_protobuf",
        "address",
        "codec",
        "context",
        "expires_at",
        "family",
        "id",
        "issued_us",
        "lang",
        "outbox",
        "queue",
        "shows_status",
        "user_id",
        "username",
        "vars",
        "wire",
        "write",
    )

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - what it is called everywhere
        user_id: str,
        username: str,
        wire: Wire,
        outbox: Outbox,
        vars: dict[str, str] | None = None,  # noqa: A002 - the protocol's word
        lang: str = "en",
        address: str = "",
        expires_at: int = 0,
        family: str = "",
        issued_us: int = 0,
        shows_status: bool = False,
        codec: Codec = JSON,
    ) -> None:
        self.id = id
        self.user_id = user_id
        self.username = username
        self.vars = vars or {}
        self.lang = lang
        self.address = address
        self.expires_at = expires_at
        """When the token it came with expires (Unix seconds); the session itself may stay longer."""
        self.family = family
        """What the token it came with descends from, see `tokens`."""
        self.issued_us = issued_us
        """When that token was made (Unix microseconds)."""
        self.shows_status = shows_status
        """Whether it asked with `?status=true` to appear online to its followers."""
        self.codec = codec
        self.wire = wire
        self.outbox = outbox
        self.queue: list[bytes] = []
        self.write = wire.write
        self._presence: UserPresence | None = None
        self._presence_json = b""
        self._presence_protobuf = b""
        self.context: object | None = None
        """What the layer above keeps for this session, made when it is first asked for; let go when it ends."""
        self._on_close: list[Callable[[Session], object]] | None = None

    def __repr__(self) -> str:
        return f"Session({self.id}, {self.username})"

    @property
    def session_id(self) -> str:
        """The same as `id`."""
        return self.id

    @property
    def closed(self) -> bool:
        """Whether it has been closed; what is sent to it from then on goes nowhere."""
        return self.queue is _CLOSED

    @property
    def paused(self) -> bool:
        """Whether its client does not read what it is sent."""
        return self.queue.__class__ is _Backlog

    @property
    def presence(self) -> UserPresence:
        """This session as others see it, made once. Read it, do not change it."""
        presence = self._presence
        if presence is None:
            presence = self._presence = UserPresence(self.user_id, self.id, self.username)
        return presence

    @property
    def presence_json(self) -> bytes:
        """`presence` as JSON, made once."""
        encoded = self._presence_json
        if not encoded:
            encoded = self._presence_json = encode(self.presence)
        return encoded

    @property
    def presence_protobuf(self) -> bytes:
        """`presence` as protobuf, made once."""
        encoded = self._presence_protobuf
        if not encoded:
            encoded = self._presence_protobuf = protobuf.encode(self.presence)
        return encoded

    def send(self, message: Message, cid: bytes = b"") -> None:
        """Send a message; `cid` (as `codec.split` gave it) makes it the answer to that request."""
        self.put(self.codec.frame(message, cid))

    def put(self, framed: bytes) -> None:
        """Send what is framed already."""
        queue = self.queue
        if not queue:
            self.outbox.mark(self)
        elif len(queue) >= FLUSH_MESSAGES:
            self.flush()
            queue = self.queue
        queue.append(framed)

    def flush(self) -> None:
        """Write at once what waits, unless the client does not read."""
        queue = self.queue
        if queue.__class__ is list and queue:
            self.queue = []
            self.outbox.write(self, queue)
            if self.queue.__class__ is list:
                self.outbox.mark(self)

    def pause(self) -> None:
        """The client does not read: keep and count what is to be sent."""
        if self.queue.__class__ is list:
            self.queue = _Backlog(self, self.queue)

    def resume(self) -> None:
        """The client reads again."""
        queue = self.queue
        if queue.__class__ is _Backlog:
            self.queue = []
            if len(queue):
                self.outbox.write(self, queue)

    def close(self, reason: str = DISCONNECTED, code: int = CLOSE_NORMAL) -> None:
        """End the session: what waits is sent first, unless the client does not read; later calls do nothing.

        The listeners of the closing are told in the loop's next turn, so that one may close sessions while
        going through them.
        """
        queue = self.queue
        if queue is _CLOSED:
            return
        self.queue = _CLOSED
        if queue.__class__ is list and queue:
            self.outbox.write(self, queue)
        self.wire.close(code, reason)

    def on_close(self, listener: Callable[[Session], object]) -> None:
        """Call `listener(session)` once this session has ended."""
        if self._on_close is None:
            self._on_close = []
        self._on_close.append(listener)

    def ended(self) -> list[Callable[[Session], object]]:
        """Mark it closed when the connection is gone, and give those who are to be told. For `Sessions` only."""
        self.queue = _CLOSED
        self.context = None
        listeners, self._on_close = self._on_close, None
        return listeners or []


def fan_out(sessions: Iterable[Session], message: Message, except_: Session | None = None) -> None:
    """Send one message to many sessions: encoded and framed once for each codec in use."""
    deliver(sessions, lambda codec: codec.frame(message), except_)


def deliver(sessions: Iterable[Session], frame_for: Callable[[Codec], bytes], except_: Session | None = None) -> None:
    """Send many sessions what `frame_for(codec)` gives; it is called once for each codec in use."""
    framed = b""
    used: Codec | None = None
    frames: dict[Codec, bytes] | None = None
    for session in sessions:
        if session is except_:
            continue
        codec = session.codec
        if codec is not used:
            if used is None:
                framed = frame_for(codec)
            else:
                frames = frames or {used: framed}
                framed = frames.get(codec) or frames.setdefault(codec, frame_for(codec))
            used = codec
        queue = session.queue
        if not queue:
            session.outbox.mark(session)
        elif len(queue) >= FLUSH_MESSAGES:
            session.put(framed)
            continue
        queue.append(framed)
