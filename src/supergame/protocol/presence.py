"""Presence: who is connected where, and the streams that this is told by."""

from __future__ import annotations

from supergame.protocol.operation import Event, Operation, Realtime
from supergame.protocol.types import Int32, Message


class UserPresence(Message):
    """One session of a user in a stream; `status` is set on status streams only."""

    user_id: str = ""
    session_id: str = ""
    username: str = ""
    persistence: bool = False
    status: str | None = None


class Stream(Message):
    """The address of a stream: its mode (chat, match, party...; game code may use its own) and what it is about."""

    mode: Int32 = 0
    subject: str = ""
    subcontext: str = ""
    label: str = ""


class StreamData(Message):
    """Data that game code has sent to a stream."""

    stream: Stream | None = None
    sender: UserPresence | None = None
    data: str = ""
    reliable: bool = False


class StreamPresenceEvent(Message):
    """Sessions have come to a stream, or left it."""

    stream: Stream | None = None
    joins: list[UserPresence] = []
    leaves: list[UserPresence] = []


OPERATIONS: tuple[Operation[Message, Message], ...] = ()
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = (
    Event("stream_data", 30, StreamData, "Data that game code has sent to a stream the session is in."),
    Event("stream_presence_event", 31, StreamPresenceEvent, "Others have come to such a stream, or left it."),
)
