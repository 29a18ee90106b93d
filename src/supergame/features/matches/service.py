"""The matches of this node: making, finding, joining, listing, and resuming them after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from supergame.core.clock import MICROSECONDS
from supergame.core.errors import BadInput, Internal, TooMany, Unauthenticated, Unavailable
from supergame.core.feature import Ground
from supergame.edge import EdgeSettings, Session
from supergame.features.matches.model import (
    Match,
    MatchInfo,
    MatchNotFound,
    UnknownMatchHandler,
)
from supergame.features.matches.relayed import RelayedMatches
from supergame.features.matches.running import MatchMetrics, RunningMatch
from supergame.features.presence import Presence, Stream, StreamMode, Streams
from supergame.protocol.matches import MatchPresenceEvent
from supergame.protocol.presence import UserPresence
from supergame.protocol.query import parse
from supergame.store import Tx, load_queries

MATCHES_MAX = 10_000  # authoritative matches on one node
LIST_LIMIT_DEFAULT = 10
LIST_LIMIT_MAX = 100
SNAPSHOT_SECONDS_MAX = 3600  # an older snapshot is nobody's game any more
TOKEN_SECONDS = 30  # how long the matchmaker's token for a relayed match is good for

QUERIES = load_queries("supergame.features.matches")


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """A row of matches_snapshot."""

    match_id: str
    handler: str
    label: str
    tick: int
    seats: str
    state: bytes
    saved_us: int


class Matches:
    """Relayed and authoritative matches; game code uses it as `services.matches`."""

    def __init__(self, ground: Ground, presence: Streams) -> None:
        self._ground, self.streams = ground, presence
        self.relayed = RelayedMatches(presence, ground.ids)
        self._kinds: dict[str, type[Match]] = {}
        self._running: dict[str, RunningMatch] = {}
        self._services: Any = None
        self._draining = False
        self._metrics = MatchMetrics.of(ground)
        ground.metrics.gauge("supergame_matches", "Authoritative matches that run.", lambda: len(self._running))
        presence.announce_with(StreamMode.MATCH_RELAYED, _presence_event)
        presence.announce_with(StreamMode.MATCH_AUTHORITATIVE, _presence_event)
        presence.on_left(StreamMode.MATCH_AUTHORITATIVE, self._left)

    # -- match classes -----------------------------------------------------------------------------------------

    def use(self, kinds: Mapping[str, type[Match]], services: Any) -> None:
        """Take these match classes, and give their matches `services`; running matches get the new methods.

        All or nothing: raises BadInput, and changes nothing, when a running match's class is gone or the new
        class cannot take over its state.
        """
        changed: list[tuple[RunningMatch, type[Match]]] = []
        try:
            for running in self._running.values():
                kind = kinds.get(running.name)
                if kind is None:
                    raise BadInput(f"Match class {running.name!r} is gone, but a match of it is running.")
                old = type(running.match)
                running.match.__class__ = kind
                changed.append((running, old))
        except (BadInput, TypeError) as error:
            for running, old in changed:
                running.match.__class__ = old
            if isinstance(error, BadInput):
                raise
            raise BadInput(f"A running match cannot become the new class: {error}.") from error
        self._kinds, self._services = dict(kinds), services

    # -- for game code and the features above --------------------------------------------------------------------

    async def create(self, name: str, params: dict[str, Any] | None = None) -> str:
        """Start an authoritative match of the class registered as `name`; gives its id.

        Raises UnknownMatchHandler, TooMany at MATCHES_MAX, or what the author's `init` raises.
        """
        kind = self._kinds.get(name)
        if kind is None:
            raise UnknownMatchHandler(f"There is no match class called {name!r}.")
        if self._draining:
            raise Unavailable("This node is about to stop.")
        if len(self._running) >= MATCHES_MAX:
            raise TooMany(f"This node runs {MATCHES_MAX} matches already.")
        running = self._host(f"{self._ground.ids.uuid()}.{self._ground.node}", name)
        self._running[running.id] = running
        try:
            await self._ground.directory.claim(running.id, self._ground.node)
            await running.begin(kind, params or {})
        except BaseException:
            running.stop()
            raise
        return running.id

    def _host(self, match_id: str, name: str) -> RunningMatch:
        return RunningMatch(self._ground, self.streams, self._services, match_id, name, self._ended, self._metrics)

    def _ended(self, running: RunningMatch) -> None:
        if self._running.pop(running.id, None) is not None:
            running.spawn(self._release(running.id))

    async def _release(self, match_id: str) -> None:
        lease = await self._ground.directory.find(match_id)
        if lease is not None:
            await self._ground.directory.release(lease)

    def get(self, match_id: str) -> MatchInfo | None:
        """What is known of a match, or None when there is none of that id."""
        running = self._running.get(match_id)
        if running is not None:
            return running.info
        members = self.relayed.members(match_id)
        return None if members is None else MatchInfo(match_id, False, len(members))

    def _list_running(self, label: str | None, query: str | None) -> list[MatchInfo]:
        running = [match for match in self._running.values() if label is None or match.label == label]
        if query is not None:
            tree = parse(query)
            ranked = [(tree.score(match.document), match) for match in running if tree.matches(match.document)]
            ranked.sort(key=lambda pair: -pair[0])
            running = [match for _, match in ranked]
        return [match.info for match in running]

    def list(
        self,
        *,
        limit: int = LIST_LIMIT_DEFAULT,
        authoritative: bool | None = None,
        label: str | None = None,
        min_size: int | None = None,
        max_size: int | None = None,
        query: str | None = None,
    ) -> list[MatchInfo]:
        """Running matches: by kind, exact label, number of players, or a query over labels that are JSON.

        With a query, the best matches come first. Raises BadInput for a limit outside 1 to LIST_LIMIT_MAX and
        for a query that does not parse.
        """
        if not 1 <= limit <= LIST_LIMIT_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_LIMIT_MAX}.")
        if min_size is not None and max_size is not None and min_size > max_size:
            raise BadInput("Invalid size - minimum size must not be above maximum size.")

        def wanted(info: MatchInfo) -> bool:
            return (min_size is None or info.size >= min_size) and (max_size is None or info.size <= max_size)

        found: list[MatchInfo] = []
        if authoritative is not False:
            found = self._list_running(label, query)
        found = [info for info in found if wanted(info)][:limit]
        if not authoritative and label is None and query is None:
            for info in self.relayed.infos(wanted):
                if len(found) >= limit:
                    break
                found.append(info)
        return found

    async def signal(self, match_id: str, data: str) -> str:
        """Send a message to a match and give its answer. Raises MatchNotFound, or what the author's code raises."""
        answer = await self.running(match_id).call(self.running(match_id).match.signal, data)
        return answer if isinstance(answer, str) else ""

    def running(self, match_id: str) -> RunningMatch:
        """The authoritative match of that id. Raises MatchNotFound."""
        running = self._running.get(match_id)
        if running is None or running.ended:
            raise MatchNotFound
        return running

    def token(self, match_id: str) -> str:
        """A token that lets whoever holds it into a relayed match for TOKEN_SECONDS."""
        token: str = self._ground.edge.tokens.sign(
            {"mid": match_id, "exp": self._ground.clock.now_seconds() + TOKEN_SECONDS}
        )
        return token

    def id_from_token(self, token: str) -> str:
        """The match that a token is for. Raises MatchNotFound when it is forged or too old."""
        try:
            match_id = self._ground.edge.tokens.unsign(token).get("mid")
        except Unauthenticated:
            raise MatchNotFound from None
        if not isinstance(match_id, str):
            raise MatchNotFound
        return match_id

    def _left(self, stream: Stream, session: Session, presence: Presence) -> None:
        running = self._running.get(f"{stream.subject}.{stream.label}")
        if running is not None:
            running.disconnected(session)

    # -- life of the node ----------------------------------------------------------------------------------------

    async def resume(self) -> int:
        """Take up the matches that this node left behind when it stopped; gives how many."""
        ground = self._ground
        rows = await ground.database.all(QUERIES.list_snapshots, Snapshot, node=ground.node)
        youngest_us = ground.clock.now_us() - SNAPSHOT_SECONDS_MAX * MICROSECONDS
        resumed = 0
        for row in rows:
            kind = self._kinds.get(row.handler)
            if kind is None or row.saved_us < youngest_us:
                ground.log.warning("a match was not resumed", match_id=row.match_id, match=row.handler)
                continue
            running = self._host(row.match_id, row.handler)
            self._running[row.match_id] = running
            seats = [Presence(*seat) for seat in msgspec.json.decode(row.seats)]
            try:
                await ground.directory.claim(row.match_id, ground.node)
                await running.resume(kind, row.state, row.label, row.tick, seats)
            except Exception:
                ground.log.exception("a match could not be resumed", match_id=row.match_id, match=row.handler)
                running.stop()
                continue
            resumed += 1
        await ground.database.run(QUERIES.delete_snapshots, node=ground.node)
        return resumed

    async def drain(self) -> None:
        """Start no more matches; tell those that run that the node stops, keep what can be resumed, end them."""
        self._draining = True
        grace_seconds = self._ground.config.section(EdgeSettings).grace_seconds
        everything = list(self._running.values())
        warned = [asyncio.ensure_future(running.terminate(grace_seconds)) for running in everything]
        if warned:
            await asyncio.wait(warned, timeout=grace_seconds)
        taken = [self._snapshot(running) for running in everything if not running.ended]
        snapshots = [snapshot for snapshot in taken if snapshot is not None]
        if snapshots:
            await self._ground.database.transact(lambda tx: self._save(tx, snapshots))
        for running in everything:
            running.stop()
        await asyncio.gather(*warned, *(running.finish(grace_seconds) for running in everything))

    def _snapshot(self, running: RunningMatch) -> dict[str, Any] | None:
        try:
            state = running.match.snapshot()
            if not isinstance(state, bytes):
                raise Internal(f"snapshot() gave {type(state).__name__}, not bytes.")
        except Exception:
            running.log.exception("a match callback failed", callback="snapshot")
            return None
        if not state:
            return None
        seats = [(seat.user_id, seat.session_id, seat.username) for seat in running.seats]
        return {
            "match_id": running.id,
            "handler": running.name,
            "node": self._ground.node,
            "label": running.label,
            "tick": running.tick,
            "seats": msgspec.json.encode(seats).decode(),
            "state": state,
            "saved_us": self._ground.clock.now_us(),
        }

    async def _save(self, tx: Tx, snapshots: Sequence[dict[str, Any]]) -> None:
        for snapshot in snapshots:
            await tx.run(QUERIES.save_snapshot, **snapshot)


def _presence_event(
    stream: Stream, joins: Sequence[UserPresence], leaves: Sequence[UserPresence]
) -> MatchPresenceEvent:
    return MatchPresenceEvent(f"{stream.subject}.{stream.label}", list(joins), list(leaves))
