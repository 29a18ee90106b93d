"""Who shows which status on this node, and which sessions are told of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from supergame.core.errors import BadInput, NotFound, TooMany
from supergame.core.feature import Ground
from supergame.core.ids import is_uuid
from supergame.edge import Session
from supergame.features.accounts import Accounts
from supergame.features.presence import Stream, StreamMode, Streams, to_wire
from supergame.protocol.presence import UserPresence
from supergame.protocol.status import StatusPresenceEvent

STATUS_BYTES_MAX: Final = 2048
FOLLOWED_PER_SESSION_MAX: Final = 1_000


class Status:
    """Show a status, follow others'; game code uses it as `services.status`."""

    def __init__(self, ground: Ground, presence: Streams, accounts: Accounts) -> None:
        self._sessions = ground.edge.sessions
        self._streams, self._accounts = presence, accounts
        self._followers: dict[str, dict[Session, None]] = {}
        self._followed: dict[Session, dict[str, None]] = {}
        presence.announce_with(StreamMode.STATUS, _event, self._audience)
        ground.metrics.gauge("supergame_status_followers", "Sessions that follow users, summed up.", self._count)
        self._sessions.on_open(self._opened)
        self._sessions.on_close(self._closed)

    async def follow(
        self, session_id: str, user_ids: Sequence[str] = (), usernames: Sequence[str] = ()
    ) -> list[UserPresence]:
        """Tell a session of these users from now on; gives who of them is online.

        Users that do not exist are passed over, and so is the session's own, which hears of itself anyway. Raises
        BadInput for what cannot be an id or a username, TooMany beyond FOLLOWED_PER_SESSION_MAX.
        """
        session = self._session(session_id)
        if not all(map(is_uuid, user_ids)):
            raise BadInput("Invalid user identifier")
        if not all(usernames):
            raise BadInput("Invalid username")
        self._check_room(session, len(user_ids) + len(usernames))
        wanted = dict.fromkeys(user_id for user_id in user_ids if user_id != session.user_id)
        names = [name for name in dict.fromkeys(usernames) if name != session.username]
        if not wanted and not names:
            return []
        found = await self._accounts.existing(ids=list(wanted), usernames=names)
        if session.closed:
            return []
        user_ids = [user_id for user_id in found if user_id != session.user_id]
        followed = self._followed.get(session, {})
        self._check_room(session, len({*followed, *user_ids}))
        self._followed[session] = followed
        for user_id in user_ids:
            followed[user_id] = None
            self._followers.setdefault(user_id, {})[session] = None
        return self.online(user_ids)

    def unfollow(self, session_id: str, user_ids: Iterable[str]) -> None:
        """Tell a session no more of these users; those it does not follow are passed over. Raises BadInput."""
        session = self._session(session_id)
        user_ids = list(user_ids)
        if not all(map(is_uuid, user_ids)):
            raise BadInput("Invalid user identifier")
        followed = self._followed.get(session, {})
        for user_id in user_ids:
            if user_id in followed:
                del followed[user_id]
                self._forget_follower(user_id, session)

    def update(self, session_id: str, status: str | None) -> None:
        """Show a status (up to STATUS_BYTES_MAX bytes of UTF-8), or with None appear offline. Raises BadInput."""
        session = self._session(session_id)
        if status is None:
            self._streams.leave(session, _stream(session.user_id))
            return
        if len(status.encode()) > STATUS_BYTES_MAX:
            raise BadInput(f"Status must be {STATUS_BYTES_MAX} bytes or less")
        self._streams.update(session, _stream(session.user_id), status)

    def online(self, user_ids: Iterable[str]) -> list[UserPresence]:
        """The sessions of these users that show a status, with it."""
        return [to_wire(presence) for user_id in user_ids for presence in self._streams.presences(_stream(user_id))]

    def _count(self) -> int:
        return sum(map(len, self._followers.values()))

    def _session(self, session_id: str) -> Session:
        session: Session | None = self._sessions.get(session_id)
        if session is None:
            raise NotFound("Session not found.")
        return session

    def _check_room(self, session: Session, wanted: int) -> None:
        if wanted > FOLLOWED_PER_SESSION_MAX:
            raise TooMany(f"A session may follow {FOLLOWED_PER_SESSION_MAX} users at a time.")

    def _opened(self, session: Session) -> None:
        if session.shows_status:
            self._streams.join(session, _stream(session.user_id), status="")

    def _closed(self, session: Session) -> None:
        for user_id in self._followed.pop(session, ()):
            self._forget_follower(user_id, session)

    def _forget_follower(self, user_id: str, session: Session) -> None:
        followers = self._followers[user_id]
        del followers[session]
        if not followers:
            del self._followers[user_id]

    def _audience(self, stream: Stream) -> list[Session]:
        """Who is told of a user: the user's own sessions, and those that follow."""
        return [*self._sessions.of_user(stream.subject), *self._followers.get(stream.subject, ())]


def _stream(user_id: str) -> Stream:
    return Stream(StreamMode.STATUS, user_id)


def _event(stream: Stream, joins: Sequence[UserPresence], leaves: Sequence[UserPresence]) -> StatusPresenceEvent:
    return StatusPresenceEvent(list(joins), list(leaves))
