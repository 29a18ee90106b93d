// The course itself: earth, blocks, planks and the plants upon them, painted once in pieces and kept.

import { disc, sheet } from "./canvas.js";
import { chance } from "./palette.js";

const PIECE_TILES = 12;
const PIECES_MAX = 7;
const DEEP_TILES = 14; // earth goes on below the map, for tall screens
const ABOVE_TILES = 2;

export class Ground {
  constructor(level, palette) {
    this.level = level;
    this.palette = palette;
    this.pieces = new Map();
  }

  resize(scale, ratio) {
    this.scale = scale;
    this.ratio = Math.min(ratio, 2);
    this.pieces.clear();
  }

  draw(context, camera) {
    const first = Math.floor(camera.x / PIECE_TILES);
    const last = Math.floor((camera.x + camera.width) / PIECE_TILES);
    for (let index = first; index <= last; index++) {
      const x = (index * PIECE_TILES - camera.x) * this.scale;
      const y = (-ABOVE_TILES - camera.y) * this.scale;
      const tall = (this.level.height + ABOVE_TILES + DEEP_TILES) * this.scale;
      context.drawImage(this.piece(index), x, y, PIECE_TILES * this.scale, tall);
    }
  }

  piece(index) {
    let canvas = this.pieces.get(index);
    if (canvas) {
      this.pieces.delete(index); // the freshest is last
    } else {
      canvas = this.paint(index);
      if (this.pieces.size >= PIECES_MAX) this.pieces.delete(this.pieces.keys().next().value);
    }
    this.pieces.set(index, canvas);
    return canvas;
  }

  paint(index) {
    const { level, scale } = this;
    const height = (level.height + ABOVE_TILES + DEEP_TILES) * scale;
    const [canvas, context] = sheet(PIECE_TILES * scale, height, this.ratio);
    context.scale(scale, scale);
    context.translate(-index * PIECE_TILES, ABOVE_TILES);
    const from = Math.max(0, index * PIECE_TILES - 3);
    const to = Math.min(level.width, (index + 1) * PIECE_TILES + 3);
    const each = (draw) => {
      for (let column = from; column < to; column++) {
        for (let row = 0; row < level.height; row++) draw(column, row, level.tile(column, row));
      }
    };
    each((column, row, tile) => tile === "#" && this.open(column, row) && this.plant(context, column, row));
    for (let column = from; column < to; column++) this.column(context, column);
    each((column, row, tile) => {
      if (tile === "#" && this.open(column, row)) this.turf(context, column, row);
      else if (tile === "=") this.block(context, column, row);
      else if (tile === "-") this.plank(context, column, row);
      else if (tile === "^") this.spikes(context, column, row);
    });
    return canvas;
  }

  solid(column, row) {
    return this.level.tile(column, Math.min(row, this.level.height - 1)) === "#";
  }

  open(column, row) {
    return !this.solid(column, row - 1);
  }

  // One column of earth, from each surface down.
  column(context, column) {
    const { level, palette } = this;
    for (let row = 0; row < level.height + DEEP_TILES; row++) {
      if (!this.solid(column, row)) continue;
      let top = row;
      while (this.solid(column, row + 1) && row < level.height + DEEP_TILES) row++;
      const fill = context.createLinearGradient(0, 5, 0, 19);
      fill.addColorStop(0, palette.earth[0]);
      fill.addColorStop(0.5, palette.earth[1]);
      fill.addColorStop(1, palette.earth[2]);
      context.fillStyle = fill;
      context.fillRect(column - 0.01, top, 1.02, row + 1 - top);
      this.pebbles(context, column, top, row);
      this.sides(context, column, top, row);
    }
  }

  pebbles(context, column, top, bottom) {
    context.fillStyle = this.palette.pebble;
    for (let row = top; row <= bottom; row++) {
      for (let index = 0; index < 2; index++) {
        if (chance(column, row, index, 20) < 0.45) continue;
        const [x, y] = [column + 0.12 + 0.76 * chance(column, row, index, 21), row + 0.4 + 0.5 * chance(column, row, index, 22)];
        const size = 0.05 + 0.08 * chance(column, row, index, 23);
        context.beginPath();
        context.ellipse(x, y, size * 1.4, size, chance(column, row, index, 24) - 0.5, 0, Math.PI * 2);
        context.fill();
      }
    }
  }

