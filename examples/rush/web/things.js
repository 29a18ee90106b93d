// What moves on the course by itself: rings, springs, arrows, checkpoints, the goal and the water in the pits.
// All are drawn in tiles: the scene has scaled the context.

import { disc } from "./canvas.js";
import { ringCell } from "./level.js";

const WATER_ROW = 12.1;
const BOUNCE_MS = 350;

export class Things {
  constructor(level, palette) {
    this.level = level;
    this.palette = palette;
    this.bounced = new Map();
  }

  // A spring was used there: it shows for a moment.
  bounce(column, now) {
    this.bounced.set(column, now);
  }

  draw(context, camera, runner, now) {
    const { level } = this;
    const seen = (column) => column > camera.x - 2 && column < camera.x + camera.width + 2;
    for (const [column, row] of level.arrows) if (seen(column)) drawArrow(context, column, row, now);
    for (const [column, row] of level.springs) {
      if (seen(column)) drawSpring(context, column, row, now - (this.bounced.get(column) ?? -Infinity));
    }
    level.checkpoints.forEach(([column, row], index) => {
      if (seen(column)) drawCheckpoint(context, column, row, runner && index <= runner.checkpoint, now);
    });
    if (seen(level.goal)) drawGoal(context, level.goal, level.goalRow, now);
    for (const [key, ring] of level.rings) {
      const [column, row] = ringCell(key);
      if (seen(column) && !runner?.taken.has(ring)) drawRing(context, column, row, now);
    }
  }

  // In front of everything, so that who falls in is covered.
  drawWater(context, camera, now) {
    const bottom = camera.y + camera.height;
    if (bottom < WATER_ROW) return;
    const { palette } = this;
    const fill = context.createLinearGradient(0, WATER_ROW, 0, WATER_ROW + 3.5);
    fill.addColorStop(0, palette.water[0]);
    fill.addColorStop(1, palette.water[1]);
    for (const [from, to] of this.pits()) {
      if (to < camera.x || from > camera.x + camera.width) continue;
      const wave = (x) => WATER_ROW + Math.sin(x * 1.7 + now / 480) * 0.07 + Math.sin(x * 0.6 - now / 700) * 0.06;
      context.fillStyle = fill;
      context.beginPath();
      context.moveTo(from, wave(from));
      for (let x = from; x <= to; x += 0.25) context.lineTo(x, wave(x));
      context.lineTo(to, bottom + 1);
      context.lineTo(from, bottom + 1);
      context.fill();
      context.strokeStyle = palette.foam;
      context.lineWidth = 0.07;
      context.beginPath();
      context.moveTo(from, wave(from));
      for (let x = from; x <= to; x += 0.25) context.lineTo(x, wave(x));
      context.stroke();
    }
  }

  // From where to where there is no ground, in columns; found once.
  pits() {
    if (this.found) return this.found;
    const { level } = this;
    this.found = [];
    for (let column = 0; column < level.width; column++) {
      if (level.tile(column, level.height - 1) === "#") continue;
      const from = column;
      while (level.tile(column + 1, level.height - 1) !== "#") column++;
      this.found.push([from, column + 1]);
    }
    return this.found;
  }
}

function drawRing(context, column, row, now) {
  const turn = Math.cos(now / 260 + column * 0.5);
  const [x, y] = [column + 0.5, row + 0.52 + Math.sin(now / 400 + column * 0.7) * 0.05];
  const half = Math.max(0.06, Math.abs(turn) * 0.27);
  context.lineWidth = 0.13;
  context.strokeStyle = "#b86e00";
  context.beginPath();
  context.ellipse(x + 0.025, y + 0.03, half, 0.27, 0, 0, Math.PI * 2);
  context.stroke();
  context.strokeStyle = "#ffc928";
  context.lineWidth = 0.11;
  context.beginPath();
  context.ellipse(x, y, half, 0.27, 0, 0, Math.PI * 2);
  context.stroke();
  context.strokeStyle = "#fff6c2";
  context.lineWidth = 0.045;
  context.beginPath();
  context.ellipse(x - 0.015, y - 0.015, half, 0.27, 0, Math.PI * 0.85, Math.PI * 1.55);
  context.stroke();
}

function drawSpring(context, column, row, sinceMs) {
  const ease = sinceMs < BOUNCE_MS ? Math.sin((sinceMs / BOUNCE_MS) * Math.PI * 3) * (1 - sinceMs / BOUNCE_MS) : 0;
  const top = row + 0.56 - ease * 0.45;
  context.strokeStyle = "#7d8597";
  context.lineWidth = 0.08;
  context.lineJoin = "round";
  context.beginPath();
  const coils = 5;
  for (let index = 0; index <= coils; index++) {
    const y = row + 0.94 + (top + 0.1 - row - 0.94) * (index / coils);
    context.lineTo(column + (index % 2 ? 0.74 : 0.26), y);
  }
  context.stroke();
  slab(context, column + 0.1, row + 0.88, 0.8, 0.14, "#5c6378", "#8d95ad");
  slab(context, column + 0.06, top - 0.06, 0.88, 0.2, "#e5383b", "#ff7b72");
}

