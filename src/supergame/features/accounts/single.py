"""One socket for each player, where that is wanted: a newer one takes the place of those before it, on every node."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from supergame.bus import Bus, Subscription
from supergame.core.feature import Ground
from supergame.edge import Session, Sessions, fan_out
from supergame.features.accounts.notices import notice
from supergame.protocol.notifications import NotificationCode

SUBJECT: Final = "accounts.opened"


class Opened(msgspec.Struct, frozen=True):
    """A player has opened a socket."""

    user_id: str
    session_id: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Opened).decode


class SingleSocket:
    """Ends a player's older sockets when a newer one opens, and tells their clients why."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._bus: Bus = ground.bus
        self._sessions: Sessions = ground.edge.sessions
        self._sessions.on_open(self._opened)
        self._subscription: Subscription = self._bus.subscribe(SUBJECT, self._hear)

    def stop(self) -> None:
        """Hear no more of the other nodes."""
        self._subscription.cancel()

    def _opened(self, session: Session) -> None:
        self._bus.publish(SUBJECT, _encode(Opened(session.user_id, session.id)))

    def _hear(self, subject: str, data: bytes) -> None:
        opened = _decode(data)
        newest = _age(opened.session_id)
        self._end([session for session in self._sessions.of_user(opened.user_id) if _age(session.id) < newest])

    def _end(self, older: list[Session]) -> None:
        fan_out(older, notice(self._ground, NotificationCode.SINGLE_SOCKET, "single_socket"))
        for session in older:
            session.close()


def _age(session_id: str) -> tuple[int, str]:
    """When a session began, as its id tells (a UUID of version 1); the same on every node."""
    return UUID(session_id).time, session_id
