"""Who has a place in an authoritative match: the connected players, and for a grace those who lost the connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from supergame.core.clock import Clock, TimerHandle
from supergame.edge import Session
from supergame.features.presence import Presence

SEATS_MAX = 10_000  # seats of one match, those kept for lost players included

Change = Literal["join", "leave", "lost", "back"]
"""What happened to a player, by the name of the callback that tells the author."""


@dataclass(slots=True, eq=False)
class Seat:
    """A player's place; without a session while the connection is lost."""

    presence: Presence
    session: Session | None
    grace: TimerHandle | None = None


class Seats:
    """The seats of one match. Every change is told, in order, by `tell(change, presence)`."""

    def __init__(self, clock: Clock, tell: Callable[[Change, Presence], None]) -> None:
        self._clock, self._tell = clock, tell
        self._by_session: dict[str, Seat] = {}
        self._kept: dict[str, list[Seat]] = {}
        """The seats without a session, by their user, the first lost first."""

    def __len__(self) -> int:
        return len(self._by_session)

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._by_session

    def presence(self, session_id: str) -> Presence | None:
        """Who has the seat that was taken with that session, which may be lost by now; None when there is none."""
        seat = self._by_session.get(session_id)
        return None if seat is None else seat.presence

    def session(self, session_id: str) -> Session | None:
        """The session, if it has a seat and is connected."""
        seat = self._by_session.get(session_id)
        return None if seat is None else seat.session

    def all(self) -> list[Presence]:
        """Everybody who has a seat, in the order they took it."""
        return [seat.presence for seat in self._by_session.values()]

    def connected(self) -> list[Presence]:
        """Those of them who are connected."""
        return [seat.presence for seat in self._by_session.values() if seat.session is not None]

    def are_kept_for(self, user_id: str) -> bool:
        """Whether a seat of the user waits for them to come back."""
        return user_id in self._kept

    def take(self, session: Session) -> None:
        """Seat a player: in the user's kept seat if there is one, else in a new one."""
        presence = Presence(session.user_id, session.id, session.username)
        kept = self._kept.get(session.user_id)
        if kept is not None:
            self._remove(kept[0])
        self._by_session[session.id] = Seat(presence, session)
        self._tell("join" if kept is None else "back", presence)

    def lose(self, session_id: str, grace_seconds: float) -> None:
        """A player's connection is gone: keep the seat for the grace, or give it up if there is none."""
        seat = self._by_session.get(session_id)
        if seat is None:
            return
        if grace_seconds <= 0:
            self.give_up(session_id)
            return
        self._keep(seat, grace_seconds)
        self._tell("lost", seat.presence)

    def reserve(self, presences: Iterable[Presence], grace_seconds: float) -> None:
        """Keep seats for players who had them before a restart."""
        for presence in presences:
            seat = self._by_session[presence.session_id] = Seat(presence, None)
            self._keep(seat, grace_seconds)

    def give_up(self, session_id: str) -> None:
        """Free a seat for good; harmless when there is none."""
        seat = self._by_session.get(session_id)
        if seat is not None:
            self._remove(seat)
            self._tell("leave", seat.presence)

    def clear(self) -> None:
        """Free all seats without a word: the match is over."""
        for seat in list(self._by_session.values()):
            self._remove(seat)

    def _keep(self, seat: Seat, grace_seconds: float) -> None:
        seat.session = None
        self._kept.setdefault(seat.presence.user_id, []).append(seat)
        seat.grace = self._clock.call_later(grace_seconds, self.give_up, seat.presence.session_id)

    def _remove(self, seat: Seat) -> None:
        presence = seat.presence
        del self._by_session[presence.session_id]
        if seat.grace is None:
            return
        seat.grace.cancel()
        kept = self._kept[presence.user_id]
        kept.remove(seat)
        if not kept:
            del self._kept[presence.user_id]
