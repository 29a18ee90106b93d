// The picture: puts sky, course, things, runners and sparks on the canvas, through a camera that runs along.

import { Ground } from "./ground.js";
import { Pose, drawHero } from "./hero.js";
import { HEIGHT, TILE, WIDTH, standing } from "./physics.js";
import { SEATS, SKIES } from "./palette.js";
import { Particles } from "./particles.js";
import { Sky } from "./sky.js";
import { Things } from "./things.js";

const TILES_HIGH = 11.5;
const STILL_TILES_HIGH = 7;
const TILES_WIDE_MIN = 11;
const RATIO_MAX = 2; // sharper screens cost more than they show
const AHEAD_SECONDS = 0.3;
const HARD_LANDING = 110;
const BUBBLE_MS = 5_000;
const BUBBLE_CHARS_MAX = 40;

export class Scene {
  // A still picture keeps its size: it is drawn once.
  constructor(canvas, { still = false } = {}) {
    this.canvas = canvas;
    this.tilesHigh = still ? STILL_TILES_HIGH : TILES_HIGH;
    this.context = canvas.getContext("2d", { alpha: false });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.camera = { x: 0, y: 0, width: 20, height: 11, at: 0.36 };
    this.bubbles = new Map();
    if (!still) new ResizeObserver(() => this.resize()).observe(canvas);
  }

  // Shows another course, from its start.
  show(level) {
    this.level = level;
    this.palette = SKIES[level.sky] ?? SKIES.meadow;
    this.sky = new Sky(this.palette);
    this.ground = new Ground(level, this.palette);
    this.things = new Things(level, this.palette);
    this.particles = new Particles(this.calm);
    this.poses = new Map();
    this.placed = false;
    this.resize();
  }

  resize() {
    this.ratio = Math.min(devicePixelRatio || 1, RATIO_MAX);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.scale = Math.min(height / this.tilesHigh, width / TILES_WIDE_MIN);
    this.camera.width = width / this.scale;
    this.camera.height = height / this.scale;
    this.placed = false;
    this.sky?.resize(width, height, this.ratio);
    this.ground?.resize(this.scale, this.ratio);
  }

  pose(seat) {
    if (!this.poses.has(seat)) this.poses.set(seat, new Pose(seat));
    return this.poses.get(seat);
  }

  // The difference between two states of a runner is what there is to see and hear of it.
  noticed(seat, before, after, now, sound) {
    const [x, foot] = [(after.x + WIDTH / 2) / TILE, (after.y + HEIGHT) / TILE];
    const pose = this.pose(seat);
    if (after.rings > before.rings) {
      this.particles.ring(x, foot - 0.5);
      sound?.("ring");
    }
    if (!before.out && after.out) {
      const drowned = after.y > this.level.height * TILE;
      if (drowned) this.particles.splash(x, 12.2, this.palette.foam);
      else this.particles.burst(x, foot - 0.4, SEATS[seat % SEATS.length].body);
      sound?.(drowned ? "splash" : "hit");
    } else if (before.out && !after.out) {
      pose.kick(0.3);
      pose.lastX = undefined;
    } else if (!before.jumping && after.jumping) {
      pose.kick(0.26);
      this.particles.dust(x, foot, 4, this.palette.dust);
      sound?.("jump");
    } else if (after.vy < -250 && before.vy > -200) {
      pose.kick(0.34);
      this.things.bounce(nearest(this.level.springs, x), now);
      this.particles.dust(x, foot, 6, "#ffffff");
      sound?.("spring");
    } else if (standing(after) && !standing(before) && before.vy > HARD_LANDING) {
      pose.kick(-0.22);
      this.particles.dust(x, foot, 7, this.palette.dust);
      sound?.("land");
    }
    if (after.vx > before.vx + 40 && after.vx > 150) {
      pose.kick(-0.15);
      sound?.("boost");
    }
    if (Math.abs(after.vx) > 135) this.particles.streak(x, foot - 0.2 - Math.random() * 0.6, after.vx / 8);
    else if (standing(after) && Math.abs(after.vx) > 60 && after.steps % 3 === 0) {
      this.particles.dust(x, foot, 1, this.palette.dust, after.vx / 60);
    }
    if (after.checkpoint > before.checkpoint) sound?.("checkpoint");
    if (!before.finishMs && after.finishMs) {
      this.particles.confetti(this.level.goal + 1, this.level.goalRow - 2);
      sound?.("finish");
    }
  }

  // What somebody said in the chat, above their runner.
  say(seat, text, now) {
    const short = text.length > BUBBLE_CHARS_MAX ? `${text.slice(0, BUBBLE_CHARS_MAX - 1)}…` : text;
    this.bubbles.set(seat, { text: short, until: now + BUBBLE_MS });
  }

