"""How a runner moves: a pure simulation in whole numbers, 20 steps a second.

`web/physics.js` mirrors this file line by line, so that the page can predict its own runner and agree with
the server to the last digit; `tests/examples/rush` compares the two.

Lengths are in units of 1/256 tile, speeds in units per step. `x` grows to the right, `y` downwards; a
runner's place is the upper left corner of its box. One step takes one set of held keys.
"""

import msgspec
from level import SOLID, Level

STEP_MS = 50
TILE = 256
WIDTH = 168
HEIGHT = 216

LEFT, RIGHT, JUMP, DOWN = 1, 2, 4, 8
"""Keys, added up to one number per step."""
KEYS_MAX = 15

RUN_MAX = 104
RING_SPEED_MAX = 24
"""Every ring adds one unit to the top speed, up to this many."""
RUN = 9
TURN = 22
FRICTION = 12
AIR_RUN = 8
AIR_FRICTION = 2
BOOST = 200
BOOST_FADE = 3

GRAVITY = 24
FALL_MAX = 208
JUMP_SPEED = 216
JUMP_CUT = 84
"""Letting go of the key caps the rising speed at this: a tap is a hop, a hold is a leap."""
SPRING_SPEED = 316
COYOTE_STEPS = 3
"""How long after running off an edge a jump still works."""
BUFFER_STEPS = 3
"""How long a jump pressed too early, before landing, is remembered."""
DOWN_STEPS = 12
"""How long a runner who met spikes or fell is out before the checkpoint."""
SEAT_SPACING = 40
"""Runners start this far apart, so that all of them are seen."""


class Runner(msgspec.Struct):
    """All there is to know about one runner; copying it (shallowly) is a snapshot."""

    x: int
    y: int
    vx: int = 0
    vy: int = 0
    steps: int = 0
    left: bool = False
    """Looks to the left."""
    jumping: bool = False
    """Rises by its own jump, which letting go of the key cuts short."""
    held: bool = False
    """The jump key was down in the last step."""
    coyote: int = 0
    buffer: int = 0
    out: int = 0
    """Steps until it is back at the checkpoint; 0 while it runs."""
    checkpoint: int = -1
    rings: int = 0
    taken: frozenset[int] = frozenset()
    """The rings it has, by their number in `Level.rings`."""
    finish_ms: int = 0
    """When it crossed the goal, counted from the start; 0 while it has not."""


def at_start(level: Level, seat: int = 0) -> Runner:
    """A runner waiting at the start, a little behind those of lower seats."""
    x, y = _corner(level.start)
    return Runner(x=max(0, x - seat * SEAT_SPACING), y=y)


def step(level: Level, runner: Runner, keys: int) -> None:
    """Move a runner by one step under the held keys."""
    runner.steps += 1
    if runner.out:
        _wait(level, runner)
        return
    if runner.finish_ms:
        keys = 0
    _run(runner, keys)
    _jump(runner, keys)
    before = runner.x
    _move_across(level, runner)
    _move_along(level, runner, bool(keys & DOWN))
    _touch(level, runner)
    _pass_lines(level, runner, before)
    if runner.y > level.height * TILE:
        _fall(runner)


def standing(runner: Runner) -> bool:
    """Whether it stands on something."""
    return runner.coyote == COYOTE_STEPS


def progress(level: Level, runner: Runner) -> float:
    """How far along the course a runner is: 0 at the start, 1 at the goal."""
    start = level.start[0] * TILE
    return min(1.0, max(0.0, (runner.x + WIDTH / 2 - start) / (level.goal * TILE - start)))


def _run(runner: Runner, keys: int) -> None:
    direction = bool(keys & RIGHT) - bool(keys & LEFT)
    on_ground = standing(runner)
    top = RUN_MAX + min(runner.rings, RING_SPEED_MAX)
    if direction:
        runner.left = direction < 0
    if direction * runner.vx > top:
        runner.vx -= direction * BOOST_FADE
    elif direction and direction * runner.vx < 0:
        runner.vx += direction * (TURN if on_ground else AIR_RUN)
    elif direction:
        faster = direction * runner.vx + (RUN if on_ground else AIR_RUN)
        runner.vx = direction * min(top, faster)
    else:
        slower = max(0, abs(runner.vx) - (FRICTION if on_ground else AIR_FRICTION))
        runner.vx = slower if runner.vx > 0 else -slower


