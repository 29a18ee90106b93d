"""The matchmaker of this node: takes tickets, makes a pass every interval, and tells the matched players."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypedDict

from supergame.core.clock import MICROSECONDS, TimerHandle
from supergame.core.errors import DeadlineExceeded, Internal, NotFound, Unavailable
from supergame.core.feature import Ground
from supergame.edge import Session, Sessions
from supergame.features.matches import Matches
from supergame.features.matchmaker.pool import MatchedGroup, Pool, PoolConfig, PoolStats
from supergame.features.matchmaker.settings import MatchmakerSettings
from supergame.features.matchmaker.ticket import Ticket
from supergame.protocol.matchmaker import MatchmakerMatched, MatchmakerUser
from supergame.protocol.presence import UserPresence
from supergame.protocol.query import parse

MATCHED_SECONDS_MAX = 10.0  # how long the game may take to say what matched players get
USERS_PER_TURN = 5_000  # users told of, summed up over messages, before others are let run


@dataclass(frozen=True, slots=True)
class MatchedTicket:
    """A ticket that was matched, as game code sees it."""

    ticket: str
    presences: tuple[UserPresence, ...]
    party_id: str
    string_properties: Mapping[str, str]
    numeric_properties: Mapping[str, float]


class Wish(TypedDict, total=False):
    """Whom a ticket looks for: what `Matchmaker.add` takes by name."""

    query: str
    min_count: int
    max_count: int
    count_multiple: int
    string_properties: Mapping[str, str]
    numeric_properties: Mapping[str, float]


Matched: TypeAlias = Callable[[Sequence[MatchedTicket]], Awaitable[str | None] | str | None]
"""The game's say: the id of a match for these players, or None for a relayed one."""


