// One race as the page sees it: its own runner predicted step by step, everybody else a moment in the past.
// Knows nothing of drawing or of the network: `send` takes what goes to the server.

import { Level } from "./level.js";
import { Op, agrees, runnerOf } from "./messages.js";
import { STEP_MS, atStart, progress, standing, step } from "./physics.js";

const BEHIND_MS = 100; // others are shown this far in the past, so that two known places surround them
const HISTORY_STEPS_MAX = 100;
const CATCH_UP_STEPS_MAX = 10;
const KEPT_TICKS = 12;
const SMOOTH_MS = 120; // how fast a corrected place is approached
const RESYNC_MS = 1_000;

export class Race extends EventTarget {
  constructor(userId, send) {
    super();
    this.userId = userId;
    this.send = send;
    this.phase = "countdown";
    this.seats = [];
    this.others = new Map();
    this.finished = new Map();
  }

  // What the server says, by op code.
  hear(op, data, now) {
    if (op === Op.ROUND) this.round(data, now);
    else if (op === Op.SEATS) this.seated(data.seats, data.ms, now);
    else if (op === Op.GO) this.go(now);
    else if (op === Op.TICK) this.tick(data, now);
    else if (op === Op.FINISH) this.arrived(data);
    else if (op === Op.RESULTS) this.ended(data, now);
    else if (op === Op.YOU) this.adopt(data.row, new Set(data.taken), now);
  }

  get seat() {
    return this.seats.find((seat) => seat.user_id === this.userId)?.seat ?? 0;
  }

  round(round, now) {
    this.number = round.number;
    this.board = round.board;
    this.level = new Level({ id: round.level, name: round.title, sky: round.sky, rows: round.rows });
    this.finished.clear();
    this.others.clear();
    this.results = undefined;
    this.me = this.before = undefined;
    this.clockOffset = undefined;
    this.seated(round.seats, round.ms, now);
    this.change(round.phase);
    if (round.phase === "racing") this.begin(now);
  }

  seated(seats, ms, now) {
    this.seats = seats;
    this.dueAt = now + ms;
    if (!this.level) return;
    if (!this.me || this.phase === "countdown") this.me = this.before = atStart(this.level, this.seat);
    for (const seat of this.others.keys()) {
      if (!seats.some((one) => one.seat === seat)) this.others.delete(seat);
    }
    for (const { seat } of seats) {
      if (seat !== this.seat && !this.others.has(seat)) {
        this.others.set(seat, { shown: atStart(this.level, seat), rows: [] });
      }
    }
    this.dispatchEvent(new CustomEvent("seats"));
  }

  go(now) {
    this.change("racing");
    this.begin(now);
  }

  begin(now) {
    this.startedAt = now;
    this.history = new Map();
    this.nextStepAt = now;
    this.smooth = { x: 0, y: 0, at: now };
  }

  ended(results, now) {
    this.results = results;
    this.dueAt = now + results.ms;
    this.change("results");
  }

  arrived({ seat, ms, place }) {
    this.finished.set(seat, { ms, place });
    if (seat === this.seat && this.me) this.me.finishMs ||= ms;
    this.dispatchEvent(new CustomEvent("finish", { detail: { seat, ms, place } }));
  }

  change(phase) {
    this.phase = phase;
    this.dispatchEvent(new CustomEvent("phase", { detail: phase }));
  }

  // Own runner ---------------------------------------------------------------------------------------

  // Makes the steps that are due under the keys held now; `noticed(before, after)` sees each new one.
  advance(now, keys, noticed) {
    if (this.phase !== "racing" || !this.me) return;
    const due = Math.floor((now - this.nextStepAt) / STEP_MS) + 1;
    if (due > CATCH_UP_STEPS_MAX) this.nextStepAt = now; // the page slept; the server has moved us on
    const first = this.me.steps + 1;
    const made = [];
    while (this.nextStepAt <= now) {
      this.before = this.me;
      this.make(keys());
      made.push(this.history.get(this.me.steps).keys);
      this.nextStepAt += STEP_MS;
      noticed(this.before, this.me);
    }
    if (made.length) this.send(Op.KEYS, { n: first, k: made });
  }

  make(keys) {
    const runner = { ...this.me };
    step(this.level, runner, keys);
    this.me = runner;
    this.history.set(runner.steps, { keys, runner });
    this.history.delete(runner.steps - HISTORY_STEPS_MAX);
  }

