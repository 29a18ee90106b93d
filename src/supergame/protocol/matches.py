"""Matches: sessions of play, relayed between their players or run by game code on the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from supergame.protocol.operation import Binding, Event, Nothing, Operation, Realtime, Silent
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import ZERO, Int32, Int64, Message, check_oneofs


class MatchListing(Message):
    """A match in a list; only authoritative ones have a label, a tick rate and a handler."""

    match_id: str = ""
    authoritative: bool = False
    label: str | None = None
    size: Int32 = 0
    tick_rate: Int32 = 0
    handler_name: str = ""


class MatchList(Message):
    """The matches that were found."""

    matches: list[MatchListing] = []


class ListMatchesRequest(Message):
    """Which matches to list: by kind, exact label, number of players, or a query over labels that are JSON."""

    limit: Int32 | None = None
    authoritative: bool | None = None
    label: str | None = None
    min_size: Int32 | None = None
    max_size: Int32 | None = None
    query: str | None = None


class Match(Message):
    """A match that was joined, and who else is in it."""

    match_id: str = ""
    authoritative: bool = False
    label: str | None = None
    size: Int32 = 0
    presences: list[UserPresence] = []
    self: UserPresence | None = None


class MatchCreate(Message):
    """Makes a relayed match and joins it; those who give the same `name` meet in the same match."""

    name: str = ""


class MatchData(Message):
    """Data from another player, or with no `presence` from the match itself."""

    match_id: str = ""
    presence: UserPresence | None = None
    op_code: Int64 = ZERO
    data: bytes = b""
    reliable: bool = False


class MatchDataSend(Message):
    """Sends data to the match, or in a relayed one to some of its `presences` only."""

    match_id: str = ""
    op_code: Int64 = ZERO
    data: bytes = b""
    presences: list[UserPresence] = []
    reliable: bool = False


class MatchJoin(Message):
    """Asks to join a match, by its id or by a token from the matchmaker."""

    ONEOF: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("match_id", "token")}

    match_id: str | None = None
    token: str | None = None
    metadata: dict[str, str] = {}

    def __post_init__(self) -> None:
        check_oneofs(self)


class MatchLeave(Message):
    """Leaves a match."""

    match_id: str = ""


class MatchPresenceEvent(Message):
    """Players have come to a match, or left it."""

    match_id: str = ""
    joins: list[UserPresence] = []
    leaves: list[UserPresence] = []


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="ListMatches",
        bindings=(Binding("GET", "/v2/match"),),
        request=ListMatchesRequest,
        response=MatchList,
        summary="List running matches.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = (
    Realtime("match_create", 13, MatchCreate, Match, "Make a relayed match and join it."),
    Realtime("match_data_send", 15, MatchDataSend, Silent, "Send data to a match."),
    Realtime("match_join", 16, MatchJoin, Match, "Join a match."),
    Realtime("match_leave", 17, MatchLeave, Nothing, "Leave a match."),
)
EVENTS: tuple[Event, ...] = (
    Event("match", 12, Match, "The match that was joined."),
    Event("match_data", 14, MatchData, "Data from another player, or from the match itself."),
    Event("match_presence_event", 18, MatchPresenceEvent, "Players have come to a match, or left it."),
)
