// How a runner moves: the mirror of physics.py, line by line and in whole numbers, so that what the page
// predicts is what the server decides. Change both together; the tests replay recorded keys through both.

import { ringKey } from "./level.js";

export const STEP_MS = 50;
export const TILE = 256;
export const WIDTH = 168;
export const HEIGHT = 216;

export const LEFT = 1;
export const RIGHT = 2;
export const JUMP = 4;
export const DOWN = 8;

export const RUN_MAX = 104;
const RING_SPEED_MAX = 24;
const RUN = 9;
const TURN = 22;
const FRICTION = 12;
const AIR_RUN = 8;
const AIR_FRICTION = 2;
const BOOST = 200;
const BOOST_FADE = 3;

const GRAVITY = 24;
const FALL_MAX = 208;
const JUMP_SPEED = 216;
const JUMP_CUT = 84;
const SPRING_SPEED = 316;
const COYOTE_STEPS = 3;
const BUFFER_STEPS = 3;
export const DOWN_STEPS = 12;
const SEAT_SPACING = 40;

// A runner is a plain object; `taken` (a Set of ring numbers) is replaced and never changed, so that a
// shallow copy is a snapshot.
export function atStart(level, seat = 0) {
  const [x, y] = corner(level.start);
  return {
    x: Math.max(0, x - seat * SEAT_SPACING),
    y,
    vx: 0,
    vy: 0,
    steps: 0,
    left: false,
    jumping: false,
    held: false,
    coyote: 0,
    buffer: 0,
    out: 0,
    checkpoint: -1,
    rings: 0,
    taken: new Set(),
    finishMs: 0,
  };
}

export function step(level, runner, keys) {
  runner.steps += 1;
  if (runner.out) {
    wait(level, runner);
    return;
  }
  if (runner.finishMs) keys = 0;
  run(runner, keys);
  jump(runner, keys);
  const before = runner.x;
  moveAcross(level, runner);
  moveAlong(level, runner, Boolean(keys & DOWN));
  touch(level, runner);
  passLines(level, runner, before);
  if (runner.y > level.height * TILE) fall(runner);
}

export function standing(runner) {
  return runner.coyote === COYOTE_STEPS;
}

export function progress(level, runner) {
  const start = level.start[0] * TILE;
  return Math.min(1, Math.max(0, (runner.x + WIDTH / 2 - start) / (level.goal * TILE - start)));
}

function run(runner, keys) {
  const direction = (keys & RIGHT ? 1 : 0) - (keys & LEFT ? 1 : 0);
  const onGround = standing(runner);
  const top = RUN_MAX + Math.min(runner.rings, RING_SPEED_MAX);
  if (direction) runner.left = direction < 0;
  if (direction * runner.vx > top) {
    runner.vx -= direction * BOOST_FADE;
  } else if (direction && direction * runner.vx < 0) {
    runner.vx += direction * (onGround ? TURN : AIR_RUN);
  } else if (direction) {
    const faster = direction * runner.vx + (onGround ? RUN : AIR_RUN);
    runner.vx = direction * Math.min(top, faster);
  } else {
    const slower = Math.max(0, Math.abs(runner.vx) - (onGround ? FRICTION : AIR_FRICTION));
    runner.vx = runner.vx > 0 ? slower : -slower || 0;
  }
}

function jump(runner, keys) {
  const pressed = Boolean(keys & JUMP);
  runner.buffer = pressed && !runner.held ? BUFFER_STEPS : Math.max(0, runner.buffer - 1);
  runner.held = pressed;
  if (runner.buffer && runner.coyote) {
    runner.vy = -JUMP_SPEED;
    runner.jumping = true;
    runner.buffer = runner.coyote = 0;
  } else if (runner.jumping && !pressed && runner.vy < -JUMP_CUT) {
    runner.vy = -JUMP_CUT;
  }
  runner.vy = Math.min(FALL_MAX, runner.vy + GRAVITY);
  if (runner.vy >= 0) runner.jumping = false;
}

