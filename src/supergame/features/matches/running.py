"""One authoritative match as it runs: the host of a `Match`, with its ticks, its players and what it sends them.

The hot path is session -> inbox -> tick -> one frame -> many send queues. A match that overruns its tick, waits
or raises is reported and delays nobody else: every tick is a timer of its own on the loop, and a late match
skips ticks instead of catching up in a burst.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from supergame.bus import Lease
from supergame.core.errors import BadInput, Refused, SupergameError, TooMany
from supergame.core.feature import Ground
from supergame.core.log import get_log
from supergame.edge import Session
from supergame.features.matches.data import match_data
from supergame.features.matches.inbox import Inbox
from supergame.features.matches.label import Label
from supergame.features.matches.metrics import MatchMetrics
from supergame.features.matches.model import JoinRejected, Match, MatchInfo, MatchMessage, MatchNotFound
from supergame.features.matches.seats import SEATS_MAX, Change, Seats
from supergame.features.matches.snapshots import Snapshot, checked_state
from supergame.features.matches.ticks import Ticks, check_tick_rate
from supergame.features.matches.turns import TooBusy, Turns, TurnsOver
from supergame.features.presence import Presence, Stream, StreamMode, Streams, to_wire
from supergame.protocol.document import Document

DEFERRED_MAX = 1024  # broadcasts put off to the end of a tick
SPAWNED_MAX = 1024  # coroutines that a match has running beside it
AFTERWARDS_SECONDS_MAX = 60.0  # how long what a match has spawned may go on when the match has ended
TICK_FAILURES_MAX = 20  # failing ticks in a row that end a match
REPORT_EVERY_SECONDS = 10.0  # overruns, drops and failing ticks are logged no more often than this


class RunningMatch:
    """The host of one `Match`."""

    def __init__(
        self,
        ground: Ground,
        streams: Streams,
        services: Any,
        kind: type[Match],
        *,
        match_id: str,
        name: str,
        on_end: Callable[[RunningMatch], None],
        metrics: MatchMetrics,
    ) -> None:
        self.id, self.name, self.services = match_id, name, services
        self.clock, self.random = ground.clock, ground.ids.random()
        self.log = get_log(match_id=match_id, match=name)
        self.tick = 0
        self.ended = False
        self.lease: Lease | None = None
        subject, _, node = match_id.partition(".")
        self.stream = Stream(StreamMode.MATCH_AUTHORITATIVE, subject, "", node)
        self._streams, self._on_end, self._metrics = streams, on_end, metrics
        self._turns = Turns(self.clock, self.log, self._between_turns)
        self._seats = Seats(self.clock, self._seat_changed)
        self._changes: list[tuple[Change, Presence]] = []
        self._ticks = Ticks(self.clock, self._tick_due)
        self._inbox = Inbox()
        self._deferred: list[tuple[int, bytes, list[Presence] | None, Presence | None, bool]] = []
        self._label = Label()
        self._ending = False
        self._spawned: set[asyncio.Task[None]] = set()
        self._failures_in_a_row = 0
        self._reported_at: dict[str, float] = {}
        self.match = kind(self)

    # -- life ----------------------------------------------------------------------------------------------

    async def begin(self, params: dict[str, Any]) -> None:
        """Call `init`, and start ticking; what `init` raises goes to the creator."""
        await self.ask("init", params)
        self._start_ticking()

    async def resume(self, snapshot: Snapshot) -> None:
        """Take up where a snapshot left off; every seat waits for its player."""
        self.set_label(snapshot.label)
        self.tick = snapshot.tick
        self._seats.reserve(snapshot.presences(), self.match.grace_seconds)
        await self.ask("restore", snapshot.state)
        self._start_ticking()

    def become(self, kind: type[Match]) -> None:
        """Give the author's object another class. Raises BadInput when that does not fit."""
        check_tick_rate(kind.tick_rate)
        try:
            self.match.__class__ = kind
        except TypeError as error:
            raise BadInput(f"A running match cannot become the new class: {error}.") from error
        self._ticks.set_rate(self.match.tick_rate)

    def end(self) -> None:
        """Let the match end after the callback that is running, or now when none is."""
        self._ending = True
        if not self._turns.busy:
            self.stop()

    def stop(self, *, goes_on: bool = False) -> None:
        """Call nothing more and let the players go. They are told, unless the match `goes_on` after a restart."""
        if self.ended:
            return
        self.ended = True
        self._ticks.stop()
        self._seats.clear()
        self._turns.close()
        if not goes_on:
            self._streams.farewell(self.stream)
        self._on_end(self)

    async def retire(self, grace_seconds: int) -> Snapshot | None:
        """End, because the server stops; gives the snapshot when the match can go on. What fails is logged."""
        snapshot = None
        try:
            await self._ask("terminate", grace_seconds)
        except Exception as error:
            self._failed("terminate", error)
        try:
            state = checked_state(await self._ask("snapshot", last=True))
            if state:
                snapshot = Snapshot.of(
                    self.id, self.name, self.label, self.tick, self.seats, state, self.clock.now_us()
                )
        except Exception as error:
            self._failed("snapshot", error)
        self.stop(goes_on=snapshot is not None)
        return snapshot

    async def finish(self) -> None:
        """After the end: see what is under way through, and break it off after AFTERWARDS_SECONDS_MAX."""
        timer = self.clock.call_later(AFTERWARDS_SECONDS_MAX, self._break_off)
        try:
            while tasks := self._under_way():
                await asyncio.wait(tasks)
        finally:
            timer.cancel()
            self._break_off()
            await asyncio.gather(*self._under_way(), return_exceptions=True)

    def _under_way(self) -> set[asyncio.Future[Any]]:
        callback = self._turns.under_way
        return {*self._spawned} if callback is None else {*self._spawned, callback}

    def _break_off(self) -> None:
        for task in self._under_way():
            task.cancel()

    # -- callbacks, one at a time ----------------------------------------------------------------------------

    async def ask(self, callback: str, *args: Any) -> Any:
        """Call the author's code when its turn comes and give its answer.

        Raises what it raises, TooBusy, DeadlineExceeded, or MatchNotFound when the match ends before.
        """
        if self._turns.crowded:
            raise TooBusy
        try:
            return await self._ask(callback, *args)
        except SupergameError:
            raise
        except Exception as error:
            self._metrics.failures.value += 1
            error.add_note(f"in {callback} of match {self.id} ({self.name})")
            raise

    async def _ask(self, callback: str, *args: Any, last: bool = False) -> Any:
        self._tell_changes()
        return await self._turns.ask(self._work(callback, *args), last=last)

    def _report(self, callback: str, *args: Any) -> None:
        """Call the author's code when its turn comes; what it raises is logged and goes no further."""

        def done(result: Any, error: Exception | None) -> None:
            if error is not None:
                self._failed(callback, error)

        self._turns.take(self._work(callback, *args), done)

    def _work(self, callback: str, *args: Any) -> Callable[[], object]:
        """The call of a callback; which class's is decided when its turn comes, for there may be new code by then."""
        return lambda: getattr(self.match, callback)(*args)

    def _between_turns(self) -> None:
        if self._ending:
            self.stop()

    def _failed(self, callback: str, error: Exception) -> None:
        if not isinstance(error, TurnsOver):  # then it was not even called
            self._metrics.failures.value += 1
            self.log.error("a match callback failed", callback=callback, tick=self.tick, exc_info=error)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run `work` beside the match; what it raises is logged. Raises TooMany at SPAWNED_MAX."""
        if len(self._spawned) >= SPAWNED_MAX:
            work.close()
            raise TooMany(f"A match may have {SPAWNED_MAX} coroutines running beside it.")
        task = asyncio.ensure_future(self._guard(work))
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)

    async def _guard(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Exception as error:
            self._failed("spawn", error)

    # -- ticks -----------------------------------------------------------------------------------------------

    def _start_ticking(self) -> None:
        self._ticks.set_rate(self.match.tick_rate)
        if not self.ended:
            self._ticks.start()

    def _tick_due(self) -> None:
        self._tell_changes()
        self._turns.take(self._tick, self._tick_done)

    def _tick(self) -> object:
        with self._ticks:
            return self.match.loop(self.tick, self._inbox.take(self._seats))

    def _tick_done(self, result: Any, error: Exception | None) -> None:
        if self._turns.closed:
            return
        if error is None:
            self._failures_in_a_row = 0
        else:
            self._tick_failed(error)
        if self._deferred:
            self._send_deferred()
        self.tick += 1
        if result is False:
            self._ending = True
        if not self._ending:
            self._wait_for_the_next_tick()

    def _tick_failed(self, error: Exception) -> None:
        self._failures_in_a_row += 1
        if self._may_report("loop"):
            self._failed("loop", error)
        else:
            self._metrics.failures.value += 1
        if self._failures_in_a_row >= TICK_FAILURES_MAX:
            self.log.error("the match is ended, all its ticks fail", ticks=self._failures_in_a_row, exc_info=error)
            self._ending = True

    def _wait_for_the_next_tick(self) -> None:
        took = self._ticks.next()
        self._metrics.ticks.observe(took)
        self._metrics.skipped.value += self._ticks.skipped
        if took > self._ticks.period_seconds:
            self._metrics.overruns.value += 1
            if self._may_report("overrun"):
                period_seconds = round(self._ticks.period_seconds, 4)
                self.log.warning(
                    "a tick overran its period", tick=self.tick, seconds=round(took, 4), period_seconds=period_seconds
                )

    def _may_report(self, what: str) -> bool:
        now = self.clock.monotonic()
        last = self._reported_at.get(what)
        if last is not None and now - last < REPORT_EVERY_SECONDS:
            return False
        self._reported_at[what] = now
        return True

    # -- players ---------------------------------------------------------------------------------------------

    @property
    def presences(self) -> list[Presence]:
        """Players who are connected now, in the order they took their seats."""
        return self._seats.connected()

    @property
    def seats(self) -> list[Presence]:
        """Players who hold a seat: the connected ones and those whose grace has not run out."""
        return self._seats.all()

    async def join(self, session: Session, metadata: dict[str, str]) -> bool:
        """Seat a player: in the old seat when one is kept, else as `join_attempt` decides.

        True when the session is new in the match. Raises JoinRejected with the author's reason.
        """
        if self._seats.session(session.id) is not None:
            return False
        if self._turns.crowded:
            raise TooBusy
        if not self._seats.are_kept_for(session.user_id):
            await self._ask_for_a_seat(Presence(session.user_id, session.id, session.username), metadata)
        self._streams.join(session, self.stream)
        self._seats.take(session)
        return True

    async def _ask_for_a_seat(self, presence: Presence, metadata: dict[str, str]) -> None:
        try:
            verdict = await self.ask("join_attempt", presence, metadata)
        except Refused as refusal:
            raise JoinRejected(refusal.message) from refusal
        if verdict is not True:
            raise JoinRejected(verdict if isinstance(verdict, str) and verdict else None)
        if self.ended:
            raise MatchNotFound
        if len(self._seats) >= SEATS_MAX:
            raise JoinRejected(f"A match has {SEATS_MAX} seats.")

    def leave(self, session: Session) -> None:
        """A player leaves for good; harmless for who is not in the match."""
        self._seats.give_up(session.id)
        self._streams.leave(session, self.stream)

    def kick(self, presences: Iterable[Presence]) -> None:
        """Send players out of the match."""
        for presence in presences:
            session = self._seats.session(presence.session_id)
            self._seats.give_up(presence.session_id)
            if session is not None:
                self._streams.leave(session, self.stream)

    def disconnected(self, session: Session) -> None:
        """A player's connection is gone; the seat is kept for the grace."""
        self._seats.lose(session.id, self.match.grace_seconds)

    def _seat_changed(self, change: Change, presence: Presence) -> None:
        """Tell the author at the end of the loop's turn, when the joiner has the answer."""
        if not self._changes:
            asyncio.get_running_loop().call_soon(self._tell_changes)
        self._changes.append((change, presence))
        if change in ("leave", "back"):  # what the old session has sent is nobody's any more
            self._inbox.somebody_left()

    def _tell_changes(self) -> None:
        """Tell the author who came and went, in that order and before anything else is called."""
        changes, self._changes = self._changes, []
        for change, group in itertools.groupby(changes, lambda told: told[0]):
            presences = [presence for _, presence in group]
            if change in ("join", "leave"):
                self._report(change, presences)
            else:
                for presence in presences:
                    self._report(change, presence)

    # -- messages --------------------------------------------------------------------------------------------

    def receive(self, session: Session, op_code: int, data: bytes) -> None:
        """Put a player's message into the inbox; when it is full the message is dropped and counted."""
        presence = self._seats.presence(session.id)
        if presence is None:
            return
        if not self._inbox.put(MatchMessage(presence, op_code, data, self.clock.now_us())):
            self._metrics.dropped.value += 1
            if self._may_report("dropped"):
                self.log.warning("messages were dropped, the match's inbox is full", tick=self.tick)

    def broadcast(
        self,
        op_code: int,
        data: bytes,
        to: Iterable[Presence] | None,
        sender: Presence | None,
        reliable: bool,
    ) -> None:
        """Send to all players, or to those in `to`: encoded once, queued for each."""
        readers: Iterable[Session] = self._streams.members(self.stream)
        if to is not None:
            sessions = {self._seats.session(presence.session_id): None for presence in to}
            readers = [session for session in sessions if session is not None]
        said_by = None if sender is None else self._seats.session(sender.session_id) or to_wire(sender)
        match_data(readers, self.id, op_code, data, said_by, reliable)

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

    def _send_deferred(self) -> None:
        deferred, self._deferred = self._deferred, []
        for broadcast in deferred:
            try:
                self.broadcast(*broadcast)
            except Exception as error:
                self._failed("broadcast_deferred", error)

    # -- what lists show -------------------------------------------------------------------------------------

    @property
    def label(self) -> str:
        """What listings show and queries search."""
        return self._label.text

    def set_label(self, label: str) -> None:
        """Change the label; raises BadLabel."""
        self._label = Label(label)

    @property
    def document(self) -> Document:
        """The label as queries see it."""
        return self._label.document

    @property
    def size(self) -> int:
        """How many players are connected."""
        return len(self._streams.members(self.stream))

    @property
    def info(self) -> MatchInfo:
        """The match as lists show it."""
        return MatchInfo(self.id, True, self.size, self.label, self.match.tick_rate, self.name)