  // The server is right: where it disagrees, its runner is taken and the steps since are made again.
  reconcile(row, now) {
    if (!this.me || !this.history) return;
    const told = runnerOf(row);
    const mine = this.history.get(told.steps);
    if (told.steps > this.me.steps) {
      this.adopt(row, this.me.taken, now);
      this.askForRings(now);
    } else if (mine && !agrees(mine.runner, told)) {
      const shown = this.placeOfMe(now);
      this.me = { ...told, taken: mine.runner.taken, finishMs: told.finishMs && mine.runner.finishMs };
      this.history.set(told.steps, { keys: mine.keys, runner: this.me });
      this.replay(told.steps);
      this.smoothFrom(shown, now);
      if (told.rings !== mine.runner.taken.size) this.askForRings(now);
    }
  }

  replay(from) {
    const last = Math.max(...this.history.keys());
    this.before = this.me;
    for (let number = from + 1; number <= last; number++) {
      this.before = this.me;
      this.make(this.history.get(number)?.keys ?? 0);
    }
  }

  // Takes the server's runner as it is and runs ahead of it by the time a message travels.
  adopt(row, taken, now) {
    const told = { ...runnerOf(row), taken };
    if (this.phase !== "racing") {
      this.me = this.before = told;
      return;
    }
    const ahead = this.history.get(told.steps) ? Math.max(0, this.me.steps - told.steps) : 0;
    this.me = this.before = told;
    for (let number = 0; number < ahead; number++) {
      this.make(this.history.get(this.me.steps + 1)?.keys ?? 0);
    }
    this.startedAt = now - this.me.steps * STEP_MS;
  }

  askForRings(now) {
    if (now - (this.askedAt ?? -RESYNC_MS) < RESYNC_MS) return;
    this.askedAt = now;
    this.send(Op.RESYNC, {});
  }

  smoothFrom(shown, now) {
    this.smooth = { x: 0, y: 0, at: now };
    const place = this.placeOfMe(now);
    this.smooth = { x: shown.x - place.x, y: shown.y - place.y, at: now };
  }

  // Where the own runner is to be drawn: between its last two steps, and near its old place after a correction.
  placeOfMe(now) {
    const { before, me } = this;
    if (this.phase !== "racing" || !this.history) return { ...me };
    const part = Math.min(1, Math.max(0, 1 - (this.nextStepAt - now) / STEP_MS));
    const jumped = before.out !== me.out && (!before.out || !me.out);
    const fade = Math.exp(-(now - this.smooth.at) / SMOOTH_MS);
    const bend = !standing(me) && !standing(before) && before.vy && me.vy ? me.vy - before.vy : 0;
    return {
      ...me,
      x: (jumped ? me.x : before.x + (me.x - before.x) * part) + this.smooth.x * fade,
      y: (jumped ? me.y : before.y + (me.y - before.y) * part + (bend / 2) * part * (part - 1)) + this.smooth.y * fade,
    };
  }

  // The others ---------------------------------------------------------------------------------------

  tick({ t, r }, now) {
    const offset = now - t * STEP_MS;
    this.clockOffset = Math.min(offset, (this.clockOffset ?? offset) + 1);
    for (const row of r) {
      if (row[0] === this.seat) {
        this.reconcile(row, now);
        continue;
      }
      const other = this.others.get(row[0]);
      if (!other) continue;
      other.rows.push({ t, runner: runnerOf(row) });
      if (other.rows.length > KEPT_TICKS) other.rows.shift();
    }
  }

  // Brings the others to where they were a moment ago; `noticed(seat, before, after)` sees each of their ticks.
  interpolate(now, noticed) {
    if (this.clockOffset === undefined) return;
    const t = (now - this.clockOffset - BEHIND_MS) / STEP_MS;
    for (const [seat, other] of this.others) {
      const { rows } = other;
      while (rows.length > 2 && rows[1].t <= t) {
        rows.shift();
        noticed(seat, rows[0].runner, rows[1].runner);
      }
      if (rows.length) other.shown = between(rows[0], rows[1] ?? rows[0], t);
    }
  }

  // Everybody's way so far, the furthest first; who has finished, in order of arrival.
  standings() {
    const all = this.seats.map(({ seat, name, here }) => {
      const runner = seat === this.seat ? this.me : this.others.get(seat)?.shown;
      const way = runner && this.level ? progress(this.level, runner) : 0;
      return { seat, name, here, way, ms: this.finished.get(seat)?.ms ?? 0, mine: seat === this.seat };
    });
    return all.sort((a, b) => (a.ms || Infinity) - (b.ms || Infinity) || b.way - a.way || a.seat - b.seat);
  }
}

function between(first, second, t) {
  const span = second.t - first.t;
  const part = span ? Math.min(1, Math.max(0, (t - first.t) / span)) : 1;
  const [a, b] = [first.runner, second.runner];
  if (!a.out !== !b.out) return part < 1 ? a : b;
  return { ...b, x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
}
