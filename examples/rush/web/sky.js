// What lies behind the course: sky, sun or moon, clouds, and hills that move slower the further they are.
// Hills are painted once for each size of the page, on canvases whose ends meet.

import { disc, sheet } from "./canvas.js";
import { chance } from "./palette.js";

const STRIP_PX = 1600;
const CLOUDS = 9;
const STARS = 140;
const STRIP_WIDE_PX = 5;

export class Sky {
  constructor(palette) {
    this.palette = palette;
    this.curtains = (palette.curtains ?? []).map(paintCurtain);
  }

  resize(width, height, ratio) {
    this.width = width;
    this.height = height;
    this.strips = this.palette.hills.map((hill, index) => paintHills(this.palette, hill, index, height, ratio));
    this.backdrop = paintBackdrop(this.palette, width, height, ratio);
    this.cloud = [0, 1, 2].map((kind) => paintCloud(this.palette.clouds[0], kind, height, ratio));
  }

  draw(context, cameraX, cameraY, seconds) {
    const { width, height } = this;
    context.drawImage(this.backdrop, 0, 0, width, height);
    if (this.curtains.length) this.drawAurora(context, seconds);
    this.drawClouds(context, cameraX, seconds);
    this.palette.hills.forEach((hill, index) => {
      const strip = this.strips[index];
      const lift = -cameraY * hill.near * 0.5;
      let left = (-cameraX * hill.near) % STRIP_PX;
      if (left > 0) left -= STRIP_PX;
      for (; left < width; left += STRIP_PX) context.drawImage(strip, left, lift, STRIP_PX, height * 1.3);
    });
  }

  drawClouds(context, cameraX, seconds) {
    const span = this.width + 500;
    context.globalAlpha = this.palette.clouds[1];
    for (let index = 0; index < CLOUDS; index++) {
      const depth = 0.4 + 0.6 * chance(index, 1);
      const start = chance(index, 2) * span;
      const x = mod(start + seconds * 7 * depth - cameraX * 0.05 * depth, span) - 250;
      const y = this.height * (0.05 + 0.36 * chance(index, 3));
      const image = this.cloud[index % 3];
      const size = this.height * 0.34 * depth;
      context.drawImage(image, x, y, size, size * 0.5);
    }
    context.globalAlpha = 1;
  }

  // Curtains of light: narrow strips side by side, each as high and as bright as its place in the waves.
  drawAurora(context, seconds) {
    const { width, height } = this;
    context.globalCompositeOperation = "lighter";
    this.curtains.forEach((curtain, index) => {
      for (let x = 0; x < width; x += STRIP_WIDE_PX) {
        const fold = Math.sin(x / 210 + seconds * 0.13 + index * 2.1) + 0.5 * Math.sin(x / 83 - seconds * 0.21 + index);
        const ray = 0.55 + 0.3 * Math.sin(x / 31 + seconds * 0.5 + fold * 3) + 0.15 * Math.sin(x / 11 - seconds * 0.8);
        const foot = height * (0.4 + index * 0.07 + fold * 0.055);
        const tall = height * (0.26 + 0.07 * ray + 0.04 * fold);
        context.globalAlpha = Math.max(0, 0.16 + 0.3 * ray + 0.1 * fold);
        context.drawImage(curtain, x, foot - tall, STRIP_WIDE_PX, tall);
      }
    });
    context.globalAlpha = 1;
    context.globalCompositeOperation = "source-over";
  }
}

function paintCurtain([low, high]) {
  const [canvas, context] = sheet(1, 128, 1);
  const fill = context.createLinearGradient(0, 0, 0, 128);
  fill.addColorStop(0, `rgba(${high}, 0)`);
  fill.addColorStop(0.5, `rgba(${high}, 0.4)`);
  fill.addColorStop(0.88, `rgba(${low}, 0.9)`);
  fill.addColorStop(1, `rgba(${low}, 0)`);
  context.fillStyle = fill;
  context.fillRect(0, 0, 1, 128);
  return canvas;
}

function paintBackdrop(palette, width, height, ratio) {
  const [canvas, context] = sheet(width, height, ratio);
  const fill = context.createLinearGradient(0, 0, 0, height);
  palette.sky.forEach((colour, index) => fill.addColorStop([0, 0.38, 0.68, 0.9][index], colour));
  context.fillStyle = fill;
  context.fillRect(0, 0, width, height);
  if (palette.stars) {
    for (let index = 0; index < STARS; index++) {
      context.fillStyle = `rgba(255, 255, 255, ${0.25 + 0.75 * chance(index, 4)})`;
      const radius = 0.5 + 1.3 * chance(index, 5) ** 3;
      disc(context, chance(index, 6) * width, chance(index, 7) * height * 0.62, radius);
    }
  }
  const { light } = palette;
  const [x, y, radius] = [width * light.x, height * light.y, height * light.radius];
  for (const [reach, strength] of [[6, 0.5], [2.6, 0.55]]) {
    const glow = context.createRadialGradient(x, y, radius * 0.6, x, y, radius * reach);
    glow.addColorStop(0, `rgba(${light.glow}, ${strength})`);
    glow.addColorStop(1, `rgba(${light.glow}, 0)`);
    context.fillStyle = glow;
    context.fillRect(0, 0, width, height);
  }
  context.fillStyle = light.colour;
  disc(context, x, y, radius);
  if (palette.stars) {
    context.fillStyle = "rgba(170, 185, 225, 0.45)";
    disc(context, x - radius * 0.3, y - radius * 0.2, radius * 0.22);
    disc(context, x + radius * 0.35, y + radius * 0.3, radius * 0.16);
    disc(context, x + radius * 0.1, y - radius * 0.5, radius * 0.1);
  }
  return canvas;
}

