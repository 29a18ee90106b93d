// Replays recorded keys through the page's physics: node replay.mjs WEB RECORDING, prints where each step led.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [web, recording] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${web}/${name}`));
const [{ Level }, { atStart, step }] = await Promise.all([load("level.js"), load("physics.js")]);
const runs = JSON.parse(await readFile(recording, "utf8"));

const led = runs.map(({ level: told, seat, keys }) => {
  const level = new Level(told);
  const runner = atStart(level, seat);
  return keys.map((held) => {
    step(level, runner, held);
    const { x, y, vx, vy, left, jumping, held: pressed, coyote, buffer, out, checkpoint, rings, finishMs } = runner;
    const flags = [left, jumping, pressed].map(Number);
    return [x, y, vx, vy, ...flags, coyote, buffer, out, checkpoint, rings, finishMs];
  });
});
console.log(JSON.stringify(led));
