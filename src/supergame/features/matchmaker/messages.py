"""Realtime messages to the matchmaker."""

from __future__ import annotations

from collections.abc import Callable

from supergame.edge import Session
from supergame.features.matchmaker.service import Matchmaker, Wish
from supergame.protocol.matchmaker import MatchmakerAdd, MatchmakerRemove, MatchmakerTicket
from supergame.protocol.parties import PartyMatchmakerAdd


def add(matchmaker: Matchmaker, session: Session, message: MatchmakerAdd) -> MatchmakerTicket:
    """Look for others to play with."""
    return MatchmakerTicket(matchmaker.add(session, **wish(message)))


def wish(message: MatchmakerAdd | PartyMatchmakerAdd) -> Wish:
    """Whom the ticket is to look for."""
    return Wish(
        query=message.query,
        min_count=message.min_count,
        max_count=message.max_count,
        count_multiple=message.count_multiple or 1,  # some clients write 0 where nobody has said anything
        string_properties=message.string_properties,
        numeric_properties=message.numeric_properties,
    )


def remove(matchmaker: Matchmaker, session: Session, message: MatchmakerRemove) -> None:
    """Look no longer."""
    matchmaker.remove(message.ticket, session=session)


MESSAGES: dict[str, Callable[..., object]] = {"matchmaker_add": add, "matchmaker_remove": remove}
