"""Relayed matches: streams whose members send each other data; the server keeps no state and has no say."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping

from supergame.core.ids import Ids, is_uuid
from supergame.edge import Session
from supergame.features.matches.model import MatchInfo
from supergame.features.presence import Presence, Stream, StreamMode, Streams


class RelayedMatches:
    """Relayed matches of this node, by their id `<uuid>.`; a match is there while somebody is in it."""

    def __init__(self, streams: Streams, ids: Ids) -> None:
        self._streams, self._ids = streams, ids
        self._members: dict[str, Mapping[Session, Presence]] = {}
        streams.on_left(StreamMode.MATCH_RELAYED, self._left)

    def new_id(self, name: str = "") -> str:
        """The id of a new match; the same name always gives the same (UUID version 5, RFC 4122 §4.3)."""
        return f"{uuid.uuid5(uuid.NAMESPACE_DNS, name) if name else self._ids.uuid()}."

    @staticmethod
    def stream(match_id: str) -> Stream | None:
        """The stream behind an id; None when it is not the id of a relayed match."""
        subject, dot, node = match_id.partition(".")
        return Stream(StreamMode.MATCH_RELAYED, subject) if dot and not node and is_uuid(subject) else None

    def members(self, match_id: str) -> Mapping[Session, Presence] | None:
        """The sessions in a match; None when nobody is in one of that id. Found without taking the id apart."""
        return self._members.get(match_id)

    def join(self, session: Session, stream: Stream) -> bool:
        """Put a session in; False when it is in already."""
        if not self._streams.join(session, stream):
            return False
        # The very dict that the stream's table has, which lasts until the last one leaves.
        self._members[f"{stream.subject}."] = self._streams.members(stream)
        return True

    def _left(self, stream: Stream, session: Session, presence: object) -> None:
        if not self._streams.members(stream):
            self._members.pop(f"{stream.subject}.", None)

    def infos(self, fits: Callable[[int], bool]) -> Iterator[MatchInfo]:
        """Matches whose size fits, oldest first."""
        return (MatchInfo(key, False, len(members)) for key, members in self._members.items() if fits(len(members)))
