// Behind the lobby somebody runs the chosen course: recorded keys, played through the page's own physics.

import { STEP_MS, atStart, step } from "./physics.js";

const SLEPT_MS = 1_000;

export class Attract {
  constructor(scene) {
    this.scene = scene;
  }

  show({ level, keys }) {
    this.level = level;
    this.keys = keys;
    this.nextAt = performance.now();
    this.restart();
    this.scene.show(level);
    this.scene.camera.at = 0.5;
  }

  restart() {
    this.runner = this.before = atStart(this.level);
  }

  draw(now, seconds) {
    if (!this.level) return;
    if (now - this.nextAt > SLEPT_MS) this.nextAt = now;
    for (; !this.scene.calm && this.nextAt <= now; this.nextAt += STEP_MS) this.step(now);
    const shown = this.shown(now);
    this.scene.follow(shown, seconds);
    this.scene.draw([{ seat: 0, runner: shown, name: "", here: true }], this.runner, now, seconds);
  }

  step(now) {
    if (this.runner.steps >= this.keys.length) this.restart();
    this.before = this.runner;
    this.runner = { ...this.before };
    step(this.level, this.runner, parseInt(this.keys[this.before.steps], 16) || 0);
    this.scene.noticed(0, this.before, this.runner, now);
  }

  // Between the last two steps, except when put back to a checkpoint.
  shown(now) {
    const [a, b] = [this.before, this.runner];
    if (!a.out !== !b.out) return b;
    const part = 1 - Math.min(1, Math.max(0, (this.nextAt - now) / STEP_MS));
    return { ...b, x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
  }
}