class Matchmaker:
    """Brings players together; game code uses it as `services.matchmaker`."""

    def __init__(self, ground: Ground, matches: Matches) -> None:
        self._matches = matches
        self._clock, self._ids, self._log = ground.clock, ground.ids, ground.log
        self._sessions: Sessions = ground.edge.sessions
        settings = ground.config.section(MatchmakerSettings)
        self._interval_seconds = settings.interval_seconds
        self._pool = Pool(
            PoolConfig(settings.max_intervals, settings.mutual, settings.tickets_per_owner_max, settings.tickets_max)
        )
        self._matched: Matched | None = None
        self._timer: TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._sessions.on_close(self._session_closed)
        metrics = ground.metrics
        self._completed = metrics.counter("supergame_matchmaker_matched", "Tickets that were matched.")
        self._waited = metrics.histogram("supergame_matchmaker_wait_seconds", "How long matched tickets waited.")
        metrics.gauge("supergame_matchmaker_tickets", "Tickets that wait.", lambda: len(self._pool))

    def use(self, matched: Matched | None) -> None:
        """Let the game decide from now on what matched players get; None makes relayed matches."""
        self._matched = matched

    # -- tickets ---------------------------------------------------------------------------------------------

    def add(
        self,
        session: Session,
        *,
        query: str = "*",
        min_count: int = 2,
        max_count: int = 2,
        count_multiple: int = 1,
        string_properties: Mapping[str, str] | None = None,
        numeric_properties: Mapping[str, float] | None = None,
        party_id: str = "",
        companions: Iterable[Session] = (),
    ) -> str:
        """Let a session's player wait for others, with companions where it is a party's ticket; gives the ticket.

        Raises BadInput for counts or a query that make no sense, TooMany at a named limit, Unavailable when the
        session has ended.
        """
        if session.closed:  # whoever asked for it had to wait, and the session did not
            raise Unavailable("The session has ended.")
        ticket = Ticket(
            id=self._ids.uuid(),
            presences=(session.presence, *(companion.presence for companion in companions)),
            query=parse(query),
            created_at_us=self._clock.now_us(),
            min_count=min_count,
            max_count=max_count,
            count_multiple=count_multiple,
            party_id=party_id,
            string_properties=string_properties or {},
            numeric_properties=numeric_properties or {},
        )
        self._pool.add(ticket)
        return ticket.id

    def remove(self, ticket: str, *, session: Session | None = None, party_id: str = "") -> None:
        """Take a ticket back; with `session`, only if it is its alone, with `party_id`, only if it is that party's.

        Raises NotFound.
        """
        found = self._pool.get(ticket)
        not_sessions = session is not None and (found.party_id or session.id not in found.claims)
        if not_sessions or (party_id and found.party_id != party_id):
            raise NotFound("matchmaker ticket not found")
        self._pool.remove(ticket)

    def remove_party(self, party_id: str) -> None:
        """Take back all tickets of a party."""
        self._pool.remove_party(party_id)

    def explain(self, ticket: str) -> list[str]:
        """Sentences on why a ticket is not matched yet, in the order in which they matter. Raises NotFound."""
        return self._pool.explain(ticket)

    def stats(self) -> PoolStats:
        """How many wait, since when the first of them, and the latest completions."""
        return self._pool.stats()

    def _session_closed(self, session: Session) -> None:
        self._pool.remove_session(session.id)

    # -- passes ----------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to make passes."""
        self._schedule()

    async def stop(self) -> None:
        """Make no more passes, and wait for the game's say on the matches under way."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _schedule(self) -> None:
        if not self._stopped:
            self._timer = self._clock.call_later(self._interval_seconds, self._begin_pass)

    def _begin_pass(self) -> None:
        self._step(self._pool.steps(self._clock.now_us()))

    def _step(self, steps: Iterator[MatchedGroup | None]) -> None:
        """Go on with a pass until it asks to let others run."""
        if self._stopped:
            return
        try:
            for group in steps:
                if group is None:
                    asyncio.get_running_loop().call_soon(self._step, steps)
                    return
                task = asyncio.ensure_future(self._tell(group))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except Exception:
            self._log.exception("a pass of the matchmaker failed; the next one is made all the same")
        self._schedule()

    async def _tell(self, group: MatchedGroup) -> None:
        now_us = self._clock.now_us()
        for ticket in group.tickets:
            self._completed.value += 1
            self._waited.observe((now_us - ticket.created_at_us) / MICROSECONDS)
        match_id = await self._ask_game(group)
        token = None if match_id else self._matches.token(self._matches.relayed.new_id())
        users = {
            presence.session_id: MatchmakerUser(
                presence, ticket.party_id, dict(ticket.string_properties), dict(ticket.numeric_properties)
            )
            for ticket in group.tickets
            for presence in ticket.presences
        }
        everybody = list(users.values())
        written = 0
        for ticket in group.tickets:
            for presence in ticket.presences:
                session = self._sessions.get(presence.session_id)
                if session is None:  # gone since the pass
                    continue
                session.send(MatchmakerMatched(ticket.id, match_id, token, everybody, users[presence.session_id]))
                written += len(everybody)
                if written >= USERS_PER_TURN:
                    written = 0
                    await asyncio.sleep(0)

    async def _ask_game(self, group: MatchedGroup) -> str | None:
        """The match the game gives them; a game that fails, or gives none that is there, leaves them a relayed one."""
        if self._matched is None:
            return None
        tickets = [
            MatchedTicket(
                ticket.id,
                ticket.presences,
                ticket.party_id,
                ticket.string_properties,
                ticket.numeric_properties,
            )
            for ticket in group.tickets
        ]
        try:
            answer = self._matched(tickets)
            match_id: object = await self._in_time(answer) if inspect.isawaitable(answer) else answer
            if match_id is None or match_id == "":
                return None
            if not isinstance(match_id, str) or self._matches.get(match_id) is None:
                raise Internal(f"There is no match {match_id!r}.")
            return match_id
        except Exception:
            self._log.exception("the game's matchmaker_matched failed; the players get a relayed match")
            return None

    async def _in_time(self, answer: Awaitable[str | None]) -> str | None:
        """What the game says, if it does so within MATCHED_SECONDS_MAX. Raises DeadlineExceeded."""
        task = asyncio.ensure_future(answer)
        timer = self._clock.call_later(MATCHED_SECONDS_MAX, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if this is not None and this.cancelling():  # it is the matchmaker that stops
                raise
            raise DeadlineExceeded(f"It took longer than {MATCHED_SECONDS_MAX} s, or was cancelled.") from None
        finally:
            timer.cancel()
