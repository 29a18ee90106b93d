"""The parties of this node: who makes, joins and leads them, and what their members are told."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Sequence
from typing import Unpack

from supergame.core.errors import BadInput, Conflict, NotFound, Refused, SupergameError, TooMany
from supergame.core.feature import Ground
from supergame.edge import Quota, Room, Session, Sessions, fan_out
from supergame.features.matches import Label
from supergame.features.matchmaker import Matchmaker, Wish
from supergame.features.parties.listing import LIST_LIMIT_DEFAULT, SEARCHES_MAX, Wanted, search
from supergame.features.parties.model import (
    SIZE_MAX,
    LeaderOnly,
    NoMember,
    Party,
    PartyFull,
    PartyInfo,
    PartyNotFound,
    id_of,
    presences,
    stream_of,
)
from supergame.features.parties.settings import PartiesSettings
from supergame.features.presence import Stream, StreamMode, Streams
from supergame.protocol import parties as wire
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Int64


class Parties:
    """A few players who want to play together, led by one of them; game code uses it as `services.parties`.

    What only the leader may do is done as `caller`; without one it is the game that does it, which may do it to any.
    Players are named by their sessions: each is in a party with the one session that has joined.
    """

    def __init__(self, ground: Ground, presence: Streams, matchmaker: Matchmaker) -> None:
        self._streams, self._matchmaker = presence, matchmaker
        self._node, self._ids = ground.node, ground.ids
        self._sessions: Sessions = ground.edge.sessions
        settings = self._settings = ground.config.section(PartiesSettings)
        self._quota = Quota(ground.clock, settings.joins_per_second, settings.joins_burst, "joins of parties")
        self._searches = Room(SEARCHES_MAX, "searches for parties")
        self._parties: dict[str, Party] = {}
        self._numbers = itertools.count()
        self._concerned: dict[Session, dict[Party, None]] = {}
        """The parties that a session is in, or asks to be let into."""
        presence.announce_with(StreamMode.PARTY, self._presence_event)
        presence.on_left(StreamMode.PARTY, self._left)
        self._sessions.on_close(self._closed)
        ground.metrics.gauge("supergame_parties", "Parties that there are.", lambda: len(self._parties))

    # -- finding -----------------------------------------------------------------------------------------------

    def get(self, party_id: str) -> PartyInfo | None:
        """What is known of a party, or None when there is none of that id."""
        party = self._parties.get(party_id)
        return None if party is None else party.info

    async def list(
        self,
        *,
        limit: int = LIST_LIMIT_DEFAULT,
        open: bool | None = None,  # noqa: A002 - what it is called everywhere
        query: str = "",
        cursor: str = "",
        hidden: bool = False,
    ) -> tuple[list[PartyInfo], str]:
        """Parties, open or closed ones, by a query over labels that are JSON; and the cursor for more, or "".

        The best come first, of equal ones the oldest; `hidden` ones only on demand. Raises BadInput for a limit
        outside 1 to LIST_LIMIT_MAX, and for a query or a cursor that is none; TooMany while SEARCHES_MAX take long.
        """
        wanted = Wanted(limit=limit, open=open, query=query, cursor=cursor, hidden=hidden)
        with self._searches:
            found, further = await search(wanted, builtins.list(self._parties.values()))
        return [party.info for party in found if party.members], further

    # -- coming and going --------------------------------------------------------------------------------------

    def create(
        self,
        session: Session,
        *,
        open: bool,  # noqa: A002 - what it is called everywhere
        max_size: int,
        label: str = "",
        hidden: bool = False,
    ) -> PartyInfo:
        """Make a party that a session leads.

        Raises BadInput for a size outside 1 to SIZE_MAX or a label that is none, TooMany at a named limit.
        """
        if not 1 <= max_size <= SIZE_MAX:
            raise BadInput(f"Invalid party size, must be 1-{SIZE_MAX}")
        if len(self._parties) >= self._settings.parties_max:
            raise TooMany(f"There are {self._settings.parties_max} parties already.")
        party_id = f"{self._ids.uuid()}.{self._node}"
        party = Party(
            id=party_id,
            number=next(self._numbers),
            stream=stream_of(party_id),
            leader=session,
            open=open,
            hidden=hidden,
            max_size=max_size,
            label=Label(label),
        )
        self._enter(party, session)
        party.members = self._streams.members(party.stream)
        self._parties[party.id] = party
        return party.info

    def join(self, session: Session, party_id: str) -> bool:
        """Put a session into an open party, or ask the leader of a closed one; True when it is in.

        Who comes in is sent the party, ahead of the event that tells of it. Raises PartyNotFound, PartyFull, Conflict
        for who is in it or has asked already, TooMany at a named limit.
        """
        self._quota.take(session.user_id)
        party = self._with_room(party_id, session)
        if party.open:
            self._admit(party, session)
            return True
        if session.id in party.requests:
            raise Conflict("party join request duplicate")
        if len(party.requests) >= self._settings.join_requests_max:
            raise TooMany("party join requests full")
        self._check_room(session)
        party.requests[session.id] = session
        self._concerned.setdefault(session, {})[party] = None
        party.leader.send(wire.PartyJoinRequest(party.id, [session.presence]))
        return False

    def add(self, session: Session, party_id: str) -> None:
        """Put a session into a party, open or closed, because the game wants it there; players `join`.

        Raises PartyNotFound, PartyFull, Conflict for who is in it already, TooMany at a named limit.
        """
        self._admit(self._with_room(party_id, session), session)

    def leave(self, session: Session, party_id: str) -> None:
        """Take a session out of a party, or its request to be let in back; who is not in it (any more) has left."""
        if not self._streams.leave(session, stream_of(party_id)) and party_id in self._parties:
            self._withdraw(self._parties[party_id], session)

    # -- leading -----------------------------------------------------------------------------------------------

    def join_requests(self, party_id: str, *, caller: Session | None = None) -> builtins.list[UserPresence]:
        """Who asks to be let in, the longest-waiting first. Raises PartyNotFound, LeaderOnly."""
        return presences(self._led(party_id, caller).requests.values())

    def accept(self, party_id: str, session_id: str, *, caller: Session | None = None) -> None:
        """Let in a session that has asked for it. Raises PartyNotFound, LeaderOnly, NotFound, PartyFull, Conflict."""
        party = self._led(party_id, caller)
        requester = party.requests.get(session_id)
        if requester is None:
            raise NotFound("party join request not found")
        if party.full:
            raise PartyFull
        try:
            self._admit(party, requester)
        except SupergameError:  # the session has just ended, or is in too many streams
            raise Conflict("party could not accept request") from None

    def remove(self, party_id: str, session_id: str, *, caller: Session | None = None) -> None:
        """Send a member away, or turn a request down; whom it concerns is told that the party is closed.

        Raises PartyNotFound, LeaderOnly, NoMember, and Refused for leaders who would send themselves away.
        """
        party = self._led(party_id, caller)
        session = party.requests.get(session_id)
        if session is not None:
            self._withdraw(party, session)
        else:
            session = party.member(session_id)
            if session is caller:
                raise Refused("party cannot remove self")
            self._streams.leave(session, party.stream)
        session.send(wire.PartyClose(party.id))

    def promote(self, party_id: str, session_id: str, *, caller: Session | None = None) -> UserPresence:
        """Make another member the leader; everybody is told. Raises PartyNotFound, LeaderOnly, NoMember."""
        party = self._led(party_id, caller)
        self._lead(party, party.member(session_id))
        return party.leader.presence

    def update(
        self,
        party_id: str,
        *,
        caller: Session | None = None,
        label: str | None = None,
        open: bool | None = None,  # noqa: A002 - what it is called everywhere
        hidden: bool | None = None,
    ) -> None:
        """Change how a party is found and joined; what is None stays. Everybody is told.

        Raises PartyNotFound, LeaderOnly, and BadInput for a label that is none.
        """
        party = self._led(party_id, caller)
        if label is not None:
            party.label = Label(label)
        if open is not None:
            party.open = open
        if hidden is not None:
            party.hidden = hidden
        fan_out(party.members, wire.PartyUpdate(party.id, party.label.text, party.open, party.hidden))

    def close(self, party_id: str, *, caller: Session | None = None) -> None:
        """End a party; everybody is told. Raises PartyNotFound, LeaderOnly."""
        self._end(self._led(party_id, caller))

    # -- playing -----------------------------------------------------------------------------------------------

    def send(self, session: Session, party_id: str, op_code: int, data: bytes) -> None:
        """Send data to the other members. Raises PartyNotFound, NoMember."""
        party = self._find(party_id)
        if session not in party.members:
            raise NoMember
        message = wire.PartyData(party.id, session.presence, Int64(op_code), data)
        fan_out(party.members, message, except_=session)

    def add_ticket(self, party_id: str, *, caller: Session | None = None, **wish: Unpack[Wish]) -> str:
        """Let the party wait for others, as `matchmaker.add` does; gives the ticket, which all others are told.

        It is taken back when somebody comes or leaves. Raises PartyNotFound, LeaderOnly, BadInput, TooMany.
        """
        party = self._led(party_id, caller)
        companions = [member for member in party.members if member is not party.leader]
        ticket = self._matchmaker.add(party.leader, party_id=party.id, companions=companions, **wish)
        fan_out(party.members, wire.PartyMatchmakerTicket(party.id, ticket), except_=caller)
        return ticket

    def remove_ticket(self, party_id: str, ticket: str, *, caller: Session | None = None) -> None:
        """Take a ticket of the party back. Raises PartyNotFound, LeaderOnly, NotFound."""
        self._matchmaker.remove(ticket, party_id=self._led(party_id, caller).id)

    # -- what happens to them ----------------------------------------------------------------------------------

    def _find(self, party_id: str) -> Party:
        party = self._parties.get(party_id)
        if party is None:
            stream_of(party_id)
            raise PartyNotFound
        return party

    def _with_room(self, party_id: str, session: Session) -> Party:
        """A party that has room for a session."""
        party = self._find(party_id)
        if session in party.members:
            raise Conflict("party join request already member")
        if party.full:
            raise PartyFull
        return party

    def _led(self, party_id: str, caller: Session | None) -> Party:
        party = self._find(party_id)
        if caller is not None and caller is not party.leader:
            raise LeaderOnly
        return party

    def _check_room(self, session: Session) -> None:
        limit = self._settings.per_session_max
        if len(self._concerned.get(session, ())) >= limit:
            raise TooMany(f"A session may be in {limit} parties at a time, requests to be let in included.")

    def _admit(self, party: Party, session: Session) -> None:
        self._enter(party, session)
        party.requests.pop(session.id, None)
        party.newcomers.add(session)
        self._matchmaker.remove_party(party.id)

    def _enter(self, party: Party, session: Session) -> None:
        """Put a session in, and only then, where there is to be one party for each player, take them out of others."""
        single = self._settings.single_party
        if not single and session.id not in party.requests:
            self._check_room(session)
        self._streams.join(session, party.stream)
        self._concerned.setdefault(session, {})[party] = None
        if single:
            for mine in builtins.list(self._sessions.of_user(session.user_id)):
                for other in builtins.list(self._concerned.get(mine, ())):
                    if other is not party:
                        self.leave(mine, other.id)

    def _lead(self, party: Party, session: Session) -> None:
        """Make a member the leader, who is also told of the requests that wait."""
        party.leader = session
        fan_out(party.members, wire.PartyLeader(party.id, session.presence))
        if party.requests:
            session.send(wire.PartyJoinRequest(party.id, presences(party.requests.values())))

    def _withdraw(self, party: Party, session: Session) -> None:
        if party.requests.pop(session.id, None) is not None:
            self._release(session, party)

    def _release(self, session: Session, party: Party) -> None:
        concerned = self._concerned.get(session, {})
        concerned.pop(party, None)  # not there for whom the game has put into the stream itself
        if not concerned:
            self._concerned.pop(session, None)

    def _end(self, party: Party) -> None:
        """The party is over, and with it the requests to be let in."""
        del self._parties[party.id]
        self._matchmaker.remove_party(party.id)
        everybody = [*party.members, *party.requests.values()]
        for session in everybody:
            self._release(session, party)
        fan_out(everybody, wire.PartyClose(party.id))
        self._streams.close(party.stream)

    def _left(self, stream: Stream, session: Session, presence: object) -> None:
        """A session has left a party, for whatever reason: if it led it, the longest-standing member leads it now."""
        party = self._parties.get(id_of(stream))
        if party is None:
            return
        self._release(session, party)
        party.newcomers.discard(session)
        self._matchmaker.remove_party(party.id)
        if not party.members:
            self._end(party)
        elif party.leader is session:
            self._lead(party, next(iter(party.members)))

    def _closed(self, session: Session) -> None:
        """A session has ended, and has left its parties already: nobody is to let it in elsewhere."""
        for party in builtins.list(self._concerned.get(session, ())):
            self._withdraw(party, session)

    def _presence_event(
        self, stream: Stream, joins: Sequence[UserPresence], leaves: Sequence[UserPresence]
    ) -> wire.PartyPresenceEvent:
        """What a party is told of who came and went; newcomers are told first what they have come to."""
        party = self._parties.get(id_of(stream))
        if party is not None and party.newcomers:
            info = party.info
            for session in party.newcomers:
                session.send(info.seen_by(session.presence))
            party.newcomers.clear()
        return wire.PartyPresenceEvent(id_of(stream), [*joins], [*leaves])
