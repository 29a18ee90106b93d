"""A matchmaker ticket: players who want to be matched together, with whom, and with how many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from supergame.core.errors import BadInput
from supergame.protocol.document import Document, flatten
from supergame.protocol.presence import UserPresence
from supergame.protocol.querytree import QueryTree

PLAYERS_PER_MATCH_MAX = 1_000
"""The largest `max_count`."""
PROPERTIES_BYTES_MAX = 4_096
"""Names and values of a ticket's properties together: others' queries are asked about them again and again."""


@dataclass(slots=True, eq=False)
class Ticket:
    """One ticket; it is checked as it is made.

    Raises BadInput for counts that no match could satisfy.
    """

    id: str
    presences: tuple[UserPresence, ...]
    """One player, or the members of a party."""
    query: QueryTree
    """Which other tickets fit, asked about their `document`."""
    created_at_us: int
    min_count: int = 2
    max_count: int = 2
    count_multiple: int = 1
    """A match's number of players is a multiple of this."""
    party_id: str = ""
    string_properties: Mapping[str, str] = field(default_factory=dict)
    numeric_properties: Mapping[str, float] = field(default_factory=dict)

    intervals: int = field(default=0, init=False)
    """Passes it has been in."""
    patient: bool = field(init=False)
    """Whether it still holds out for `max_count` players."""
    changed_pass: int = field(default=0, init=False)
    """The pass in which others first see it as it is now; kept by the pool."""
    settled_pass: int = field(default=-1, init=False)
    """The last pass after which no match for it was possible; kept by the pool."""
    size: int = field(init=False)
    """How many players it brings."""
    claims: frozenset[str] = field(init=False)
    """Its sessions and its party: two tickets that share one are never matched with each other."""
    document: Document = field(init=False)
    """What others' queries ask about."""

    def __post_init__(self) -> None:
        self._check()
        self.size = len(self.presences)
        self.patient = self.min_count < self.max_count
        sessions = [presence.session_id for presence in self.presences]
        self.claims = frozenset([*sessions, f"party {self.party_id}"] if self.party_id else sessions)
        properties: dict[str, object] = dict(self.string_properties)
        for name, number in self.numeric_properties.items():
            properties[name] = [properties[name], number] if name in properties else number
        self.document = flatten(
            {
                "properties": properties,
                "min_count": self.min_count,
                "max_count": self.max_count,
                "party_id": self.party_id or None,
                "ticket": self.id,
                "created_at": self.created_at_us * 1_000,  # nanoseconds, as clients of the protocol know it
            }
        )

    def _check(self) -> None:
        if self.min_count < 2:
            raise BadInput("Invalid minimum count, must be >= 2")
        if self.max_count < self.min_count:
            raise BadInput("Invalid maximum count, must be >= minimum count")
        if self.max_count > PLAYERS_PER_MATCH_MAX:
            raise BadInput(f"Invalid maximum count, must be <= {PLAYERS_PER_MATCH_MAX}")
        if self.count_multiple < 1:
            raise BadInput("Invalid count multiple, must be >= 1")
        if self.min_count % self.count_multiple:
            raise BadInput("Invalid count multiple for minimum count, must divide")
        if self.max_count % self.count_multiple:
            raise BadInput("Invalid count multiple for maximum count, must divide")
        texts = [*self.string_properties, *self.string_properties.values(), *self.numeric_properties]
        if sum(len(text.encode()) for text in texts) > PROPERTIES_BYTES_MAX:
            raise BadInput(f"Invalid properties, must be <= {PROPERTIES_BYTES_MAX} bytes")
        if not self.presences:
            raise BadInput("A matchmaker ticket needs at least one player")
        if len(self.presences) > self.max_count:
            raise BadInput("Invalid maximum count, must be >= the number of players on the ticket")
        if len({presence.session_id for presence in self.presences}) < len(self.presences):
            raise BadInput("matchmaker duplicate session")

    def accepts(self, players: int) -> bool:
        """Whether a match of so many players would do, as long as it has waited."""
        if players == self.max_count:
            return True
        return not self.patient and self.min_count <= players < self.max_count and players % self.count_multiple == 0
