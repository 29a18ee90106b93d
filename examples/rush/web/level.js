// A level as the page needs it: the map, and where things are. The mirror of level.py, which checks the files.

const HEIGHT_TILES_MAX = 32;

export class Level {
  constructor({ id = "", name = "", sky = "meadow", rows }) {
    this.id = id;
    this.name = name;
    this.sky = sky;
    this.rows = rows;
    this.width = rows[0].length;
    this.height = rows.length;
    this.rings = new Map();
    this.checkpoints = [];
    this.springs = [];
    this.arrows = [];
    for (let column = 0; column < this.width; column++) {
      for (let row = 0; row < this.height; row++) this.place(column, row);
    }
  }

  place(column, row) {
    const tile = this.rows[row][column];
    if (tile === "P") this.start = [column, row];
    else if (tile === "G") [this.goal, this.goalRow] = [column, row];
    else if (tile === "C") this.checkpoints.push([column, row]);
    else if (tile === "S") this.springs.push([column, row]);
    else if (tile === ">") this.arrows.push([column, row]);
    else if (tile === "o") this.rings.set(ringKey(column, row), this.rings.size);
  }

  // What is at a place; outside, the sides are solid and above and below is air.
  tile(column, row) {
    if (column < 0 || column >= this.width) return "#";
    return row >= 0 && row < this.height ? this.rows[row][column] : ".";
  }
}

export function ringKey(column, row) {
  return column * HEIGHT_TILES_MAX + row;
}

export function ringCell(key) {
  return [Math.floor(key / HEIGHT_TILES_MAX), key % HEIGHT_TILES_MAX];
}