  follow(runner, seconds) {
    const { camera, level } = this;
    const ahead = (runner.vx / TILE) * 20 * AHEAD_SECONDS;
    const x = (runner.x + WIDTH / 2) / TILE + ahead - camera.width * camera.at;
    const y = runner.y / TILE - camera.height * 0.56;
    const spare = Math.max(0, camera.height - level.height);
    const lowest = level.height + 0.2 + spare * 0.42 - camera.height;
    const aim = {
      x: Math.min(Math.max(0, level.width - camera.width), Math.max(0, x)),
      y: Math.min(lowest, Math.max(-3, y)),
    };
    if (!this.placed) {
      Object.assign(camera, aim);
      this.placed = true;
      return;
    }
    camera.x += (aim.x - camera.x) * (1 - Math.exp(-seconds * 7));
    camera.y += (aim.y - camera.y) * (1 - Math.exp(-seconds * 5));
  }

  // `runners`: [{ seat, runner, name, mine, here }], the own one last.
  draw(runners, me, now, seconds) {
    if (!this.level || !this.width) return;
    const { context, camera, scale, ratio } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.sky.draw(context, camera.x * scale, camera.y * scale, this.calm ? 0 : now / 1000);
    this.ground.draw(context, camera);
    context.setTransform(ratio * scale, 0, 0, ratio * scale, -camera.x * scale * ratio, -camera.y * scale * ratio);
    this.things.draw(context, camera, me, now);
    for (const { seat, runner, here } of runners) {
      const pose = this.pose(seat);
      pose.advance(runner, seconds);
      context.globalAlpha = here ? 1 : 0.4;
      this.drawShadow(runner);
      drawHero(context, pose, runner, now);
    }
    context.globalAlpha = 1;
    this.particles.draw(context, seconds);
    this.things.drawWater(context, camera, now);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const one of runners) this.drawName(one, now);
  }

  drawShadow(runner) {
    const column = Math.floor((runner.x + WIDTH / 2) / TILE);
    const from = Math.floor((runner.y + HEIGHT - 1) / TILE);
    for (let row = Math.max(0, from); row < Math.min(this.level.height, from + 5); row++) {
      if (!"#=-".includes(this.level.tile(column, row))) continue;
      const away = Math.max(0, row - (runner.y + HEIGHT) / TILE);
      this.context.fillStyle = `rgba(10, 15, 40, ${0.26 / (1 + away)})`;
      this.context.beginPath();
      const size = 0.36 / (1 + away * 0.25);
      this.context.ellipse((runner.x + WIDTH / 2) / TILE, row + 0.03, size, size * 0.22, 0, 0, Math.PI * 2);
      this.context.fill();
      return;
    }
  }

  drawName({ seat, runner, name, mine }, now) {
    if (runner.out || !name) return;
    const { context, camera, scale } = this;
    const x = ((runner.x + WIDTH / 2) / TILE - camera.x) * scale;
    const y = (runner.y / TILE - camera.y - 0.6) * scale;
    const size = Math.max(11, Math.min(15, scale * 0.23));
    context.font = `700 ${size}px ${FONT}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const label = mine ? "You" : name;
    const half = context.measureText(label).width / 2 + size * 0.55;
    context.fillStyle = mine ? "rgba(255, 255, 255, 0.95)" : "rgba(18, 24, 56, 0.55)";
    context.beginPath();
    context.roundRect(x - half, y - size * 0.8, half * 2, size * 1.6, size * 0.8);
    context.fill();
    if (mine) {
      context.beginPath();
      context.moveTo(x - size * 0.4, y + size * 0.75);
      context.lineTo(x + size * 0.4, y + size * 0.75);
      context.lineTo(x, y + size * 1.25);
      context.fill();
    }
    context.fillStyle = mine ? "#1b2250" : "#ffffff";
    context.fillText(label, x, y + size * 0.06);
    const bubble = this.bubbles.get(seat);
    if (bubble && bubble.until > now) this.drawBubble(bubble.text, x, y - size * 2.2, size);
  }

  drawBubble(text, x, y, size) {
    const { context } = this;
    const half = context.measureText(text).width / 2 + size * 0.8;
    context.fillStyle = "#ffffff";
    context.beginPath();
    context.roundRect(x - half, y - size, half * 2, size * 2, size * 0.7);
    context.moveTo(x - size * 0.4, y + size * 0.95);
    context.lineTo(x + size * 0.4, y + size * 0.95);
    context.lineTo(x, y + size * 1.5);
    context.fill();
    context.fillStyle = "#1b2250";
    context.fillText(text, x, y + size * 0.06);
  }
}

const FONT = 'ui-rounded, "SF Pro Rounded", Nunito, "Segoe UI", system-ui, sans-serif';

function nearest(springs, x) {
  let found = springs[0]?.[0] ?? 0;
  for (const [column] of springs) if (Math.abs(column + 0.5 - x) < Math.abs(found + 0.5 - x)) found = column;
  return found;
}
