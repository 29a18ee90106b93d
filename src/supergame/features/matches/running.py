"""One authoritative match as it runs: its inbox, its seats, its clock, and the callbacks called one at a time.

The hot path is session -> inbox -> tick -> one frame -> many send queues. A match that overruns its tick, waits
or raises is reported and delays nobody else: every tick is a timer of its own on the loop, and a late match
skips ticks instead of catching up in a burst.
"""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from supergame.core.clock import TimerHandle
from supergame.core.errors import DeadlineExceeded, Internal, TooMany
from supergame.core.feature import Ground
from supergame.core.log import get_log
from supergame.core.telemetry import Counter, Histogram
from supergame.edge import Session
from supergame.features.matches.data import match_data
from supergame.features.matches.model import (
    LABEL_BYTES_MAX,
    TICK_RATE_MAX,
    BadLabel,
    JoinRejected,
    Match,
    MatchInfo,
    MatchMessage,
    MatchNotFound,
)
from supergame.features.presence import Presence, Stream, StreamMode, Streams, to_wire
from supergame.protocol.document import Document, flatten

INBOX_MESSAGES_MAX = 4096  # per match and tick; more are dropped and counted
CALLS_WAITING_MAX = 256  # join attempts, signals and the like behind a callback that waits
DEFERRED_MAX = 1024  # broadcasts put off to the end of a tick
CALL_SECONDS_MAX = 10.0  # how long a player or caller waits for join_attempt or signal
TICK_FAILURES_MAX = 20  # failing ticks in a row that end a match
REPORT_EVERY_SECONDS = 10.0  # overruns and drops are logged no more often than this

Done = Callable[[Any, Exception | None], None]


class TooBusy(TooMany):
    """The match is too busy."""


@dataclass(slots=True)
class Seat:
    """A player's place in a match; without a session while the connection is lost."""

    presence: Presence
    session: Session | None
    grace: TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class MatchMetrics:
    """What all matches of a node count together."""

    ticks: Histogram
    overruns: Counter
    dropped: Counter
    failures: Counter

    @classmethod
    def of(cls, ground: Ground) -> MatchMetrics:
        """The node's match metrics."""
        metrics = ground.metrics
        return cls(
            metrics.histogram("supergame_match_tick_seconds", "Time spent in one tick of a match."),
            metrics.counter("supergame_match_overruns", "Ticks that took longer than their period."),
            metrics.counter("supergame_match_messages_dropped", "Messages to matches whose inbox was full."),
            metrics.counter("supergame_match_failures", "Match callbacks that raised."),
        )


