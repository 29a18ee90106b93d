"""Relayed matches: streams whose members send each other data; the server keeps no state and has no say."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

from supergame.core.ids import Ids, is_uuid
from supergame.edge import Session
from supergame.features.matches.model import MatchInfo
from supergame.features.presence import Stream, StreamMode, Streams


class RelayedMatches:
    """Relayed matches of this node, by their id `<uuid>.`; a match is there while somebody is in it."""

    def __init__(self, streams: Streams, ids: Ids) -> None:
        self._streams, self._ids = streams, ids
        self._sizes: dict[Stream, int] = {}
        streams.on_left(StreamMode.MATCH_RELAYED, self._left)

    def new_id(self, name: str = "") -> str:
        """The id of a new match; the same name always gives the same (UUID version 5, RFC 4122 §4.3)."""
        return f"{uuid.uuid5(uuid.NAMESPACE_DNS, name) if name else self._ids.uuid()}."

    @staticmethod
    def stream(match_id: str) -> Stream | None:
        """The stream behind an id; None when it is not the id of a relayed match."""
        subject, dot, node = match_id.partition(".")
        return Stream(StreamMode.MATCH_RELAYED, subject) if dot and not node and is_uuid(subject) else None

    def exists(self, stream: Stream) -> bool:
        """Whether anybody is in the match."""
        return stream in self._sizes

    def join(self, session: Session, stream: Stream) -> bool:
        """Put a session in; False when it is in already."""
        if not self._streams.join(session, stream):
            return False
        self._sizes[stream] = self._sizes.get(stream, 0) + 1
        return True

    def _left(self, stream: Stream, session: Session, presence: object) -> None:
        self._sizes[stream] -= 1
        if not self._sizes[stream]:
            del self._sizes[stream]

    def infos(self, wanted: Callable[[MatchInfo], bool]) -> Iterator[MatchInfo]:
        """Matches that are wanted, oldest first."""
        for stream, size in self._sizes.items():
            info = MatchInfo(f"{stream.subject}.", False, size)
            if wanted(info):
                yield info
