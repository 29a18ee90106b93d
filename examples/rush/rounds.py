"""The rounds of one race: countdown, run, results, and again on the next course, for whoever is seated.

Knows nothing of sockets or of the framework: it is told who comes and goes and which keys came in, moves the
runners, and leaves what is to be said in an outbox. Time is counted in ticks.

A runner moves one step for each set of keys that comes in, never faster than the clock allows. So a player
whose messages bunch up on the way runs as smoothly as on a perfect line; one who stays away longer than
`STEPS_BEHIND_MAX` is moved on with the keys held last, or none once the connection is lost.
"""

import msgspec
from level import Level
from messages import Finish, Go, Keys, Op, Placed, Results, Round, Seated, Seats, Tick, You, row_of
from physics import STEP_MS, Runner, at_start, progress, step

TICK_RATE = 1000 // STEP_MS
SEATS_MAX = 8
COUNTDOWN_TICKS = 5 * TICK_RATE
LATECOMER_TICKS = 3 * TICK_RATE
"""A newcomer during the countdown gets at least this long to look around."""
RACE_TICKS_MAX = 150 * TICK_RATE
STRAGGLER_TICKS_MAX = 30 * TICK_RATE
"""How long the others may still run once the first has arrived."""
COAST_TICKS = 3 * TICK_RATE // 2
"""How long everybody may still run out behind the goal once the last has arrived."""
RESULTS_TICKS = 9 * TICK_RATE
STEPS_BEHIND_MAX = 10
STEPS_AHEAD_MAX = 20
"""Keys for steps further ahead than this are dropped."""

COUNTDOWN, RACING, RESULTS = "countdown", "racing", "results"

Outgoing = tuple[Op, msgspec.Struct, str | None]
"""What to say: op code, message, and the user id it is for (None: everybody)."""


class Seat(msgspec.Struct):
    """A player of this race and the runner that is theirs."""

    number: int
    user_id: str
    name: str
    runner: Runner
    bot: bool = False
    here: bool = True
    last_keys: int = 0
    pending: dict[int, int] = {}
    """Keys that have come in, by the step they are for."""
    behind: int = 0
    """How many steps the runner may still make to be level with the clock."""


class State(msgspec.Struct):
    """All that a race has to remember; encoding it is a snapshot."""

    level_id: str
    number: int = 1
    phase: str = COUNTDOWN
    tick: int = 0
    due: int = COUNTDOWN_TICKS
    """The tick at which the phase ends."""
    started: int = 0
    seats: dict[str, Seat] = {}
    """By user id."""


