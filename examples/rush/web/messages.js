// What the page and the server say to each other during a race: the mirror of messages.py, whose table of
// op codes is the reference.

export const Op = Object.freeze({
  KEYS: 1,
  RESYNC: 2,
  ROUND: 3,
  SEATS: 4,
  GO: 5,
  TICK: 6,
  FINISH: 7,
  RESULTS: 8,
  YOU: 9,
});

// The runner that a row of a TICK tells of; which rings it has is known to its own page only.
export function runnerOf(row, taken = new Set()) {
  const [, steps, x, y, vx, vy, flags, rings, checkpoint] = row;
  return {
    x,
    y,
    vx,
    vy,
    steps,
    left: Boolean(flags & 1),
    jumping: Boolean((flags >> 1) & 1),
    held: Boolean((flags >> 2) & 1),
    coyote: (flags >> 3) & 3,
    buffer: (flags >> 5) & 3,
    out: (flags >> 7) & 15,
    checkpoint,
    rings,
    taken,
    finishMs: (flags >> 11) & 1,
  };
}

// Whether a predicted runner is what the server says.
export function agrees(runner, told) {
  return (
    runner.x === told.x &&
    runner.y === told.y &&
    runner.vx === told.vx &&
    runner.vy === told.vy &&
    runner.left === told.left &&
    runner.jumping === told.jumping &&
    runner.held === told.held &&
    runner.coyote === told.coyote &&
    runner.buffer === told.buffer &&
    runner.out === told.out &&
    runner.checkpoint === told.checkpoint &&
    runner.rings === told.rings &&
    Boolean(runner.finishMs) === Boolean(told.finishMs)
  );
}