class RunningMatch:
    """The host of one `Match`."""

    def __init__(
        self,
        ground: Ground,
        streams: Streams,
        services: Any,
        match_id: str,
        name: str,
        on_end: Callable[[RunningMatch], None],
        metrics: MatchMetrics,
    ) -> None:
        self.id, self.name, self.services = match_id, name, services
        self.clock, self.random = ground.clock, ground.ids.random()
        self.log = get_log(match_id=match_id, match=name)
        self.tick = 0
        self.match: Match
        self.document: Document = {}
        self.ended = False
        subject, _, node = match_id.partition(".")
        self.stream = Stream(StreamMode.MATCH_AUTHORITATIVE, subject, "", node)
        self._streams, self._on_end, self._metrics = streams, on_end, metrics
        self._label = ""
        self._seats: dict[str, Seat] = {}
        self._inbox: list[MatchMessage] = []
        self._deferred: list[tuple[int, bytes, list[Presence] | None, Presence | None, bool]] = []
        self._joined: list[Presence] = []
        self._gone: list[Presence] = []
        self._tell_due = False
        self._busy = False
        self._ending = False
        self._waiting: deque[tuple[Callable[[], object], Done]] = deque()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._timer: TimerHandle | None = None
        self._due = 0.0
        self._tick_started = 0.0
        self._failures_in_a_row = 0
        self._reported_at = -REPORT_EVERY_SECONDS

    # -- life ----------------------------------------------------------------------------------------------

    async def begin(self, kind: type[Match], params: dict[str, Any]) -> None:
        """Make the author's object, call `init`, and start ticking; what `init` raises goes to the creator."""
        self.match = self._make(kind)
        await self.call(self.match.init, params)
        self._start_ticking()

    async def resume(
        self, kind: type[Match], snapshot: bytes, label: str, tick: int, seats: Sequence[Presence]
    ) -> None:
        """Take up where a snapshot left off; every seat waits for its player."""
        self.match = self._make(kind)
        self.set_label(label)
        self.tick = tick
        for presence in seats:
            self._seats[presence.session_id] = seat = Seat(presence, None)
            self._start_grace(seat)
        await self.call(self.match.restore, snapshot)
        self._start_ticking()

    def _make(self, kind: type[Match]) -> Match:
        if not 1 <= kind.tick_rate <= TICK_RATE_MAX:
            raise Internal(f"{kind.__name__}.tick_rate is {kind.tick_rate}; it has to be 1 to {TICK_RATE_MAX}.")
        return kind(self)

    def _start_ticking(self) -> None:
        self._due = self.clock.monotonic()
        self._schedule_tick()

    def end(self) -> None:
        """Let the match end after the callback that is running, or now when none is."""
        self._ending = True
        if not self._busy:
            self.stop()

    def stop(self) -> None:
        """End now: players are told and sent out, nothing more is called."""
        if self.ended:
            return
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        for seat in self._seats.values():
            if seat.grace is not None:
                seat.grace.cancel()
        self._seats.clear()
        while self._waiting:
            self._waiting.popleft()[1](None, MatchNotFound())
        self._streams.farewell(self.stream)
        self._on_end(self)

    async def terminate(self, grace_seconds: int) -> None:
        """Tell the author's object that the server is about to stop."""
        await self._report(self.match.terminate, grace_seconds)

    async def finish(self, seconds: float) -> None:
        """Let what is under way come to its end, and break off what takes longer."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- callbacks, one at a time ----------------------------------------------------------------------------

    def _do(self, work: Callable[[], object], done: Done) -> None:
        if self.ended:
            done(None, MatchNotFound())
        elif not self._busy:
            self._start(work, done)
        elif len(self._waiting) >= CALLS_WAITING_MAX:
            done(None, TooBusy())
        else:
            self._waiting.append((work, done))

    def _start(self, work: Callable[[], object], done: Done) -> None:
        self._busy = True
        try:
            result = work()
        except Exception as error:
            self._finish(done, None, error)
            return
        if inspect.isawaitable(result):
            self._keep(asyncio.ensure_future(self._wait_for(result, done)))
        else:
            self._finish(done, result, None)

    async def _wait_for(self, result: Any, done: Done) -> None:
        try:
            value = await result
        except Exception as error:
            self._finish(done, None, error)
        else:
            self._finish(done, value, None)

    def _finish(self, done: Done, result: Any, error: Exception | None) -> None:
        self._busy = False
        done(result, error)
        if self._ending:
            self.stop()
        if self._waiting and not self._busy:
            self._start(*self._waiting.popleft())

    async def call(self, function: Callable[..., object], *args: Any) -> Any:
        """Call the author's code when its turn comes; raises what it raises, or DeadlineExceeded."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def done(result: Any, error: Exception | None) -> None:
            if not answer.done():
                if error is None:
                    answer.set_result(result)
                else:
                    answer.set_exception(error)

        self._do(lambda: function(*args), done)
        try:
            async with asyncio.timeout(CALL_SECONDS_MAX):
                return await answer
        except TimeoutError:
            raise DeadlineExceeded("The match did not answer in time.") from None

    async def _report(self, function: Callable[..., object], *args: Any) -> Any:
        """Call the author's code; what it raises is logged here and goes no further."""
        try:
            return await self.call(function, *args)
        except MatchNotFound:
            return None
        except Exception:
            self._failed(function.__name__)
            return None

    def _failed(self, callback: str) -> None:
        self._metrics.failures.value += 1
        self.log.exception("a match callback failed", callback=callback, tick=self.tick)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` beside the match; what it raises is logged."""
        self._keep(asyncio.ensure_future(self._guard(work)))

    async def _guard(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Exception:
            self._failed("spawn")

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- ticks -----------------------------------------------------------------------------------------------

    def _schedule_tick(self) -> None:
        self._timer = self.clock.call_later(max(0.0, self._due - self.clock.monotonic()), self._tick_due)

    def _tick_due(self) -> None:
        self._do(self._run_tick, self._tick_done)

    def _run_tick(self) -> object:
        inbox, self._inbox = self._inbox, []
        self._tick_started = self.clock.monotonic()
        return self.match.loop(self.tick, inbox)

    def _tick_done(self, result: Any, error: Exception | None) -> None:
        if self.ended:
            return
        if isinstance(error, TooBusy):  # the queue of calls is full: this tick is skipped
            self._schedule_next()
            return
        if error is None:
            self._failures_in_a_row = 0
        else:
            self._failures_in_a_row += 1
            self._metrics.failures.value += 1
            self.log.error("a match callback failed", callback="loop", tick=self.tick, exc_info=error)
        deferred, self._deferred = self._deferred, []
        for broadcast in deferred:
            self.broadcast(*broadcast)
        self.tick += 1
        if result is False or self._failures_in_a_row >= TICK_FAILURES_MAX:
            self._ending = True
            return
        self._schedule_next()

    def _schedule_next(self) -> None:
        now, period = self.clock.monotonic(), 1.0 / self.match.tick_rate
        took = now - self._tick_started
        self._metrics.ticks.observe(took)
        if took > period:
            self._metrics.overruns.value += 1
            self._warn("a tick overran its period", seconds=round(took, 4), period_seconds=period)
        self._due = max(self._due + period, now)
        self._schedule_tick()

    def _warn(self, event: str, **fields: object) -> None:
        now = self.clock.monotonic()
        if now - self._reported_at >= REPORT_EVERY_SECONDS:
            self._reported_at = now
            self.log.warning(event, tick=self.tick, **fields)

    # -- players ---------------------------------------------------------------------------------------------

    @property
    def presences(self) -> list[Presence]:
        """Players who are connected now, in the order they joined."""
        return [seat.presence for seat in self._seats.values() if seat.session is not None]

    @property
    def seats(self) -> list[Presence]:
        """Players who hold a seat: the connected ones and those whose grace has not run out."""
        return [seat.presence for seat in self._seats.values()]

    async def join(self, session: Session, metadata: dict[str, str]) -> bool:
        """Seat a player: in the old seat when one is kept, else as `join_attempt` decides.

        True when the session is new in the match. Raises JoinRejected with the author's reason.
        """
        if session.id in self._seats:
            return False
        if self._kept_seat(session.user_id) is None:
            presence = Presence(session.user_id, session.id, session.username)
            verdict = await self.call(self.match.join_attempt, presence, metadata)
            if verdict is not True:
                raise JoinRejected(verdict if isinstance(verdict, str) and verdict else None)
            if self.ended:
                raise MatchNotFound
        if session.closed or not self._streams.join(session, self.stream):
            return False
        presence = Presence(session.user_id, session.id, session.username)
        kept = self._kept_seat(session.user_id)
        if kept is None:
            self._seats[session.id] = Seat(presence, session)
            self._joined.append(presence)
            self._tell()
            return True
        if kept.grace is not None:
            kept.grace.cancel()
        del self._seats[kept.presence.session_id]
        self._seats[session.id] = Seat(presence, session)
        asyncio.get_running_loop().call_soon(self._spawn_report, self.match.back, presence)
        return True

    def _kept_seat(self, user_id: str) -> Seat | None:
        for seat in self._seats.values():
            if seat.session is None and seat.presence.user_id == user_id:
                return seat
        return None

    def leave(self, session: Session) -> None:
        """A player leaves for good."""
        seat = self._seats.pop(session.id, None)
        if seat is not None:
            self._gone.append(seat.presence)
            self._tell()
        self._streams.leave(session, self.stream)

    def kick(self, presences: Iterable[Presence]) -> None:
        """Send players out of the match."""
        for presence in presences:
            seat = self._seats.get(presence.session_id)
            if seat is None:
                continue
            if seat.session is not None:
                self.leave(seat.session)
            else:
                self._give_up(seat)

    def disconnected(self, session: Session) -> None:
        """A player's connection is gone; the seat is kept for the grace."""
        seat = self._seats.get(session.id)
        if seat is None or self.ended:
            return
        seat.session = None
        if self.match.grace_seconds <= 0:
            self._give_up(seat)
            return
        self._start_grace(seat)
        self._spawn_report(self.match.lost, seat.presence)

    def _start_grace(self, seat: Seat) -> None:
        seat.grace = self.clock.call_later(self.match.grace_seconds, self._give_up, seat)

    def _give_up(self, seat: Seat) -> None:
        if seat.grace is not None:
            seat.grace.cancel()
        if self._seats.pop(seat.presence.session_id, None) is not None:
            self._gone.append(seat.presence)
            self._tell()

    def _tell(self) -> None:
        """Call `join` and `leave` at the end of the loop's turn, after the joiner has the answer."""
        if not self._tell_due:
            self._tell_due = True
            asyncio.get_running_loop().call_soon(self._tell_now)

    def _tell_now(self) -> None:
        self._tell_due = False
        joined, self._joined = self._joined, []
        gone, self._gone = self._gone, []
        if joined:
            self._spawn_report(self.match.join, joined)
        if gone:
            self._spawn_report(self.match.leave, gone)

    def _spawn_report(self, function: Callable[..., object], *args: Any) -> None:
        def done(result: Any, error: Exception | None) -> None:
            if error is not None and not isinstance(error, MatchNotFound):
                self._metrics.failures.value += 1
                self.log.error("a match callback failed", callback=function.__name__, tick=self.tick, exc_info=error)

        self._do(lambda: function(*args), done)

    # -- messages --------------------------------------------------------------------------------------------

    def receive(self, session: Session, op_code: int, data: bytes) -> None:
        """Put a player's message into the inbox; when it is full the message is dropped and counted."""
        seat = self._seats.get(session.id)
        if seat is None:
            return
        if len(self._inbox) >= INBOX_MESSAGES_MAX:
            self._metrics.dropped.value += 1
            self._warn("messages were dropped, the match's inbox is full")
            return
        self._inbox.append(MatchMessage(seat.presence, op_code, data, self.clock.now_us()))

    def broadcast(
        self,
        op_code: int,
        data: bytes,
        to: Iterable[Presence] | None,
        sender: Presence | None,
        reliable: bool,
    ) -> None:
        """Send to all players, or to those in `to`: encoded once, queued for each."""
        members: Iterable[Session] = self._streams.members(self.stream)
        if to is not None:
            wanted = {presence.session_id for presence in to}
            members = [session for session in members if session.id in wanted]
        match_data(members, self.id, op_code, data, None if sender is None else to_wire(sender), reliable)

    def broadcast_deferred(
        self,
        op_code: int,
        data: bytes,
        to: Iterable[Presence] | None,
        sender: Presence | None,
        reliable: bool,
    ) -> None:
        """Send when the tick is over; raises TooMany at DEFERRED_MAX."""
        if len(self._deferred) >= DEFERRED_MAX:
            raise TooMany(f"A match may put off {DEFERRED_MAX} broadcasts a tick.")
        self._deferred.append((op_code, data, None if to is None else list(to), sender, reliable))

    # -- what lists show -------------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What listings show and queries search."""
        return self._label

    def set_label(self, label: str) -> None:
        """Change the label; raises BadLabel when it is no text or too long."""
        if not isinstance(label, str) or len(label.encode()) > LABEL_BYTES_MAX:
            raise BadLabel
        self._label = label
        self.document = label_document(label)

    @property
    def info(self) -> MatchInfo:
        """The match as lists show it."""
        size = len(self._streams.members(self.stream))
        return MatchInfo(self.id, True, size, self._label, self.match.tick_rate, self.name)


def label_document(label: str) -> Document:
    """What queries find a label by: its JSON's fields as `label.<field>`, and nothing where it is no JSON object."""
    try:
        decoded = msgspec.json.decode(label)
        return flatten({"label": decoded}) if isinstance(decoded, dict) else {}
    except (msgspec.DecodeError, RecursionError):
        return {}
