// A runner: a small round fox with a scarf, drawn from a few curves. Feet at (0, 0), up is negative, in tiles.

import { disc } from "./canvas.js";
import { HEIGHT, RUN_MAX, TILE, WIDTH } from "./physics.js";
import { SEATS } from "./palette.js";

const TALL = HEIGHT / TILE;

// How a runner looks that physics does not know of: squash, legs, blinking. One for each seat.
export class Pose {
  constructor(seat) {
    this.colours = SEATS[seat % SEATS.length];
    this.seat = seat;
    this.stretch = 0; // above 0 is tall, below is flat
    this.speed = 0;
    this.stride = seat;
    this.lean = 0;
    this.lastX = undefined;
  }

  kick(amount) {
    this.stretch = amount;
    this.speed = 0;
  }

  // A damped spring pulls the shape back; legs turn with the way made.
  advance(runner, seconds) {
    this.speed += (-this.stretch * 260 - this.speed * 15) * seconds;
    this.stretch += this.speed * seconds;
    const way = this.lastX === undefined ? 0 : (runner.x - this.lastX) / TILE;
    this.lastX = runner.x;
    if (Math.abs(way) < 2) this.stride += way * 3.6;
    const pace = runner.vx / RUN_MAX;
    this.lean += (pace * 0.2 - this.lean) * Math.min(1, seconds * 12);
  }
}