function moveAcross(level, runner) {
  const [top, bottom] = [tileOf(runner.y), tileOf(runner.y + HEIGHT - 1)];
  const wall = (column) => between(top, bottom, (row) => isSolid(level.tile(column, row)));
  if (runner.vx > 0) {
    const edge = runner.x + WIDTH - 1;
    for (let column = tileOf(edge) + 1; column <= tileOf(edge + runner.vx); column++) {
      if (wall(column)) {
        runner.x = column * TILE - WIDTH;
        runner.vx = 0;
        return;
      }
    }
  } else if (runner.vx < 0) {
    for (let column = tileOf(runner.x) - 1; column >= tileOf(runner.x + runner.vx); column--) {
      if (wall(column)) {
        runner.x = (column + 1) * TILE;
        runner.vx = 0;
        return;
      }
    }
  }
  runner.x += runner.vx;
}

function moveAlong(level, runner, throughPlanks) {
  const [first, last] = [tileOf(runner.x), tileOf(runner.x + WIDTH - 1)];
  runner.coyote = Math.max(0, runner.coyote - 1);
  if (runner.vy > 0) {
    const holds = (tile) => isSolid(tile) || (tile === "-" && !throughPlanks);
    const feet = runner.y + HEIGHT - 1;
    for (let row = tileOf(feet) + 1; row <= tileOf(feet + runner.vy); row++) {
      if (between(first, last, (column) => holds(level.tile(column, row)))) {
        runner.y = row * TILE - HEIGHT;
        runner.vy = 0;
        runner.coyote = COYOTE_STEPS;
        return;
      }
    }
  } else if (runner.vy < 0) {
    for (let row = tileOf(runner.y) - 1; row >= tileOf(runner.y + runner.vy); row--) {
      if (between(first, last, (column) => isSolid(level.tile(column, row)))) {
        runner.y = (row + 1) * TILE;
        runner.vy = 0;
        return;
      }
    }
  }
  runner.y += runner.vy;
}

function touch(level, runner) {
  for (let row = tileOf(runner.y); row <= tileOf(runner.y + HEIGHT - 1); row++) {
    const low = runner.y + HEIGHT > row * TILE + TILE / 2;
    for (let column = tileOf(runner.x); column <= tileOf(runner.x + WIDTH - 1); column++) {
      const tile = level.tile(column, row);
      if (tile === "o") {
        take(level, runner, column, row);
      } else if (tile === "S" && low && runner.vy >= 0) {
        runner.vy = -SPRING_SPEED;
        runner.jumping = false;
        runner.coyote = 0;
      } else if (tile === ">" && low) {
        runner.vx = BOOST;
        runner.left = false;
      } else if (tile === "^" && low && !runner.finishMs) {
        fall(runner);
        return;
      }
    }
  }
}

function take(level, runner, column, row) {
  const ring = level.rings.get(ringKey(column, row));
  if (runner.taken.has(ring)) return;
  runner.taken = new Set(runner.taken).add(ring);
  runner.rings += 1;
}

function passLines(level, runner, before) {
  const middle = runner.x + WIDTH / 2;
  while (runner.checkpoint + 1 < level.checkpoints.length) {
    if (middle < level.checkpoints[runner.checkpoint + 1][0] * TILE) break;
    runner.checkpoint += 1;
  }
  const missing = level.goal * TILE - (before + WIDTH / 2);
  if (!runner.finishMs && middle >= level.goal * TILE && missing > 0) {
    runner.finishMs = (runner.steps - 1) * STEP_MS + Math.floor((missing * STEP_MS) / (runner.x - before));
  }
}

function fall(runner) {
  runner.out = DOWN_STEPS;
  runner.vx = runner.vy = runner.coyote = runner.buffer = 0;
  runner.jumping = false;
}

function wait(level, runner) {
  runner.out -= 1;
  if (!runner.out) {
    const last = runner.checkpoint < 0 ? level.start : level.checkpoints[runner.checkpoint];
    [runner.x, runner.y] = corner(last);
    runner.left = false;
  }
}

function corner([column, row]) {
  return [column * TILE + (TILE - WIDTH) / 2, (row + 1) * TILE - HEIGHT];
}

function tileOf(units) {
  return Math.floor(units / TILE);
}

function isSolid(tile) {
  return tile === "#" || tile === "=";
}

function between(first, last, test) {
  for (let index = first; index <= last; index++) if (test(index)) return true;
  return false;
}
