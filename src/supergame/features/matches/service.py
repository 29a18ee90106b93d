"""The matches of this node: making, finding, joining, listing, and resuming them after a restart."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from supergame.core.errors import BadInput, Conflict, Internal, TooMany, Unauthenticated, Unavailable
from supergame.core.feature import Ground
from supergame.core.steps import Steps, at_once, bit_by_bit
from supergame.edge import EdgeSettings, Room, Session
from supergame.features.accounts import AccountDeleted
from supergame.features.matches.listing import LIST_LIMIT_DEFAULT, SEARCHES_MAX, Wanted, search
from supergame.features.matches.metrics import MatchMetrics
from supergame.features.matches.model import BadMatchToken, Match, MatchInfo, MatchNotFound, UnknownMatchHandler
from supergame.features.matches.relayed import RelayedMatches
from supergame.features.matches.running import RunningMatch
from supergame.features.matches.settings import MatchesSettings
from supergame.features.matches.snapshots import Snapshot, Snapshots
from supergame.features.presence import Presence, Stream, StreamMode, Streams
from supergame.protocol.matches import MatchPresenceEvent
from supergame.protocol.presence import UserPresence
from supergame.store import Tx

MATCHES_MAX = 10_000  # authoritative matches on one node
_MATCH_MODES = (StreamMode.MATCH_RELAYED, StreamMode.MATCH_AUTHORITATIVE)
TOKEN_SECONDS = 30  # how long the matchmaker's token for a relayed match is good for


class Matches:
    """Relayed and authoritative matches; game code uses it as `services.matches`."""

    def __init__(self, ground: Ground, presence: Streams) -> None:
        self._ground, self.streams = ground, presence
        self.relayed = RelayedMatches(presence, ground.ids)
        self._kinds: dict[str, type[Match]] = {}
        self._running: dict[str, RunningMatch] = {}
        self._services: Any = None
        self._single = ground.config.section(MatchesSettings).single_match
        self._leaving: set[asyncio.Task[None]] = set()
        """Sees off the matches that have ended."""
        self._draining = False
        self._searches = Room(SEARCHES_MAX, "searches for matches")
        self._snapshots = Snapshots(ground)
        self._metrics = MatchMetrics.of(ground.metrics)
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
                old = type(running.match)
                if running.name not in kinds:
                    raise BadInput(f"Match class {running.name!r} is gone, but a match of it is running.")
                running.become(kinds[running.name])
                changed.append((running, old))
        except BadInput:
            for running, old in changed:
                running.become(old)
            raise
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
        match_id = f"{self._ground.ids.uuid()}.{self._ground.node}"
        await self._start(match_id, name, kind, lambda running: running.begin(params or {}))
        return match_id

    async def _start(
        self, match_id: str, name: str, kind: type[Match], begin: Callable[[RunningMatch], Awaitable[None]]
    ) -> None:
        running = RunningMatch(
            self._ground,
            self.streams,
            self._services,
            kind,
            match_id=match_id,
            name=name,
            on_end=self._ended,
            metrics=self._metrics,
        )
        self._running[match_id] = running
        try:
            running.lease = await self._ground.directory.claim(match_id, self._ground.node)
            if running.lease is None:
                raise Conflict("Another node runs this match.")
            await begin(running)
        except BaseException:
            running.stop()
            raise

    def _ended(self, running: RunningMatch) -> None:
        self._running.pop(running.id, None)
        task = asyncio.ensure_future(self._see_off(running))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _see_off(self, running: RunningMatch) -> None:
        if running.lease is not None:
            await self._ground.directory.release(running.lease)
        await running.finish()

    def get(self, match_id: str) -> MatchInfo | None:
        """What is known of a match, or None when there is none of that id."""
        running = self._running.get(match_id)
        if running is not None:
            return running.info
        members = self.relayed.members(match_id)
        return None if members is None else MatchInfo(match_id, False, len(members))

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
        return at_once(
            self._search(
                Wanted(
                    limit=limit,
                    authoritative=authoritative,
                    label=label,
                    min_size=min_size,
                    max_size=max_size,
                    query=query,
                )
            )
        )

    async def find(self, wanted: Wanted) -> builtins.list[MatchInfo]:
        """The same for strangers, whose queries may be long: others are let run in between. Raises TooMany."""
        with self._searches:
            return await bit_by_bit(self._search(wanted))

    def _search(self, wanted: Wanted) -> Steps[builtins.list[MatchInfo]]:
        return search(wanted, builtins.list(self._running.values()), self.relayed)

    async def signal(self, match_id: str, data: str) -> str:
        """Send a message to a match and give its answer. Raises MatchNotFound, or what the author's code raises."""
        answer = await self.running(match_id).ask("signal", data)
        if answer is not None and not isinstance(answer, str):
            raise Internal(f"signal() gave {type(answer).__name__}, not text.")
        return answer or ""

    def running(self, match_id: str) -> RunningMatch:
        """The authoritative match of that id. Raises MatchNotFound."""
        running = self._running.get(match_id)
        if running is None:
            raise MatchNotFound
        return running

    def leave(self, session: Session, match_id: str) -> None:
        """Take a session out of a match for good; harmless when it is not in one of that id."""
        running = self._running.get(match_id)
        stream = self.relayed.stream(match_id)
        if running is not None:
            running.leave(session)
        elif stream is not None:
            self.streams.leave(session, stream)

    def joined(self, session: Session, joined: Stream) -> None:
        """A session has joined a match: where it may be in one only, take it out of the others."""
        if not self._single:
            return
        for stream in self.streams.streams_of(session):
            if stream.mode in _MATCH_MODES and stream != joined:
                self.leave(session, f"{stream.subject}.{stream.label}")

    def receive(self, session: Session, match_id: str, op_code: int, data: bytes) -> None:
        """Put what a player sent into the inbox of an authoritative match; if there is none, it goes nowhere."""
        running = self._running.get(match_id)
        if running is not None:
            running.receive(session, op_code, data)

    def token(self, match_id: str) -> str:
        """A token that lets whoever holds it into a relayed match for TOKEN_SECONDS."""
        token: str = self._ground.edge.tokens.sign(
            {"mid": match_id, "exp": self._ground.clock.now_seconds() + TOKEN_SECONDS}
        )
        return token

    def id_from_token(self, token: str) -> str:
        """The match that a token is for. Raises BadMatchToken when it is forged or too old."""
        try:
            match_id = self._ground.edge.tokens.unsign(token).get("mid")
        except Unauthenticated:
            raise BadMatchToken from None
        if not isinstance(match_id, str):
            raise BadMatchToken
        return match_id

    def _left(self, stream: Stream, session: Session, presence: Presence) -> None:
        running = self._running.get(f"{stream.subject}.{stream.label}")
        if running is not None:
            running.disconnected(session)

    # -- players who are deleted

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """Take the seats of a deleted player out of the matches that wait for their node's next start."""
        await self._snapshots.forget_player(tx, event.user_id)

    async def export(self, tx: Tx, user_id: str) -> dict[str, Any]:
        """The seats of a player in matches that wait for their node's next start, for their archive."""
        return {"seats": await self._snapshots.seats_of(tx, user_id)}

    # -- life of the node ----------------------------------------------------------------------------------------

    async def resume(self) -> int:
        """Take up the matches that this node left behind when it stopped; gives how many.

        What cannot be taken up stays for the next start, perhaps of better code, until it is too old.
        """
        found = await self._snapshots.left_behind()
        resumed = [snapshot.match_id for snapshot in found if await self._resume(snapshot)]
        await self._snapshots.forget(resumed)
        return len(resumed)

    async def _resume(self, snapshot: Snapshot) -> bool:
        log = self._ground.log.bind(match_id=snapshot.match_id, match=snapshot.handler)
        kind = self._kinds.get(snapshot.handler)
        if kind is None:
            log.warning("a match was not resumed, there is no match class of that name")
            return False
        try:
            await self._start(snapshot.match_id, snapshot.handler, kind, lambda running: running.resume(snapshot))
        except Exception:
            log.exception("a match could not be resumed")
            return False
        return True

    async def drain(self) -> None:
        """Start no more matches; tell those that run that the node stops, keep what can be resumed, end them."""
        self._draining = True
        grace_seconds = self._ground.config.section(EdgeSettings).grace_seconds
        everything = list(self._running.values())
        retiring = [asyncio.ensure_future(running.retire(grace_seconds)) for running in everything]
        if retiring:
            await asyncio.wait(retiring, timeout=grace_seconds)
        for running in everything:
            if not running.ended:
                running.log.warning("a match is ended without a snapshot, a callback still waits")
                running.stop()
        snapshots = await asyncio.gather(*retiring)
        await self._snapshots.save([snapshot for snapshot in snapshots if snapshot is not None])
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=grace_seconds)
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)


def _presence_event(
    stream: Stream, joins: Sequence[UserPresence], leaves: Sequence[UserPresence]
) -> MatchPresenceEvent:
    return MatchPresenceEvent(f"{stream.subject}.{stream.label}", list(joins), list(leaves))