  // Light on the left, shade on the right, where the earth ends.
  sides(context, column, top, bottom) {
    for (let row = top; row <= bottom; row++) {
      if (!this.solid(column - 1, row)) shade(context, column, row, column + 0.3, "rgba(255, 255, 255, 0.16)");
      if (!this.solid(column + 1, row)) shade(context, column + 1, row, column + 0.55, "rgba(20, 10, 40, 0.28)");
    }
  }

  turf(context, column, row) {
    const { palette } = this;
    const [endsLeft, endsRight] = [!this.solid(column - 1, row), !this.solid(column + 1, row)];
    const [left, right] = [column - (endsLeft ? 0.08 : 0.01), column + 1 + (endsRight ? 0.08 : 0.01)];
    const fill = context.createLinearGradient(0, row - 0.06, 0, row + 0.42);
    fill.addColorStop(0, palette.top[0]);
    fill.addColorStop(1, palette.top[1]);
    context.fillStyle = "rgba(20, 10, 40, 0.22)";
    this.fringe(context, column, row + 0.07, left, right);
    context.fillStyle = fill;
    this.fringe(context, column, row, left, right);
    context.fillStyle = palette.edge;
    context.beginPath();
    context.roundRect(left, row - 0.06, right - left, 0.1, [endsLeft ? 0.06 : 0, endsRight ? 0.06 : 0, 0, 0]);
    context.fill();
  }

  // The turf's lower edge hangs in rounded tongues of differing length.
  fringe(context, column, row, left, right) {
    context.beginPath();
    context.moveTo(left, row - 0.04);
    context.lineTo(right, row - 0.04);
    context.lineTo(right, row + 0.22);
    const tongues = 4;
    for (let index = tongues - 1; index >= 0; index--) {
      const [from, to] = [left + ((right - left) * (index + 1)) / tongues, left + ((right - left) * index) / tongues];
      const hang = 0.26 + 0.16 * chance(column, index, 25);
      context.bezierCurveTo(from, row + hang, to, row + hang, to, row + 0.22);
    }
    context.closePath();
    context.fill();
  }

  block(context, column, row) {
    const [light, middle, dark] = this.palette.earth;
    const fill = context.createLinearGradient(0, row, 0, row + 1);
    fill.addColorStop(0, light);
    fill.addColorStop(1, middle);
    context.fillStyle = dark;
    context.beginPath();
    context.roundRect(column + 0.01, row + 0.01, 0.98, 0.99, 0.14);
    context.fill();
    context.fillStyle = fill;
    context.beginPath();
    context.roundRect(column + 0.05, row + 0.03, 0.9, 0.86, 0.12);
    context.fill();
    context.fillStyle = "rgba(255, 255, 255, 0.28)";
    context.beginPath();
    context.roundRect(column + 0.1, row + 0.07, 0.8, 0.12, 0.06);
    context.fill();
    context.fillStyle = "rgba(0, 0, 0, 0.13)";
    for (const [x, y] of [[0.2, 0.72], [0.8, 0.72], [0.2, 0.34], [0.8, 0.34]]) disc(context, column + x, row + y, 0.045);
  }

  plank(context, column, row) {
    const [endsLeft, endsRight] = [this.level.tile(column - 1, row) !== "-", this.level.tile(column + 1, row) !== "-"];
    const corners = [endsLeft ? 0.12 : 0, endsRight ? 0.12 : 0, endsRight ? 0.12 : 0, endsLeft ? 0.12 : 0];
    context.fillStyle = "rgba(30, 14, 30, 0.35)";
    context.beginPath();
    context.roundRect(column, row + 0.14, 1.005, 0.24, corners);
    context.fill();
    const fill = context.createLinearGradient(0, row, 0, row + 0.3);
    fill.addColorStop(0, this.palette.decor === "aurora" ? "#dce9ff" : "#ffd08a");
    fill.addColorStop(0.3, this.palette.decor === "aurora" ? "#9db4ea" : "#e2a053");
    fill.addColorStop(1, this.palette.decor === "aurora" ? "#6c80c4" : "#a8662f");
    context.fillStyle = fill;
    context.beginPath();
    context.roundRect(column, row, 1.005, 0.28, corners);
    context.fill();
    context.fillStyle = "rgba(60, 25, 10, 0.3)";
    context.fillRect(column + 0.485, row + 0.04, 0.03, 0.2);
    if (endsLeft || endsRight) disc(context, column + (endsLeft ? 0.16 : 0.84), row + 0.14, 0.05);
  }