function paintCloud(colour, kind, height, ratio) {
  const width = height * 0.34;
  const [canvas, context] = sheet(width, width / 2, ratio);
  context.fillStyle = colour;
  context.beginPath();
  const puffs = [
    [[0.2, 0.66, 0.13], [0.38, 0.5, 0.2], [0.6, 0.42, 0.24], [0.8, 0.62, 0.16]],
    [[0.22, 0.6, 0.16], [0.45, 0.44, 0.22], [0.66, 0.56, 0.19], [0.84, 0.68, 0.11]],
    [[0.16, 0.7, 0.1], [0.34, 0.58, 0.16], [0.54, 0.52, 0.2], [0.75, 0.62, 0.15]],
  ][kind];
  const bottom = width * 0.42;
  context.save();
  context.rect(0, 0, width, bottom);
  context.clip();
  for (const [x, y, radius] of puffs) disc(context, x * width, y * width * 0.5 + radius * width * 0.25, radius * width);
  context.restore();
  context.beginPath();
  context.roundRect(width * 0.06, bottom - width * 0.09, width * 0.88, width * 0.09, width * 0.045);
  context.fill();
  return canvas;
}

function paintHills(palette, hill, index, height, ratio) {
  const [canvas, context] = sheet(STRIP_PX, height * 1.3, Math.min(ratio, 1.5));
  const line = ridge(hill, index, height);
  if (hill.kind === "woods" || hill.kind === "pines") {
    for (let x = 0; x < STRIP_PX; x += hill.kind === "pines" ? 17 : 25) {
      if (chance(x, index, 8) < 0.34) continue;
      for (const copy of [-STRIP_PX, 0, STRIP_PX]) {
        paintTree(context, palette, hill.kind, x + copy, line(x), height * (0.035 + 0.04 * chance(x, index, 9)), chance(x, 10));
      }
    }
  }
  const fill = context.createLinearGradient(0, height * (hill.base - hill.height), 0, height);
  fill.addColorStop(0, hill.top);
  fill.addColorStop(0.6, hill.bottom);
  context.fillStyle = fill;
  trace(context, line, height * 1.3);
  context.fill();
  if (hill.kind === "snow") paintSnow(context, line, height, hill);
  return canvas;
}

// The skyline at x: sums of waves that fit the strip a whole number of times.
function ridge(hill, index, height) {
  const turn = (x, waves, phase) => Math.sin((x / STRIP_PX) * Math.PI * 2 * waves + phase);
  const fold = (x, waves, phase) => 1 - Math.abs(turn(x, waves, phase)) * 2;
  return (x) => {
    let lift;
    if (hill.kind === "mesas") {
      const rise = turn(x, 3, 1) + 0.6 * turn(x, 5, 2) + 0.2 * turn(x, 11, 0.4);
      lift = Math.tanh((rise - 0.25) * 6) * 0.42 + Math.tanh((rise - 0.95) * 9) * 0.2 + 0.1 * turn(x, 7, 1);
    } else if (hill.kind === "peaks" || hill.kind === "snow") {
      lift = fold(x, 2, index) * 0.42 + fold(x, 4, 2 + index) * 0.3 * hill.rough + fold(x, 9, 4) * 0.12 + fold(x, 21, 1) * 0.04;
    } else {
      lift = turn(x, 2, index * 2) * 0.5 + turn(x, 5, 1 + index) * 0.3 * hill.rough + turn(x, 9, 3) * 0.08;
    }
    return height * (hill.base - hill.height * lift * 0.75);
  };
}

function trace(context, line, bottom) {
  context.beginPath();
  context.moveTo(0, bottom);
  for (let x = 0; x <= STRIP_PX; x += 4) context.lineTo(x, line(x));
  context.lineTo(STRIP_PX, bottom);
  context.closePath();
}

function paintSnow(context, line, height, hill) {
  context.save();
  trace(context, line, height);
  context.clip();
  const fill = context.createLinearGradient(0, height * (hill.base - hill.height), 0, height * hill.base);
  fill.addColorStop(0, "rgba(240, 246, 255, 0.95)");
  fill.addColorStop(1, "rgba(180, 200, 255, 0.25)");
  context.fillStyle = fill;
  context.beginPath();
  const snowline = height * (hill.base - hill.height * 0.16);
  context.moveTo(0, 0);
  for (let x = 0; x <= STRIP_PX; x += 8) {
    const jag = Math.abs(((x / 40) % 2) - 1) * height * 0.03 + chance(x, 11) * 5;
    context.lineTo(x, Math.min(snowline, line(x) + height * 0.07) + jag - height * 0.02);
  }
  context.lineTo(STRIP_PX, 0);
  context.fill();
  context.restore();
}

function paintTree(context, palette, kind, x, y, size, tone) {
  context.fillStyle = palette.tree[tone < 0.5 ? 0 : 1];
  context.beginPath();
  if (kind === "pines") {
    for (let layer = 0; layer < 3; layer++) {
      const [top, half] = [y - size * (1.5 - layer * 0.42), size * (0.22 + layer * 0.13)];
      context.moveTo(x, top);
      context.lineTo(x + half, top + size * 0.66);
      context.lineTo(x - half, top + size * 0.66);
    }
    context.rect(x - size * 0.06, y - size * 0.3, size * 0.12, size * 0.6);
    context.fill();
    return;
  }
  context.ellipse(x, y - size * 0.35, size * 0.5, size * 0.62, 0, 0, Math.PI * 2);
  context.fill();
}

function mod(value, span) {
  return ((value % span) + span) % span;
}
