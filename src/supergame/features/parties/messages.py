"""Realtime messages about parties."""

from __future__ import annotations

from collections.abc import Callable

from supergame.core.errors import BadInput
from supergame.edge import Session
from supergame.features.matchmaker import wish
from supergame.features.parties.service import Parties
from supergame.protocol import parties as wire
from supergame.protocol.presence import UserPresence


def create(parties: Parties, session: Session, message: wire.PartyCreate) -> wire.Party:
    """Make a party and lead it."""
    party = parties.create(
        session, open=message.open, max_size=message.max_size, label=message.label, hidden=message.hidden
    )
    return party.seen_by(session.presence)


def join(parties: Parties, session: Session, message: wire.PartyJoin) -> None:
    """Join an open party, or ask the leader of a closed one; the party itself comes as an event."""
    parties.join(session, message.party_id)


def leave(parties: Parties, session: Session, message: wire.PartyLeave) -> None:
    """Leave a party, or take the request to be let in back."""
    parties.leave(session, message.party_id)


def promote(parties: Parties, session: Session, message: wire.PartyPromote) -> wire.PartyLeader:
    """Make another member the leader; the answer names the new leader, as does the event for all."""
    leader = parties.promote(message.party_id, _session_id(message.presence), caller=session)
    return wire.PartyLeader(message.party_id, leader)


def accept(parties: Parties, session: Session, message: wire.PartyAccept) -> None:
    """Let in who has asked for it."""
    parties.accept(message.party_id, _session_id(message.presence), caller=session)


def remove(parties: Parties, session: Session, message: wire.PartyRemove) -> None:
    """Send a member away, or turn down who has asked to be let in."""
    parties.remove(message.party_id, _session_id(message.presence), caller=session)


def close(parties: Parties, session: Session, message: wire.PartyClose) -> None:
    """End a party."""
    parties.close(message.party_id, caller=session)


def join_requests(parties: Parties, session: Session, message: wire.PartyJoinRequestList) -> wire.PartyJoinRequest:
    """See who asks to be let in."""
    return wire.PartyJoinRequest(message.party_id, parties.join_requests(message.party_id, caller=session))


def add_ticket(parties: Parties, session: Session, message: wire.PartyMatchmakerAdd) -> wire.PartyMatchmakerTicket:
    """Look for others, as a party."""
    ticket = parties.add_ticket(message.party_id, caller=session, **wish(message))
    return wire.PartyMatchmakerTicket(message.party_id, ticket)


def remove_ticket(parties: Parties, session: Session, message: wire.PartyMatchmakerRemove) -> None:
    """Look no longer."""
    parties.remove_ticket(message.party_id, message.ticket, caller=session)


def send(parties: Parties, session: Session, message: wire.PartyDataSend) -> None:
    """Send data to the other members."""
    parties.send(session, message.party_id, message.op_code, message.data)


def update(parties: Parties, session: Session, message: wire.PartyUpdate) -> None:
    """Change how the party is found and joined."""
    parties.update(message.party_id, caller=session, label=message.label, open=message.open, hidden=message.hidden)


def _session_id(presence: UserPresence | None) -> str:
    if presence is None:
        raise BadInput("Invalid presence")
    return presence.session_id


MESSAGES: dict[str, Callable[..., object]] = {
    "party_create": create,
    "party_join": join,
    "party_leave": leave,
    "party_promote": promote,
    "party_accept": accept,
    "party_remove": remove,
    "party_close": close,
    "party_join_request_list": join_requests,
    "party_matchmaker_add": add_ticket,
    "party_matchmaker_remove": remove_ticket,
    "party_data_send": send,
    "party_update": update,
}
