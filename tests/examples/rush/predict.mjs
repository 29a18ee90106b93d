// Runs the page's race against a pretended server with a slow line that lies once: node predict.mjs WEB LEVEL.
// Prints after which ticks page and server agreed about the page's own runner, and the messages it sent.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [web, file] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${web}/${name}`));
const [{ Level }, { Op, agrees }, { atStart, step }, { Race }] = await Promise.all(
  ["level.js", "messages.js", "physics.js", "race.js"].map(load),
);
const told = JSON.parse(await readFile(file, "utf8"));
const DELAY_TICKS = 3;
const PUSH_AT = 40;
const TICKS = 120;

const level = new Level(told);
const server = atStart(level, 0);
const pending = new Map();
const sent = [];
const line = []; // what is on its way: [tick at which it arrives, function]
let tick = 0;
const race = new Race("me", (op, data) => {
  sent.push(op);
  if (op !== Op.KEYS) return;
  line.push([tick + DELAY_TICKS, () => data.k.forEach((held, index) => pending.set(data.n + index, held))]);
});
const seats = [
  { seat: 0, user_id: "me", name: "Me", here: true },
  { seat: 1, user_id: "you", name: "You", here: true },
];
const round = { number: 1, level: told.id, title: "", sky: "meadow", board: "", rows: told.rows, phase: "countdown", ms: 0, seats };
race.hear(Op.ROUND, round, 0);
race.hear(Op.GO, {}, 0);

const row = (runner) => {
  const flags =
    Number(runner.left) | (runner.jumping << 1) | (runner.held << 2) | (runner.coyote << 3) | (runner.buffer << 5) |
    (runner.out << 7) | (Boolean(runner.finishMs) << 11);
  return [0, runner.steps, runner.x, runner.y, runner.vx, runner.vy, flags, runner.rings, runner.checkpoint];
};
const agreed = [];
const history = new Map();
const shown = [];
for (; tick < TICKS; tick++) {
  const now = tick * 50 + 1;
  for (const [at, arrive] of line) if (at === tick) arrive();
  race.advance(now, () => (tick % 20 < 12 ? 6 : 2), () => history.set(race.me.steps, race.me));
  while (pending.has(server.steps + 1)) step(level, server, pending.get(server.steps + 1));
  if (tick === PUSH_AT) server.vx = 0; // the server knows better
  const snapshot = { ...server, taken: undefined };
  const other = [1, tick, 1000 + tick * 100, 500, 100, 0, 0, 0, -1];
  const t = tick;
  line.push([tick + DELAY_TICKS, () => {
    race.hear(Op.TICK, { t, r: [row(snapshot), other] }, tick * 50 + 2);
    const mine = race.history.get(snapshot.steps);
    if (mine && agrees(mine.runner, snapshot)) agreed.push(t);
  }]);
  race.interpolate(now, () => {});
  shown.push(race.others.get(1).shown.x);
}
console.log(JSON.stringify({ agreed, sent, shown, steps: [race.me.steps, server.steps] }));