class Rounds:
    """A race in progress."""

    def __init__(self, levels: dict[str, Level], state: State) -> None:
        self.levels = levels
        self.state = state
        self.outbox: list[Outgoing] = []

    @classmethod
    def restored(cls, levels: dict[str, Level], snapshot: bytes) -> "Rounds":
        """Go on where a snapshot was taken."""
        return cls(levels, msgspec.json.decode(snapshot, type=State))

    def snapshot(self) -> bytes:
        """The whole state."""
        return msgspec.json.encode(self.state)

    @property
    def level(self) -> Level:
        """The course of this round."""
        return self.levels[self.state.level_id]

    @property
    def open(self) -> bool:
        """Whether somebody new may sit down."""
        return self.state.phase != RACING and len(self.state.seats) < SEATS_MAX

    @property
    def players(self) -> int:
        """How many people are here, bots not counted."""
        return sum(seat.here and not seat.bot for seat in self.state.seats.values())

    # Who is there

    def sit(self, user_id: str, name: str, *, bot: bool = False) -> None:
        """Seat a newcomer, who is told everything; the others learn of it."""
        state = self.state
        number = min(set(range(SEATS_MAX)) - {seat.number for seat in state.seats.values()})
        state.seats[user_id] = Seat(number, user_id, name, at_start(self.level, number), bot)
        if state.phase == COUNTDOWN:
            state.due = max(state.due, state.tick + LATECOMER_TICKS)
        self._say(Op.ROUND, self._round(), user_id)
        self._say(Op.SEATS, Seats(self._seated(), self._ms_left()))

    def stand_up(self, user_id: str) -> None:
        """Somebody left for good."""
        if self.state.seats.pop(user_id, None):
            self._say(Op.SEATS, Seats(self._seated(), self._ms_left()))

    def lose(self, user_id: str) -> None:
        """A connection was lost; the seat is kept and the runner stands still."""
        seat = self.state.seats[user_id]
        seat.here = False
        seat.pending.clear()
        self._say(Op.SEATS, Seats(self._seated(), self._ms_left()))

    def find(self, user_id: str) -> None:
        """A lost player is back in the seat and is told everything anew."""
        self.state.seats[user_id].here = True
        self._say(Op.ROUND, self._round(), user_id)
        self.tell(user_id)
        self._say(Op.SEATS, Seats(self._seated(), self._ms_left()))

    # What they do

    def press(self, user_id: str, keys: Keys) -> None:
        """Remember keys for the steps they are for; what is for past or far steps is dropped."""
        seat = self.state.seats.get(user_id)
        if seat is None or self.state.phase != RACING:
            return
        for number, held in enumerate(keys.k, start=keys.n):
            if seat.runner.steps < number <= seat.runner.steps + STEPS_AHEAD_MAX:
                seat.pending[number] = held

    def tell(self, user_id: str) -> None:
        """Tell one player their own runner whole."""
        seat = self.state.seats.get(user_id)
        if seat is not None:
            row = row_of(seat.number, seat.runner)
            self._say(Op.YOU, You(row, sorted(seat.runner.taken)), user_id)

    def advance(self) -> list[Seat]:
        """One tick; returns who passed the goal in it."""
        state = self.state
        state.tick += 1
        arrived: list[Seat] = []
        if state.phase == RACING:
            arrived = self._run()
            if self._all_arrived():
                state.due = min(state.due, state.tick + COAST_TICKS)
        if state.tick >= state.due:
            self._next_phase()
        return arrived

    # How a round goes

    def _run(self) -> list[Seat]:
        arrived = []
        for seat in self.state.seats.values():
            running = not seat.runner.finish_ms
            self._move(seat)
            if running and seat.runner.finish_ms:
                arrived.append(seat)
        rows = [row_of(seat.number, seat.runner) for seat in self.state.seats.values()]
        self._say(Op.TICK, Tick(self.state.tick - self.state.started, rows))
        for seat in arrived:
            place = self._in_order().index(seat) + 1
            self._say(Op.FINISH, Finish(seat.number, seat.runner.finish_ms, place))
            self.state.due = min(self.state.due, self.state.tick + STRAGGLER_TICKS_MAX)
        return arrived

    def _move(self, seat: Seat) -> None:
        seat.behind += 1
        while seat.behind and (keys := seat.pending.pop(seat.runner.steps + 1, None)) is not None:
            self._step(seat, keys)
        if seat.behind >= STEPS_BEHIND_MAX or not seat.here:
            self._step(seat, seat.last_keys if seat.here else 0)

    def _step(self, seat: Seat, keys: int) -> None:
        seat.behind -= 1
        seat.last_keys = keys
        step(self.level, seat.runner, keys)

    def _all_arrived(self) -> bool:
        return all(seat.runner.finish_ms for seat in self.state.seats.values() if seat.here)

    def _next_phase(self) -> None:
        state = self.state
        if state.phase == COUNTDOWN:
            state.phase, state.started, state.due = RACING, state.tick, state.tick + RACE_TICKS_MAX
            self._say(Op.GO, Go())
        elif state.phase == RACING:
            state.phase, state.due = RESULTS, state.tick + RESULTS_TICKS
            self._say(Op.RESULTS, self._results())
        else:
            state.phase, state.due = COUNTDOWN, state.tick + COUNTDOWN_TICKS
            state.number += 1
            state.level_id = self._next_level().id
            for seat in state.seats.values():
                seat.runner = at_start(self.level, seat.number)
                seat.pending.clear()
                seat.behind = seat.last_keys = 0
            self._say(Op.ROUND, self._round())

    def _next_level(self) -> Level:
        ids = list(self.levels)
        return self.levels[ids[(ids.index(self.state.level_id) + 1) % len(ids)]]

    # What is said

    def _say(self, op: Op, message: msgspec.Struct, to: str | None = None) -> None:
        self.outbox.append((op, message, to))

    def _ms_left(self) -> int:
        return (self.state.due - self.state.tick) * STEP_MS

    def _seated(self) -> list[Seated]:
        return [Seated(seat.number, seat.user_id, seat.name, seat.here, seat.bot) for seat in self.state.seats.values()]

    def _round(self) -> Round:
        level, state = self.level, self.state
        return Round(
            number=state.number,
            level=level.id,
            title=level.name,
            sky=level.sky,
            board=level.board,
            rows=level.rows,
            phase=state.phase,
            ms=self._ms_left(),
            seats=self._seated(),
        )

    def _in_order(self) -> list[Seat]:
        def place(seat: Seat) -> tuple[bool, int, float, int]:
            runner = seat.runner
            return not runner.finish_ms, runner.finish_ms, -progress(self.level, runner), seat.number

        return sorted(self.state.seats.values(), key=place)

    def _results(self) -> Results:
        places = [Placed(seat.number, seat.name, seat.runner.finish_ms, seat.runner.rings) for seat in self._in_order()]
        return Results(places, self._ms_left(), self._next_level().name)
