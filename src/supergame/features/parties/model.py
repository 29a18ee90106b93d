"""What a party is: who leads it, who is in it, who would like to be, and how lists show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from supergame.core.errors import BadInput, Conflict, NotFound, Refused
from supergame.core.ids import is_uuid
from supergame.edge import Session
from supergame.features.matches import Label
from supergame.features.presence import Presence, Stream, StreamMode
from supergame.protocol import parties as wire
from supergame.protocol.presence import UserPresence

SIZE_MAX = 256  # members of one party at most


class PartyNotFound(NotFound):
    """party not found"""


class PartyFull(Conflict):
    """party full"""


class LeaderOnly(Refused):
    """party leader only"""


class NoMember(NotFound):
    """party member not found"""


@dataclass(frozen=True, slots=True)
class PartyInfo:
    """A party as game code sees it."""

    id: str
    open: bool
    hidden: bool
    max_size: int
    label: str
    leader: UserPresence
    members: tuple[UserPresence, ...]
    """Everybody in it, the longest-standing first."""

    @property
    def size(self) -> int:
        """How many are in it."""
        return len(self.members)

    def seen_by(self, presence: UserPresence) -> wire.Party:
        """What one of its members is told."""
        return wire.Party(
            self.id, self.open, self.hidden, self.max_size, presence, self.leader, list(self.members), self.label
        )


@dataclass(slots=True, eq=False)
class Party:
    """One party. Those in its stream are its members; it is there while there are any."""

    id: str
    number: int
    """How many this node has had before it: the order of lists."""
    stream: Stream
    leader: Session
    open: bool
    hidden: bool
    max_size: int
    label: Label
    members: Mapping[Session, Presence] = field(default_factory=dict)
    """The very dict that the stream's table has, the longest-standing first; empty when the party is over."""
    requests: dict[str, Session] = field(default_factory=dict)
    """Those who would like to be let in, by session id, the longest-waiting first."""
    newcomers: set[Session] = field(default_factory=set)
    """Those who have joined and are still to be told what."""

    @property
    def info(self) -> PartyInfo:
        """The party as it is now."""
        return PartyInfo(
            self.id,
            self.open,
            self.hidden,
            self.max_size,
            self.label.text,
            self.leader.presence,
            tuple(presences(self.members)),
        )

    @property
    def full(self) -> bool:
        """Whether nobody else can come in."""
        return len(self.members) >= self.max_size

    def member(self, session_id: str) -> Session:
        """The member with that session. Raises NoMember."""
        for session in self.members:
            if session.id == session_id:
                return session
        raise NoMember


def presences(sessions: Iterable[Session]) -> list[UserPresence]:
    """Sessions as others see them."""
    return [session.presence for session in sessions]


def stream_of(party_id: str) -> Stream:
    """The stream of a party's members. Raises BadInput for what is no id of a party."""
    subject, _, node = party_id.partition(".")
    if not node or not is_uuid(subject):
        raise BadInput("Invalid party ID")
    return Stream(StreamMode.PARTY, subject, label=node)


def id_of(stream: Stream) -> str:
    """The party whose members are in a stream."""
    return f"{stream.subject}.{stream.label}"
