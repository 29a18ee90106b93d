"""Realtime messages about matches: create, join, leave, send data."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from supergame.core.errors import BadInput
from supergame.core.ids import is_uuid
from supergame.edge import Session
from supergame.features.matches.data import match_data
from supergame.features.matches.model import MatchNotFound
from supergame.features.matches.service import Matches
from supergame.features.presence import Stream
from supergame.protocol.matches import Match, MatchCreate, MatchDataSend, MatchJoin, MatchLeave

NAME_BYTES_MAX = 128  # of the name by which players meet in a relayed match


def create(matches: Matches, session: Session, message: MatchCreate) -> Match:
    """Make a relayed match, or meet the others in the one of that name."""
    if len(message.name.encode()) > NAME_BYTES_MAX:
        raise BadInput(f"A match's name has at most {NAME_BYTES_MAX} bytes.")
    return _join_relayed(matches, session, matches.relayed.new_id(message.name))


async def join(matches: Matches, session: Session, message: MatchJoin) -> Match:
    """Join by id, or by the matchmaker's token, which also opens a match that nobody is in yet."""
    if message.token is not None:
        return _join_relayed(matches, session, matches.id_from_token(message.token))
    if message.match_id is None:
        raise BadInput("No match ID or token found")
    _check_id(message.match_id)
    if matches.relayed.stream(message.match_id) is not None:
        if matches.relayed.members(message.match_id) is None:
            raise MatchNotFound
        return _join_relayed(matches, session, message.match_id)
    running = matches.running(message.match_id)
    joined = await running.join(session, message.metadata)
    return _joined(matches, session, running.stream, running.id, joined, running.label)


def _check_id(match_id: str) -> None:
    subject, dot, _ = match_id.partition(".")
    if not dot or not is_uuid(subject):
        raise BadInput("Invalid match ID")


def _join_relayed(matches: Matches, session: Session, match_id: str) -> Match:
    stream = matches.relayed.stream(match_id)
    if stream is None:
        raise MatchNotFound
    joined = matches.relayed.join(session, stream)
    return _joined(matches, session, stream, match_id, joined, None)


def _joined(
    matches: Matches, session: Session, stream: Stream, match_id: str, joined: bool, label: str | None
) -> Match:
    """The answer to who has joined; whoever was in already is among the presences too."""
    if joined:
        matches.joined(session, stream)
    members = matches.streams.members(stream)
    presences = [member.presence for member in members if member is not session or not joined]
    return Match(match_id, label is not None, label, len(members), presences, session.presence)


def leave(matches: Matches, session: Session, message: MatchLeave) -> None:
    """Leave for good; a seat in an authoritative match is given up. Who is not in it (any more) has left."""
    _check_id(message.match_id)
    matches.leave(session, message.match_id)


def send(matches: Matches, session: Session, message: MatchDataSend) -> None:
    """Pass data on to the others, or into the inbox of the match; from outsiders it goes nowhere.

    That is no error: whoever plays on for a moment when the match is over would get one for every message.
    """
    match_id = message.match_id
    members = matches.relayed.members(match_id)
    if members is None:
        matches.receive(session, match_id, message.op_code, message.data)
        return
    if session not in members:
        return
    to: Iterable[Session] = members
    if message.presences:
        wanted = {presence.session_id for presence in message.presences}
        to = [member for member in members if member.id in wanted]
    match_data(to, match_id, message.op_code, message.data, session, message.reliable, session)


MESSAGES: dict[str, Callable[..., object]] = {
    "match_create": create,
    "match_join": join,
    "match_leave": leave,
    "match_data_send": send,
}
