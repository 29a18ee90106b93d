"""What the page and the server say to each other during a race: op codes and the JSON that goes with them.

    op  name     from    when                              data
    1   KEYS     page    every step                        {"n": first step, "k": [keys of it, of the next, ...]}
    2   RESYNC   page    its prediction no longer fits     {}
    3   ROUND    server  to whoever joins or comes back,   {"level", "rows", "phase", "ms", "seats", ...}
                         and to all at every new round
    4   SEATS    server  somebody came or left             {"seats": [...], "ms": until the start}
    5   GO       server  the countdown is over             {}
    6   TICK     server  20 times a second while racing    {"t": tick, "r": [[seat, steps, x, y, ...], ...]}
    7   FINISH   server  somebody passed the goal          {"seat", "ms", "place"}
    8   RESULTS  server  the round is over                 {"places": [...], "ms": until the next round}
    9   YOU      server  to one player, after RESYNC or    {"row": [...], "taken": [ring numbers]}
                         on coming back

Keys are added up: 1 left, 2 right, 4 jump, 8 down. A runner's step number n takes the keys of number n: what
comes too late is left out, so page and server never disagree on which keys moved which step.
"""

from enum import IntEnum
from typing import Annotated

import msgspec
from physics import KEYS_MAX, Runner


class Op(IntEnum):
    """The op codes of match data."""

    KEYS = 1
    RESYNC = 2
    ROUND = 3
    SEATS = 4
    GO = 5
    TICK = 6
    FINISH = 7
    RESULTS = 8
    YOU = 9


KEYS_PER_MESSAGE_MAX = 10
HeldKeys = Annotated[int, msgspec.Meta(ge=0, le=KEYS_MAX)]


class Keys(msgspec.Struct):
    """The keys a player held, from step `n` on."""

    n: int
    k: Annotated[list[HeldKeys], msgspec.Meta(max_length=KEYS_PER_MESSAGE_MAX)]


class Seated(msgspec.Struct):
    """One player of the round; `here` is false while the connection is lost and the seat is kept."""

    seat: int
    user_id: str
    name: str
    here: bool
    bot: bool


class Round(msgspec.Struct):
    """All there is to know on arriving: the course, who runs, and how long until something happens."""

    number: int
    level: str
    title: str
    sky: str
    board: str
    rows: tuple[str, ...]
    phase: str
    ms: int
    seats: list[Seated]


class Seats(msgspec.Struct):
    """Who runs, and how long until the start."""

    seats: list[Seated]
    ms: int


class Go(msgspec.Struct):
    """The race is on: step number 1 is next."""


class Row(msgspec.Struct, array_like=True):
    """A runner's moving parts, as an array; `flags` as `flags_of` packs them."""

    seat: int
    steps: int
    x: int
    y: int
    vx: int
    vy: int
    flags: int
    rings: int
    checkpoint: int


class Tick(msgspec.Struct):
    """Where everybody is."""

    t: int
    r: list[Row]


class Finish(msgspec.Struct):
    """Somebody passed the goal."""

    seat: int
    ms: int
    place: int


class Placed(msgspec.Struct):
    """One line of the results; `ms` is 0 for those who did not arrive."""

    seat: int
    name: str
    ms: int
    rings: int


class Results(msgspec.Struct):
    """The end of a round, in order of arrival."""

    places: list[Placed]
    ms: int
    next: str


class You(msgspec.Struct):
    """One's own runner whole, the rings it has included."""

    row: Row
    taken: list[int]


def row_of(seat: int, runner: Runner) -> Row:
    """What everybody is told of a runner."""
    return Row(
        seat,
        runner.steps,
        runner.x,
        runner.y,
        runner.vx,
        runner.vy,
        flags_of(runner),
        runner.rings,
        runner.checkpoint,
    )


def flags_of(runner: Runner) -> int:
    """The small parts in one number; their bits from the lowest: left 1, jumping 1, held 1, coyote 2, buffer 2,
    out 4, finished 1.
    """
    return (
        runner.left
        | runner.jumping << 1
        | runner.held << 2
        | runner.coyote << 3
        | runner.buffer << 5
        | runner.out << 7
        | bool(runner.finish_ms) << 11
    )


def runner_of(row: Row, taken: frozenset[int] = frozenset()) -> Runner:
    """The runner a row tells of; a finished one's time is not in it and stands as 1."""
    flags = row.flags
    return Runner(
        x=row.x,
        y=row.y,
        vx=row.vx,
        vy=row.vy,
        steps=row.steps,
        left=bool(flags & 1),
        jumping=bool(flags >> 1 & 1),
        held=bool(flags >> 2 & 1),
        coyote=flags >> 3 & 3,
        buffer=flags >> 5 & 3,
        out=flags >> 7 & 15,
        checkpoint=row.checkpoint,
        rings=row.rings,
        taken=taken,
        finish_ms=flags >> 11 & 1,
    )
