"""Realtime messages about matches: create, join, leave, send data."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable

from supergame.core.errors import BadInput
from supergame.edge import JSON, Session, deliver_framed, fan_out
from supergame.features.matches.data import json_frame
from supergame.features.matches.model import MatchNotFound
from supergame.features.matches.service import Matches
from supergame.features.presence import Stream
from supergame.protocol.matches import Match, MatchCreate, MatchData, MatchDataSend, MatchJoin, MatchLeave
from supergame.protocol.types import Int64

NAME_BYTES_MAX = 128


def create(matches: Matches, session: Session, message: MatchCreate) -> Match:
    """Make a relayed match, or meet the others in the one of that name."""
    if len(message.name.encode()) > NAME_BYTES_MAX:
        raise BadInput(f"A match's name has at most {NAME_BYTES_MAX} bytes.")
    return _join_relayed(matches, session, matches.relayed.new_id(message.name))


async def join(matches: Matches, session: Session, message: MatchJoin) -> Match:
    """Join by id, or by the matchmaker's token, which also opens a match that nobody is in yet."""
    if message.token is not None:
        return _join_relayed(matches, session, matches.id_from_token(message.token))
    if not message.match_id:
        raise BadInput("Missing match_id or token.")
    stream = matches.relayed.stream(message.match_id)
    if stream is not None:
        if not matches.relayed.exists(stream):
            raise MatchNotFound
        return _join_relayed(matches, session, message.match_id)
    running = matches.running(message.match_id)
    joined = await running.join(session, message.metadata)
    return _joined(matches, session, running.stream, running.id, joined, running.label)


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
    members = matches.streams.members(stream)
    presences = [member.presence for member in members if member is not session or not joined]
    return Match(match_id, label is not None, label, len(members), presences, session.presence)


def leave(matches: Matches, session: Session, message: MatchLeave) -> None:
    """Leave for good; a seat in an authoritative match is given up."""
    stream = matches.relayed.stream(message.match_id)
    if stream is not None:
        if not matches.streams.leave(session, stream):
            raise MatchNotFound
        return
    matches.running(message.match_id).leave(session)


def send(matches: Matches, session: Session, message: MatchDataSend) -> None:
    """Pass data on to the others, or into the inbox of the match; from outsiders it goes nowhere."""
    match_id = message.match_id
    stream = matches.relayed.stream(match_id)
    if stream is None:
        matches.running(match_id).receive(session, message.op_code, message.data)
        return
    members = matches.streams.members(stream)
    if session not in members:
        raise MatchNotFound
    if message.presences:
        wanted = {presence.session_id for presence in message.presences}
        to = [member for member in members if member.id in wanted]
    else:
        to = list(members)
    others = [member for member in to if member.codec is not JSON]
    if others:
        data = MatchData(match_id, session.presence, Int64(message.op_code), message.data, message.reliable)
        fan_out(others, data, session)
        to = [member for member in to if member.codec is JSON]
    framed = json_frame(
        match_id.encode(),
        session.presence_json,
        b"%d" % message.op_code,
        b2a_base64(message.data, newline=False),
        message.reliable,
    )
    deliver_framed(to, framed, session)


MESSAGES: dict[str, Callable[..., object]] = {
    "match_create": create,
    "match_join": join,
    "match_leave": leave,
    "match_data_send": send,
}
