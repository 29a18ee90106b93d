// Short-lived sparks: rings taken, dust of landing, splashes, confetti. In tiles, with a fixed greatest number.

import { disc } from "./canvas.js";

const PARTICLES_MAX = 260;
const CONFETTI = ["#ff5d62", "#ffd23f", "#22c98e", "#2f97ff", "#b07cff", "#ffffff"];

export class Particles {
  constructor(calm) {
    this.calm = calm; // reduced motion: only the few that carry meaning
    this.all = [];
  }

  add(particle) {
    if (this.all.length >= PARTICLES_MAX) this.all.shift();
    this.all.push({ age: 0, spin: 0, turn: 0, gravity: 0, drag: 0, shape: "disc", ...particle });
  }

  dust(x, y, count, colour, push = 0) {
    if (this.calm) return;
    for (let index = 0; index < count; index++) {
      const way = (Math.random() - 0.5) * 3 - push;
      const life = 0.3 + Math.random() * 0.25;
      this.add({ x, y: y - 0.08, vx: way, vy: -Math.random() * 1.3, life, size: 0.09 + Math.random() * 0.1, colour, drag: 3, fade: 0.75 });
    }
  }

  ring(x, y) {
    for (let index = 0; index < (this.calm ? 3 : 9); index++) {
      const angle = (index / 9) * Math.PI * 2 + Math.random();
      const speed = 1.6 + Math.random() * 2;
      this.add({ x, y, vx: Math.cos(angle) * speed, vy: Math.sin(angle) * speed, life: 0.42, size: 0.13, colour: index % 2 ? "#fff3a8" : "#ffc928", drag: 3, shape: "star" });
    }
  }

  burst(x, y, colour) {
    for (let index = 0; index < (this.calm ? 5 : 16); index++) {
      const angle = Math.random() * Math.PI * 2;
      const speed = 2 + Math.random() * 4;
      this.add({ x, y, vx: Math.cos(angle) * speed, vy: Math.sin(angle) * speed - 1.5, life: 0.6, size: 0.14, colour: index % 3 ? colour : "#ffffff", gravity: 9, drag: 1.5, shape: "star", turn: 8 });
    }
  }

  splash(x, y, colour) {
    for (let index = 0; index < (this.calm ? 5 : 20); index++) {
      this.add({ x: x + (Math.random() - 0.5) * 0.6, y, vx: (Math.random() - 0.5) * 4, vy: -3 - Math.random() * 5, life: 0.7, size: 0.08 + Math.random() * 0.09, colour, gravity: 16 });
    }
  }

  streak(x, y, speed) {
    if (this.calm) return;
    this.add({ x, y, vx: -speed * 0.2, vy: 0, life: 0.25, size: 0.05, long: 0.9, colour: "rgba(255, 255, 255, 0.8)", shape: "line" });
  }

  confetti(x, y) {
    for (let index = 0; index < (this.calm ? 12 : 90); index++) {
      const angle = -Math.PI / 2 + (Math.random() - 0.5) * 1.9;
      const speed = 5 + Math.random() * 9;
      this.add({
        x,
        y,
        vx: Math.cos(angle) * speed,
        vy: Math.sin(angle) * speed,
        life: 1.6 + Math.random(),
        size: 0.13,
        colour: CONFETTI[index % CONFETTI.length],
        gravity: 7,
        drag: 1.4,
        turn: (Math.random() - 0.5) * 16,
        shape: "paper",
      });
    }
  }

  draw(context, seconds) {
    this.all = this.all.filter((particle) => (particle.age += seconds) < particle.life);
    for (const particle of this.all) {
      particle.vy += particle.gravity * seconds;
      const slow = Math.exp(-particle.drag * seconds);
      particle.vx *= slow;
      particle.vy *= slow;
      particle.x += particle.vx * seconds;
      particle.y += particle.vy * seconds;
      particle.spin += particle.turn * seconds;
      drawParticle(context, particle);
    }
    context.globalAlpha = 1;
  }
}

function drawParticle(context, particle) {
  const left = 1 - particle.age / particle.life;
  context.globalAlpha = Math.min(1, left * 2) * (particle.fade ?? 1);
  context.fillStyle = particle.colour;
  const { x, y, size } = particle;
  if (particle.shape === "disc") {
    disc(context, x, y, size * (0.5 + left * 0.5));
  } else if (particle.shape === "line") {
    context.fillRect(x - particle.long, y, particle.long, size);
  } else if (particle.shape === "paper") {
    context.save();
    context.translate(x, y);
    context.rotate(particle.spin);
    context.scale(1, Math.cos(particle.spin * 1.7));
    context.fillRect(-size * 0.6, -size * 0.4, size * 1.2, size * 0.8);
    context.restore();
  } else {
    const reach = size * (0.3 + left * 0.9);
    context.save();
    context.translate(x, y);
    context.rotate(particle.spin);
    context.beginPath();
    for (let point = 0; point < 8; point++) {
      const radius = point % 2 ? reach * 0.35 : reach;
      context.lineTo(Math.cos((point / 4) * Math.PI) * radius, Math.sin((point / 4) * Math.PI) * radius);
    }
    context.fill();
    context.restore();
  }
}