  spikes(context, column, row) {
    for (let index = 0; index < 3; index++) {
      const x = column + index / 3;
      const fill = context.createLinearGradient(x, 0, x + 1 / 3, 0);
      fill.addColorStop(0, "#ffffff");
      fill.addColorStop(0.45, "#c9d4e6");
      fill.addColorStop(1, "#7c8aa8");
      context.fillStyle = fill;
      context.strokeStyle = "rgba(40, 45, 80, 0.55)";
      context.lineWidth = 0.03;
      context.lineJoin = "round";
      context.beginPath();
      context.moveTo(x + 0.02, row + 1);
      context.lineTo(x + 1 / 6, row + 0.32);
      context.lineTo(x + 1 / 3 - 0.02, row + 1);
      context.closePath();
      context.fill();
      context.stroke();
    }
  }

  plant(context, column, row) {
    const above = this.level.tile(column, row - 1);
    if (above !== "." && above !== "o") return;
    const luck = chance(column, row, 30);
    const paint = { meadow: plantMeadow, dunes: plantDunes, aurora: plantAurora }[this.palette.decor];
    const roomy = [-1, 0, 1].every((step) => this.solid(column + step, row) && !this.solid(column + step, row - 1));
    paint(context, column + 0.5, row, luck, roomy, column);
  }
}

function shade(context, edge, row, inner, colour) {
  const fill = context.createLinearGradient(edge, 0, inner, 0);
  fill.addColorStop(0, colour);
  fill.addColorStop(1, "rgba(0, 0, 0, 0)");
  context.fillStyle = fill;
  context.fillRect(Math.min(edge, inner), row, Math.abs(edge - inner), 1.01);
}

function plantMeadow(context, x, y, luck, roomy, seed) {
  tuft(context, x - 0.2, y, "#3f9f35", seed);
  if (luck < 0.13 && roomy) {
    const size = 0.8 + chance(seed, 31) * 0.5;
    context.fillStyle = "#8a5a33";
    context.beginPath();
    context.roundRect(x - 0.12, y - size * 1.2, 0.24, size * 1.3, 0.08);
    context.fill();
    for (const [dx, dy, radius, colour] of [
      [0, -1.75, 0.74, "#3f9f4f"],
      [-0.5, -1.4, 0.52, "#4bb05a"],
      [0.5, -1.42, 0.5, "#379048"],
      [-0.15, -1.95, 0.46, "#62c46a"],
    ]) {
      context.fillStyle = colour;
      disc(context, x + dx * size, y + dy * size, radius * size);
    }
  } else if (luck < 0.26 && roomy) {
    for (const [dx, radius, colour] of [[-0.35, 0.34, "#3f9f4f"], [0.35, 0.32, "#379048"], [0, 0.42, "#55b860"]]) {
      context.fillStyle = colour;
      disc(context, x + dx, y - 0.12, radius);
    }
    context.fillStyle = "#ff8fab";
    for (const [dx, dy] of [[-0.3, -0.25], [0.08, -0.36], [0.36, -0.2]]) disc(context, x + dx, y + dy, 0.055);
  } else if (luck < 0.6) {
    flower(context, x + 0.15, y, 0.34 + 0.2 * chance(seed, 32), ["#ff6b8b", "#ffd23f", "#ffffff", "#b388ff"][Math.floor(chance(seed, 33) * 4)]);
    if (luck < 0.45) flower(context, x - 0.22, y, 0.28, "#fff3b0");
  }
}

