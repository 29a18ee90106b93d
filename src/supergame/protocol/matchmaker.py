"""Matchmaker: tickets that look for others to play with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from supergame.protocol.operation import Binding, Event, Nothing, Operation, Realtime
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Empty, Int32, Message, Timestamp, check_oneofs


class MatchmakerAdd(Message):
    """Asks for others to play with: how many, their number a multiple of what, and who, by a query over properties."""

    min_count: Int32 = 0
    max_count: Int32 = 0
    query: str = ""
    string_properties: dict[str, str] = {}
    numeric_properties: dict[str, float] = {}
    count_multiple: Int32 | None = None


class MatchmakerTicket(Message):
    """The ticket under which others are looked for."""

    ticket: str = ""


class MatchmakerRemove(Message):
    """Takes a ticket back."""

    ticket: str = ""


class MatchmakerUser(Message):
    """A player who was matched, with the properties of their ticket."""

    NUMBERS: ClassVar[tuple[int, ...]] = (1, 2, 5, 6)

    presence: UserPresence | None = None
    party_id: str = ""
    string_properties: dict[str, str] = {}
    numeric_properties: dict[str, float] = {}


class MatchmakerMatched(Message):
    """Players were found: join by the `match_id` of an authoritative match, or by the `token` of a relayed one."""

    ONEOF: ClassVar[Mapping[str, tuple[str, ...]]] = {"id": ("match_id", "token")}

    ticket: str = ""
    match_id: str | None = None
    token: str | None = None
    users: list[MatchmakerUser] = []
    self: MatchmakerUser | None = None

    def __post_init__(self) -> None:
        check_oneofs(self)


class MatchmakerCompletionStats(Message):
    """When a ticket was made, and when it was matched."""

    create_time: Timestamp | None = None
    complete_time: Timestamp | None = None


class MatchmakerStats(Message):
    """How the matchmaker is doing: the tickets that wait, and the latest that were matched."""

    ticket_count: Int32 = 0
    oldest_ticket_create_time: Timestamp | None = None
    completions: list[MatchmakerCompletionStats] = []


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="GetMatchmakerStats",
        bindings=(Binding("GET", "/v2/matchmaker/stats"),),
        request=Empty,
        response=MatchmakerStats,
        summary="See how many tickets wait, and how long it takes.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = (
    Realtime("matchmaker_add", 19, MatchmakerAdd, MatchmakerTicket, "Look for others to play with."),
    Realtime("matchmaker_remove", 21, MatchmakerRemove, Nothing, "Look no longer."),
)
EVENTS: tuple[Event, ...] = (
    Event("matchmaker_matched", 20, MatchmakerMatched, "Others were found."),
    Event("matchmaker_ticket", 22, MatchmakerTicket, "The ticket that was made."),
)