export function drawHero(context, pose, runner, now) {
  const { body, dark, scarf } = pose.colours;
  const pace = Math.min(1.5, Math.abs(runner.vx) / RUN_MAX);
  const onGround = runner.coyote >= 2;
  const air = onGround ? 0 : Math.max(-1, Math.min(1, runner.vy / 180));
  const stretch = Math.max(-0.35, Math.min(0.35, pose.stretch - (onGround ? 0 : Math.abs(air) * -0.06)));
  context.save();
  context.translate((runner.x + WIDTH / 2) / TILE, runner.y / TILE + TALL);
  if (runner.out) {
    const part = 1 - runner.out / 12;
    context.globalAlpha *= Math.max(0, 1 - part * 1.3);
    context.translate(0, -0.4 - part * 0.8);
    context.rotate(part * 7 * (runner.left ? -1 : 1));
    context.translate(0, 0.4);
  }
  context.scale(runner.left ? -1 : 1, 1);
  context.rotate(runner.left ? -pose.lean : pose.lean);
  context.scale(1 - stretch * 0.75, 1 + stretch);

  const bob = onGround ? Math.abs(Math.sin(pose.stride)) * 0.07 * Math.min(1, pace * 2) : 0;
  const breath = onGround && pace < 0.1 ? Math.sin(now / 420 + pose.seat) * 0.014 : 0;
  const y = -0.5 - bob - breath;
  drawTail(context, y, body, dark, pace, air, now + pose.seat * 300);
  drawScarfEnd(context, y, scarf, pace, air, now + pose.seat * 300);
  drawFeet(context, pose.stride, onGround, pace, air, dark);
  drawEar(context, -0.17, y - 0.3, -0.3 - pace * 0.25 + air * 0.3, dark, "#00000022");
  drawEar(context, 0.16, y - 0.32, 0.12 - pace * 0.3 + air * 0.3, body, "#ffd9c9");

  context.fillStyle = dark;
  context.beginPath();
  context.ellipse(0, y + 0.02, 0.41, 0.42, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = body;
  context.beginPath();
  context.ellipse(0.01, y - 0.015, 0.395, 0.395, 0, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = "rgba(255, 255, 255, 0.25)";
  context.beginPath();
  context.ellipse(-0.1, y - 0.24, 0.17, 0.08, -0.4, 0, Math.PI * 2);
  context.fill();
  context.fillStyle = "#fff4e6";
  context.beginPath();
  context.ellipse(0.17, y + 0.13, 0.235, 0.19, 0.1, 0, Math.PI * 2);
  context.fill();

  context.strokeStyle = scarf;
  context.lineWidth = 0.13;
  context.lineCap = "round";
  context.beginPath();
  context.arc(0, y - 0.06, 0.395, 0.32, Math.PI - 0.3);
  context.stroke();
  drawFace(context, y, air, now + pose.seat * 911, runner.finishMs);
  context.restore();
}

function drawFace(context, y, air, time, happy) {
  const blink = time % 3400 < 110;
  context.fillStyle = "#2a1d33";
  context.strokeStyle = "#2a1d33";
  context.lineWidth = 0.045;
  context.lineCap = "round";
  for (const [x, size] of [[0.04, 0.9], [0.26, 1]]) {
    if (happy || blink) {
      context.beginPath();
      context.arc(x, y - 0.05, 0.055, Math.PI * 1.1, Math.PI * 1.9);
      context.stroke();
      continue;
    }
    context.beginPath();
    context.ellipse(x, y - 0.08 + air * 0.02, 0.062 * size, 0.098 * size, 0, 0, Math.PI * 2);
    context.fill();
    context.fillStyle = "#ffffff";
    disc(context, x + 0.022, y - 0.115 + air * 0.02, 0.027);
    context.fillStyle = "#2a1d33";
  }
  context.beginPath();
  context.ellipse(0.385, y + 0.055, 0.058, 0.046, 0, 0, Math.PI * 2);
  context.fill();
  context.lineWidth = 0.03;
  context.beginPath();
  context.arc(0.25, y + 0.12, 0.08, 0.2, Math.PI * 0.8);
  context.stroke();
}

function drawEar(context, x, y, turn, colour, inner) {
  context.save();
  context.translate(x, y);
  context.rotate(turn);
  for (const [size, fill] of [[1, colour], [0.55, inner]]) {
    context.fillStyle = fill;
    context.beginPath();
    context.moveTo(-0.13 * size, 0.09);
    context.quadraticCurveTo(-0.11 * size, -0.24 * size, 0.02, -0.34 * size);
    context.quadraticCurveTo(0.15 * size, -0.2 * size, 0.13 * size, 0.09);
    context.closePath();
    context.fill();
  }
  context.restore();
}

function drawTail(context, y, body, dark, pace, air, time) {
  const wag = Math.sin(time / (pace > 0.2 ? 90 : 340)) * (pace > 0.2 ? 0.08 : 0.16);
  context.save();
  context.translate(-0.3, y + 0.24);
  context.rotate(0.55 - pace * 0.45 + wag - air * 0.5);
  for (const [size, fill] of [[1, dark], [0.84, body]]) {
    context.fillStyle = fill;
    context.beginPath();
    context.moveTo(0.06, 0.1 * size);
    context.bezierCurveTo(-0.3, 0.26 * size, -0.62 * size, 0.1, -0.64 * size, -0.22 * size);
    context.bezierCurveTo(-0.5 * size, -0.2, -0.2, -0.3 * size, 0.06, -0.1 * size);
    context.fill();
  }
  context.fillStyle = "#fff4e6";
  context.beginPath();
  context.moveTo(-0.54, -0.02);
  context.quadraticCurveTo(-0.6, -0.12, -0.55, -0.19);
  context.quadraticCurveTo(-0.42, -0.18, -0.36, -0.14);
  context.quadraticCurveTo(-0.4, -0.04, -0.54, -0.02);
  context.fill();
  context.restore();
}

function drawScarfEnd(context, y, scarf, pace, air, time) {
  const wave = (along) => Math.sin(time / 85 - along * 5) * 0.05 * along * (0.4 + pace);
  const drop = 0.34 * (1 - Math.min(1, pace)) - air * 0.3;
  context.strokeStyle = scarf;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = 0.13;
  context.beginPath();
  context.moveTo(-0.34, y + 0.1);
  for (let along = 0.25; along <= 1; along += 0.25) {
    context.lineTo(-0.34 - along * (0.16 + 0.5 * Math.min(1, pace)), y + 0.1 + drop * along + wave(along));
  }
  context.stroke();
}

function drawFeet(context, stride, onGround, pace, air, colour) {
  const still = pace < 0.06;
  for (const side of [-1, 1]) {
    let [x, y] = [side * 0.17, -0.07];
    let turn = 0;
    if (!onGround) {
      [x, y, turn] = [side * 0.15 - 0.04, -0.1 + side * 0.06 * air, side * 0.35 + 0.3 * air];
    } else if (!still) {
      const angle = stride * 2 + (side > 0 ? 0 : Math.PI);
      const reach = 0.12 + 0.18 * Math.min(1, pace);
      x = Math.cos(angle) * reach;
      y = -0.07 + Math.min(0, Math.sin(angle)) * 0.2 * Math.min(1, pace + 0.2);
      turn = Math.min(0, Math.sin(angle)) * -0.7;
    }
    context.save();
    context.translate(x, y);
    context.rotate(turn);
    context.fillStyle = side > 0 ? "#fff4e6" : "#e8d5c4";
    context.strokeStyle = colour;
    context.lineWidth = 0.035;
    context.beginPath();
    context.ellipse(0.035, 0, 0.145, 0.085, 0, 0, Math.PI * 2);
    context.fill();
    context.stroke();
    context.restore();
  }
}