def _jump(runner: Runner, keys: int) -> None:
    pressed = bool(keys & JUMP)
    runner.buffer = BUFFER_STEPS if pressed and not runner.held else max(0, runner.buffer - 1)
    runner.held = pressed
    if runner.buffer and runner.coyote:
        runner.vy = -JUMP_SPEED
        runner.jumping = True
        runner.buffer = runner.coyote = 0
    elif runner.jumping and not pressed and runner.vy < -JUMP_CUT:
        runner.vy = -JUMP_CUT
    runner.vy = min(FALL_MAX, runner.vy + GRAVITY)
    if runner.vy >= 0:
        runner.jumping = False


def _move_across(level: Level, runner: Runner) -> None:
    """Left or right, tile by tile, up to the first wall: nothing is ever jumped over, at any speed."""
    rows = range(runner.y // TILE, (runner.y + HEIGHT - 1) // TILE + 1)
    if runner.vx > 0:
        edge = runner.x + WIDTH - 1
        for column in range(edge // TILE + 1, (edge + runner.vx) // TILE + 1):
            if any(level.tile(column, row) in SOLID for row in rows):
                runner.x, runner.vx = column * TILE - WIDTH, 0
                return
    elif runner.vx < 0:
        for column in range(runner.x // TILE - 1, (runner.x + runner.vx) // TILE - 1, -1):
            if any(level.tile(column, row) in SOLID for row in rows):
                runner.x, runner.vx = (column + 1) * TILE, 0
                return
    runner.x += runner.vx


def _move_along(level: Level, runner: Runner, through_planks: bool) -> None:
    """Up or down; planks hold only what comes from above."""
    columns = range(runner.x // TILE, (runner.x + WIDTH - 1) // TILE + 1)
    runner.coyote = max(0, runner.coyote - 1)
    if runner.vy > 0:
        holds = SOLID if through_planks else SOLID + "-"
        feet = runner.y + HEIGHT - 1
        for row in range(feet // TILE + 1, (feet + runner.vy) // TILE + 1):
            if any(level.tile(column, row) in holds for column in columns):
                runner.y, runner.vy = row * TILE - HEIGHT, 0
                runner.coyote = COYOTE_STEPS
                return
    elif runner.vy < 0:
        for row in range(runner.y // TILE - 1, (runner.y + runner.vy) // TILE - 1, -1):
            if any(level.tile(column, row) in SOLID for column in columns):
                runner.y, runner.vy = (row + 1) * TILE, 0
                return
    runner.y += runner.vy


def _touch(level: Level, runner: Runner) -> None:
    """Whatever the runner's box overlaps now; things on the ground fill the lower half of their tile."""
    for row in range(runner.y // TILE, (runner.y + HEIGHT - 1) // TILE + 1):
        low = runner.y + HEIGHT > row * TILE + TILE // 2
        for column in range(runner.x // TILE, (runner.x + WIDTH - 1) // TILE + 1):
            tile = level.tile(column, row)
            if tile == "o":
                _take(level, runner, (column, row))
            elif tile == "S" and low and runner.vy >= 0:
                runner.vy, runner.jumping, runner.coyote = -SPRING_SPEED, False, 0
            elif tile == ">" and low:
                runner.vx, runner.left = BOOST, False
            elif tile == "^" and low and not runner.finish_ms:
                _fall(runner)
                return


def _take(level: Level, runner: Runner, cell: tuple[int, int]) -> None:
    ring = level.rings[cell]
    if ring not in runner.taken:
        runner.taken |= {ring}
        runner.rings += 1


def _pass_lines(level: Level, runner: Runner, before: int) -> None:
    """Checkpoints and the goal count as soon as the middle of the runner is past their column's edge."""
    middle = runner.x + WIDTH // 2
    while runner.checkpoint + 1 < len(level.checkpoints):
        if middle < level.checkpoints[runner.checkpoint + 1][0] * TILE:
            break
        runner.checkpoint += 1
    missing = level.goal * TILE - (before + WIDTH // 2)
    if not runner.finish_ms and middle >= level.goal * TILE and missing > 0:
        runner.finish_ms = (runner.steps - 1) * STEP_MS + missing * STEP_MS // (runner.x - before)


def _fall(runner: Runner) -> None:
    runner.out = DOWN_STEPS
    runner.vx = runner.vy = runner.coyote = runner.buffer = 0
    runner.jumping = False


def _wait(level: Level, runner: Runner) -> None:
    runner.out -= 1
    if not runner.out:
        last = level.start if runner.checkpoint < 0 else level.checkpoints[runner.checkpoint]
        runner.x, runner.y = _corner(last)
        runner.left = False


def _corner(cell: tuple[int, int]) -> tuple[int, int]:
    """The box's corner when standing in the middle of a tile."""
    return cell[0] * TILE + (TILE - WIDTH) // 2, (cell[1] + 1) * TILE - HEIGHT
