"""Parties: a few players who want to play together, led by one of them."""

from __future__ import annotations

from supergame.protocol.operation import Binding, Event, Nothing, Operation, Realtime
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import ZERO, Int32, Int64, Message


class PartyListing(Message):
    """A party in a list."""

    party_id: str = ""
    open: bool = False
    hidden: bool = False
    max_size: Int32 = 0
    label: str = ""


class PartyList(Message):
    """The parties that were found; the cursor goes on where this page ended."""

    parties: list[PartyListing] = []
    cursor: str = ""


class ListPartiesRequest(Message):
    """Which parties to list: open ones or closed ones, by a query over labels that are JSON."""

    limit: Int32 | None = None
    open: bool | None = None
    query: str | None = None
    cursor: str | None = None


class Party(Message):
    """A party that a player is in: how it is joined, who leads it, and everybody in it."""

    party_id: str = ""
    open: bool = False
    hidden: bool = False
    max_size: Int32 = 0
    self: UserPresence | None = None
    leader: UserPresence | None = None
    presences: list[UserPresence] = []
    label: str = ""


class PartyCreate(Message):
    """Makes a party: whether anyone may join, for how many, how lists show it, and whether they do."""

    open: bool = False
    max_size: Int32 = 0
    label: str = ""
    hidden: bool = False


class PartyJoin(Message):
    """Joins an open party, or asks the leader of a closed one to be let in."""

    party_id: str = ""


class PartyLeave(Message):
    """Leaves a party."""

    party_id: str = ""


class PartyPromote(Message):
    """Makes another member the leader."""

    party_id: str = ""
    presence: UserPresence | None = None


class PartyLeader(Message):
    """The party has a new leader."""

    party_id: str = ""
    presence: UserPresence | None = None


class PartyAccept(Message):
    """Lets in a player who has asked for it."""

    party_id: str = ""
    presence: UserPresence | None = None


class PartyRemove(Message):
    """Sends a member away, or turns down a player who has asked to be let in."""

    party_id: str = ""
    presence: UserPresence | None = None


class PartyClose(Message):
    """Ends a party for all; as an event: the party is over, for all or for the player who hears it."""

    party_id: str = ""


class PartyJoinRequestList(Message):
    """Asks who would like to be let in."""

    party_id: str = ""


class PartyJoinRequest(Message):
    """Players who would like to be let in."""

    party_id: str = ""
    presences: list[UserPresence] = []


class PartyMatchmakerAdd(Message):
    """Asks for others whom the whole party could play with: how many, in multiples of what, by a query."""

    party_id: str = ""
    min_count: Int32 = 0
    max_count: Int32 = 0
    query: str = ""
    string_properties: dict[str, str] = {}
    numeric_properties: dict[str, float] = {}
    count_multiple: Int32 | None = None


class PartyMatchmakerRemove(Message):
    """Takes a party's ticket back."""

    party_id: str = ""
    ticket: str = ""


class PartyMatchmakerTicket(Message):
    """The ticket under which others are looked for."""

    party_id: str = ""
    ticket: str = ""


class PartyData(Message):
    """Data from another member."""

    party_id: str = ""
    presence: UserPresence | None = None
    op_code: Int64 = ZERO
    data: bytes = b""


class PartyDataSend(Message):
    """Sends data to the other members."""

    party_id: str = ""
    op_code: Int64 = ZERO
    data: bytes = b""


class PartyPresenceEvent(Message):
    """Players have come to a party, or left it."""

    party_id: str = ""
    joins: list[UserPresence] = []
    leaves: list[UserPresence] = []


class PartyUpdate(Message):
    """How lists show a party from now on, whether anyone may join, and whether lists show it at all."""

    party_id: str = ""
    label: str = ""
    open: bool = False
    hidden: bool = False


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="ListParties",
        bindings=(Binding("GET", "/v2/party"),),
        request=ListPartiesRequest,
        response=PartyList,
        summary="List parties.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = (
    Realtime("party_create", 35, PartyCreate, Party, "Make a party and lead it."),
    Realtime("party_join", 36, PartyJoin, Nothing, "Join a party, or ask to be let in."),
    Realtime("party_leave", 37, PartyLeave, Nothing, "Leave a party."),
    Realtime("party_promote", 38, PartyPromote, PartyLeader, "Make another member the leader."),
    Realtime("party_accept", 40, PartyAccept, Nothing, "Let in who has asked for it."),
    Realtime("party_remove", 41, PartyRemove, Nothing, "Send a member away, or turn down who has asked."),
    Realtime("party_close", 42, PartyClose, Nothing, "End a party."),
    Realtime("party_join_request_list", 43, PartyJoinRequestList, PartyJoinRequest, "See who asks to be let in."),
    Realtime("party_matchmaker_add", 45, PartyMatchmakerAdd, PartyMatchmakerTicket, "Look for others, as a party."),
    Realtime("party_matchmaker_remove", 46, PartyMatchmakerRemove, Nothing, "Look no longer."),
    Realtime("party_data_send", 49, PartyDataSend, Nothing, "Send data to the other members."),
    Realtime("party_update", 51, PartyUpdate, Nothing, "Change how a party is found and joined."),
)
EVENTS: tuple[Event, ...] = (
    Event("party", 34, Party, "The party that was joined."),
    Event("party_leader", 39, PartyLeader, "The party has a new leader."),
    Event("party_close", 42, PartyClose, "The party is over, or closed to the player who hears it."),
    Event("party_join_request", 44, PartyJoinRequest, "Players ask the leader to be let in."),
    Event("party_matchmaker_ticket", 47, PartyMatchmakerTicket, "The ticket that was made for the party."),
    Event("party_data", 48, PartyData, "Data from another member."),
    Event("party_presence_event", 50, PartyPresenceEvent, "Players have come to a party, or left it."),
    Event("party_update", 51, PartyUpdate, "The leader has changed how the party is found and joined."),
)