function plantDunes(context, x, y, luck, roomy, seed) {
  if (luck < 0.14 && roomy) {
    const size = 0.9 + 0.5 * chance(seed, 31);
    context.strokeStyle = "#4f8f55";
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const [width, colour] of [[0.34, "#4a8a55"], [0.2, "#63a868"]]) {
      context.lineWidth = width * size;
      context.strokeStyle = colour;
      context.beginPath();
      context.moveTo(x, y + 0.1);
      context.lineTo(x, y - 1.4 * size);
      context.moveTo(x, y - 0.55 * size);
      context.lineTo(x + 0.42 * size, y - 0.55 * size);
      context.lineTo(x + 0.42 * size, y - 1.05 * size);
      context.moveTo(x, y - 0.4 * size);
      context.lineTo(x - 0.38 * size, y - 0.4 * size);
      context.lineTo(x - 0.38 * size, y - 0.8 * size);
      context.stroke();
    }
    context.fillStyle = "#ff7aa2";
    disc(context, x, y - 1.58 * size, 0.1 * size);
  } else if (luck < 0.32) {
    context.fillStyle = "#b56a45";
    context.beginPath();
    context.ellipse(x, y + 0.02, 0.36, 0.26, 0, Math.PI, 0);
    context.fill();
    context.fillStyle = "#d58f61";
    context.beginPath();
    context.ellipse(x - 0.08, y - 0.02, 0.22, 0.16, 0, Math.PI, 0);
    context.fill();
  } else if (luck < 0.62) {
    tuft(context, x, y, "#b98d3e", seed);
  }
}

function plantAurora(context, x, y, luck, roomy, seed) {
  if (luck < 0.16 && roomy) {
    const size = 0.8 + 0.5 * chance(seed, 31);
    context.fillStyle = "#4a3b63";
    context.fillRect(x - 0.09, y - 0.4, 0.18, 0.5);
    for (let layer = 0; layer < 3; layer++) {
      const [top, half] = [y - size * (2.3 - layer * 0.6), size * (0.42 + layer * 0.2)];
      context.fillStyle = ["#2f6f7f", "#2a6274", "#245567"][layer];
      triangle(context, x, top, half, size * 0.95);
      context.fillStyle = "rgba(240, 248, 255, 0.92)";
      triangle(context, x, top, half * 0.42, size * 0.38);
    }
  } else if (luck < 0.3) {
    for (const [dx, height, colour] of [[-0.16, 0.5, "#7de2ff"], [0.14, 0.7, "#b7a6ff"], [0.34, 0.36, "#8ff0e0"]]) {
      context.fillStyle = colour;
      context.beginPath();
      context.moveTo(x + dx - 0.11, y + 0.02);
      context.lineTo(x + dx - 0.07, y - height * 0.7);
      context.lineTo(x + dx, y - height);
      context.lineTo(x + dx + 0.09, y - height * 0.65);
      context.lineTo(x + dx + 0.11, y + 0.02);
      context.fill();
      context.fillStyle = "rgba(255, 255, 255, 0.5)";
      context.fillRect(x + dx - 0.045, y - height * 0.66, 0.035, height * 0.6);
    }
  } else if (luck < 0.5) {
    context.fillStyle = "#eef5ff";
    context.beginPath();
    context.ellipse(x, y + 0.03, 0.42, 0.2, 0, Math.PI, 0);
    context.fill();
  }
}

function triangle(context, x, top, half, height) {
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x + half, top + height);
  context.lineTo(x - half, top + height);
  context.fill();
}

function tuft(context, x, y, colour, seed) {
  context.strokeStyle = colour;
  context.lineWidth = 0.06;
  context.lineCap = "round";
  context.beginPath();
  for (let blade = -1; blade <= 1; blade++) {
    const height = 0.18 + 0.14 * chance(seed, blade, 34);
    context.moveTo(x + blade * 0.08, y);
    context.quadraticCurveTo(x + blade * 0.1, y - height * 0.6, x + blade * 0.19, y - height);
  }
  context.stroke();
}

function flower(context, x, y, height, colour) {
  context.strokeStyle = "#3f9f35";
  context.lineWidth = 0.05;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x, y - height);
  context.stroke();
  context.fillStyle = colour;
  for (let petal = 0; petal < 5; petal++) {
    const angle = (petal / 5) * Math.PI * 2;
    disc(context, x + Math.cos(angle) * 0.075, y - height + Math.sin(angle) * 0.075, 0.06);
  }
  context.fillStyle = "#ffb703";
  disc(context, x, y - height, 0.05);
}
