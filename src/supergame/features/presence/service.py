"""The table of streams of this node, and the events that tell of joining and leaving.

Events go out at the end of the loop's turn, one message per stream however many came and went. So a session
that joins gets the answer to its request first and the event after, and a thousand joins cost one message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from supergame.core.errors import TooMany, Unavailable
from supergame.core.feature import Ground
from supergame.edge import Session, fan_out
from supergame.features.presence.model import Presence, Stream
from supergame.protocol.presence import Stream as WireStream
from supergame.protocol.presence import StreamData, StreamPresenceEvent, UserPresence
from supergame.protocol.types import Message

PRESENCES_PER_SESSION_MAX = 256
"""Streams one session may be in at a time."""

EventMaker = Callable[[Stream, Sequence[UserPresence], Sequence[UserPresence]], Message]
"""Makes the message that tells a stream of (joins, leaves)."""

Audience = Callable[[Stream], Iterable[Session]]
"""Gives the sessions that are told of joins and leaves, where these are not the members."""

LeftListener = Callable[[Stream, Session, Presence], None]
"""Hears of every session that has left a stream."""


class Streams:
    """Who is where: join, leave, list, send."""

    def __init__(self, ground: Ground) -> None:
        self._members: dict[Stream, dict[Session, Presence]] = {}
        self._joined: dict[Session, dict[Stream, Presence]] = {}
        self._announcements: dict[int, tuple[EventMaker, Audience]] = {}
        self._joins: dict[Stream, dict[Session, Presence]] = {}
        self._leaves: dict[Stream, dict[Session, Presence]] = {}
        self._flush_due = False
        self._left_listeners: dict[int, list[LeftListener]] = {}
        self._log = ground.log
        ground.edge.sessions.on_close(self.leave_all)
        ground.metrics.gauge("supergame_presences", "Sessions in streams.", self._count_all)

    def _count_all(self) -> int:
        return sum(len(streams) for streams in self._joined.values())

    def announce_with(self, mode: int, maker: EventMaker, audience: Audience | None = None) -> None:
        """Use `maker` for the presence events of streams of that mode; without one it is a stream_presence_event.

        They go to the stream's members, or to whom `audience` names.
        """
        self._announcements[mode] = (maker, audience or self.members)

    def on_left(self, mode: int, listener: LeftListener) -> None:
        """Call `listener` whenever a session has left a stream of that mode, for whatever reason."""
        self._left_listeners.setdefault(mode, []).append(listener)

    def join(
        self,
        session: Session,
        stream: Stream,
        *,
        hidden: bool = False,
        persistence: bool = False,
        status: str | None = None,
    ) -> bool:
        """Put a session into a stream; False when it is there already.

        Raises TooMany when the session is in PRESENCES_PER_SESSION_MAX streams, Unavailable when it has ended.
        """
        if session.closed:  # whoever asked for it had to wait, and the session did not
            raise Unavailable("The session has ended.")
        joined = self._joined.setdefault(session, {})
        if stream in joined:
            return False
        if len(joined) >= PRESENCES_PER_SESSION_MAX:
            raise TooMany(f"A session may be in {PRESENCES_PER_SESSION_MAX} streams at a time.")
        presence = Presence(session.user_id, session.id, session.username, hidden, persistence, status)
        joined[stream] = presence
        self._members.setdefault(stream, {})[session] = presence
        if not hidden:
            self._note(self._joins, stream, session, presence)
        return True

    def update(self, session: Session, stream: Stream, status: str | None) -> None:
        """Change a session's status in a stream, joining it if need be: others see the old leave and the new join."""
        old = self._joined.get(session, {}).get(stream)
        if old is None:
            self.join(session, stream, status=status)
            return
        presence = Presence(old.user_id, old.session_id, old.username, False, old.persistence, status)
        self._joined[session][stream] = self._members[stream][session] = presence
        if not old.hidden and session not in self._joins.get(stream, ()):
            self._leaves.setdefault(stream, {}).setdefault(session, old)
        self._note(self._joins, stream, session, presence)

    def leave(self, session: Session, stream: Stream) -> bool:
        """Take a session out of a stream; False when it was not in it."""
        presence = self._joined.get(session, {}).pop(stream, None)
        if presence is None:
            return False
        members = self._members[stream]
        del members[session]
        if not members:
            del self._members[stream]
        if not presence.hidden:
            unseen = self._joins.get(stream, {}).pop(session, None)
            if unseen is None or session in self._leaves.get(stream, {}):
                self._leaves.setdefault(stream, {}).setdefault(session, presence)
            self._schedule()
        for listener in self._left_listeners.get(stream.mode, ()):
            try:
                listener(stream, session, presence)
            except Exception:
                self._log.exception("a listener of streams failed", stream=stream, session_id=session.id)
        return True

    def leave_all(self, session: Session) -> None:
        """Take a session out of every stream; called when it closes."""
        for stream in list(self._joined.get(session, ())):
            self.leave(session, stream)
        self._joined.pop(session, None)

    def close(self, stream: Stream) -> None:
        """Take everybody out of a stream."""
        for session in list(self._members.get(stream, ())):
            self.leave(session, stream)

    def farewell(self, stream: Stream) -> None:
        """Tell all in a stream that everybody has left, and take them out of it: the stream is over."""
        members = self._members.get(stream, {})
        went = [to_wire(presence) for presence in members.values() if not presence.hidden]
        self._announce(stream, [], went)
        self.close(stream)

    def get(self, session: Session, stream: Stream) -> Presence | None:
        """The session's presence in the stream, if it is in it."""
        return self._joined.get(session, {}).get(stream)

    def streams_of(self, session: Session) -> list[Stream]:
        """Every stream a session is in."""
        return list(self._joined.get(session, ()))

    def members(self, stream: Stream) -> dict[Session, Presence]:
        """Sessions in a stream with their presences, in the order they joined. Read it, do not change it."""
        return self._members.get(stream, {})

    def presences(self, stream: Stream, *, hidden: bool = False) -> list[Presence]:
        """Presences in a stream; those that joined hidden only on demand."""
        return [presence for presence in self.members(stream).values() if hidden or not presence.hidden]

    def count(self, stream: Stream) -> int:
        """How many sessions are visibly in a stream."""
        return sum(not presence.hidden for presence in self.members(stream).values())

    def send(self, stream: Stream, message: Message, *, to: Iterable[Session] | None = None) -> None:
        """Send one message to all in a stream (or only to those of `to` who are in it)."""
        members = self.members(stream)
        fan_out(members if to is None else [session for session in to if session in members], message)

    def send_data(
        self,
        stream: Stream,
        data: str,
        *,
        sender: Presence | None = None,
        to: Iterable[Session] | None = None,
        reliable: bool = True,
    ) -> None:
        """Send a text of the game's own to all in a stream, or to some, as coming from `sender` or the server."""
        wire_sender = None if sender is None else to_wire(sender)
        self.send(stream, StreamData(WireStream(*stream), wire_sender, data, reliable), to=to)

    def _note(
        self,
        changes: dict[Stream, dict[Session, Presence]],
        stream: Stream,
        session: Session,
        presence: Presence,
    ) -> None:
        changes.setdefault(stream, {})[session] = presence
        self._schedule()

    def _schedule(self) -> None:
        if not self._flush_due:
            self._flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_due = False
        joins, self._joins = self._joins, {}
        leaves, self._leaves = self._leaves, {}
        for stream in {**joins, **leaves}:
            came = [to_wire(presence) for presence in joins.get(stream, {}).values()]
            went = [to_wire(presence) for presence in leaves.get(stream, {}).values()]
            try:
                self._announce(stream, came, went)
            except Exception:
                self._log.exception("a stream could not be told who came and went", stream=stream)

    def _announce(self, stream: Stream, came: Sequence[UserPresence], went: Sequence[UserPresence]) -> None:
        if came or went:
            maker, audience = self._announcements.get(stream.mode, (_stream_presence_event, self.members))
            fan_out(audience(stream), maker(stream, came, went))


def to_wire(presence: Presence) -> UserPresence:
    """The form clients see."""
    return UserPresence(presence.user_id, presence.session_id, presence.username, presence.persistence, presence.status)


def _stream_presence_event(
    stream: Stream, joins: Sequence[UserPresence], leaves: Sequence[UserPresence]
) -> StreamPresenceEvent:
    return StreamPresenceEvent(WireStream(*stream), list(joins), list(leaves))