function slab(context, x, y, width, height, dark, light) {
  context.fillStyle = dark;
  context.beginPath();
  context.roundRect(x, y, width, height, height / 2);
  context.fill();
  context.fillStyle = light;
  context.beginPath();
  context.roundRect(x + 0.05, y + 0.02, width - 0.1, height * 0.42, height / 4);
  context.fill();
}

function drawArrow(context, column, row, now) {
  context.fillStyle = "rgba(20, 30, 70, 0.75)";
  context.beginPath();
  context.roundRect(column - 0.25, row + 0.8, 1.5, 0.22, 0.1);
  context.fill();
  for (let index = 0; index < 3; index++) {
    const lit = 0.35 + 0.65 * Math.max(0, Math.sin(now / 130 - index * 1.1));
    context.strokeStyle = `rgba(90, 240, 255, ${lit})`;
    context.lineWidth = 0.11;
    context.lineCap = context.lineJoin = "round";
    const x = column - 0.05 + index * 0.42;
    context.beginPath();
    context.moveTo(x, row + 0.34);
    context.lineTo(x + 0.22, row + 0.54);
    context.lineTo(x, row + 0.74);
    context.stroke();
  }
}

function drawCheckpoint(context, column, row, passed, now) {
  const [x, foot, height] = [column + 0.5, row + 1, 2.1];
  context.fillStyle = "rgba(0, 0, 0, 0.18)";
  context.beginPath();
  context.ellipse(x, foot, 0.3, 0.07, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = "#eef2fb";
  context.beginPath();
  context.roundRect(x - 0.06, foot - height, 0.12, height, 0.06);
  context.fill();
  context.fillStyle = "#aab4cc";
  context.fillRect(x + 0.015, foot - height + 0.06, 0.045, height - 0.06);
  context.fillStyle = passed ? "#ffd23f" : "#f4f6fb";
  disc(context, x, foot - height, 0.13);
  const lift = passed ? 0 : 0.75;
  const flutter = (along) => Math.sin(now / 160 - along * 5) * 0.06 * along;
  context.fillStyle = passed ? "#23c483" : "#97a3bd";
  context.beginPath();
  const top = foot - height + 0.16 + lift;
  context.moveTo(x + 0.05, top);
  for (let along = 0; along <= 1; along += 0.2) context.lineTo(x + 0.05 + along * 0.85, top + 0.06 * along + flutter(along));
  context.lineTo(x + 0.72, top + 0.3 + flutter(0.8));
  for (let along = 1; along >= 0; along -= 0.2) context.lineTo(x + 0.05 + along * 0.85, top + 0.58 - 0.06 * along + flutter(along));
  context.closePath();
  context.fill();
  if (passed) {
    context.strokeStyle = "#ffffff";
    context.lineWidth = 0.08;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(x + 0.22, top + 0.3 + flutter(0.3));
    context.lineTo(x + 0.33, top + 0.41 + flutter(0.4));
    context.lineTo(x + 0.54, top + 0.18 + flutter(0.6));
    context.stroke();
  }
}

function drawGoal(context, column, row, now) {
  const [left, right, foot, top] = [column - 0.35, column + 2.35, row + 1, row - 3.4];
  for (const x of [left, right]) {
    context.fillStyle = "#e9edf7";
    context.beginPath();
    context.roundRect(x - 0.13, top, 0.26, foot - top, 0.13);
    context.fill();
    context.fillStyle = "#ff5d62";
    for (let y = top + 0.5; y < foot - 0.3; y += 0.9) context.fillRect(x - 0.13, y, 0.26, 0.42);
    context.fillStyle = "rgba(20, 20, 50, 0.16)";
    context.fillRect(x + 0.03, top + 0.1, 0.1, foot - top - 0.1);
    context.fillStyle = "#ffd23f";
    disc(context, x, top - 0.05, 0.2);
  }
  const [across, down, size] = [9, 3, (right - left) / 9];
  for (let index = 0; index < across; index++) {
    const sway = Math.sin(now / 300 + index * 0.6) * 0.05;
    for (let line = 0; line < down; line++) {
      context.fillStyle = (index + line) % 2 ? "#ffffff" : "#22263f";
      context.fillRect(left + index * size, top + 0.18 + line * size + sway, size + 0.01, size + 0.01);
    }
  }
  context.fillStyle = "rgba(255, 255, 255, 0.35)";
  for (let index = 0; index < 9; index++) {
    if (index % 2) context.fillRect(column + (index % 2) * 0.09 - 0.09, foot - 0.02 - index * 0.12, 0.09, 0.12);
  }
}
