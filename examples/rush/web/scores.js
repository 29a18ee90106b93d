// The best times of a course, and the player's own.

import { time } from "./format.js";

const SHOWN = 8;

export class Scores {
  constructor(net) {
    this.net = net;
  }

  async show(course) {
    this.course = course;
    document.querySelector("#scores-course").textContent = course.name;
    const path = `/v2/leaderboard/${course.board}`;
    const query = new URLSearchParams({ limit: SHOWN, owner_ids: this.net.userId });
    const { records = [], owner_records: own = [] } = await this.net.http("GET", `${path}?${query}`);
    if (this.course !== course) return; // another one was chosen meanwhile
    const lines = records.slice(0, SHOWN).map((record) => this.line(record));
    if (!lines.length) lines.push(emptyLine());
    document.querySelector("#scores-list").replaceChildren(...lines);
    const seen = records.some((record) => record.owner_id === this.net.userId);
    const text = own[0] && !seen ? `Your best: ${time(Number(own[0].score))}, rank ${own[0].rank}` : "";
    document.querySelector("#scores-own").textContent = text;
  }

  line(record) {
    const line = document.createElement("li");
    line.append(medal(Number(record.rank)), part("who", record.username ?? "Somebody"), part("time", time(Number(record.score))));
    line.classList.toggle("mine", record.owner_id === this.net.userId);
    return line;
  }
}

export function medal(place) {
  const badge = part("medal", String(place));
  badge.dataset.place = place;
  return badge;
}

export function part(kind, text) {
  const element = document.createElement("span");
  element.className = kind;
  element.textContent = text;
  return element;
}

function emptyLine() {
  const line = document.createElement("li");
  line.className = "empty";
  line.textContent = "Nobody has finished yet. Be the first!";
  return line;
}
