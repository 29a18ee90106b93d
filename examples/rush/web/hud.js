// What stands around the race: place, time, rings, the way of everybody, countdown and results.

import { ordinal, time } from "./format.js";
import { SEATS } from "./palette.js";
import { STEP_MS } from "./physics.js";
import { medal, part } from "./scores.js";

const GO_MS = 900;
const HOWTO = "<kbd>←</kbd> <kbd>→</kbd> run &nbsp; <kbd>Space</kbd> jump, hold for higher &nbsp; <kbd>Enter</kbd> chat";

const $ = (selector) => document.querySelector(selector);

export class Hud {
  constructor(sound) {
    this.sound = sound;
    this.dots = new Map();
  }

  // Once per picture; writes to the page only what has changed.
  update(race, now) {
    const standings = race.standings();
    const mine = standings.findIndex((one) => one.mine);
    const place = race.finished.get(race.seat)?.place ?? mine + 1;
    put($("#place-number"), place);
    put($("#place-rest"), `${ordinal(place)} of ${standings.length}`);
    put($("#rings-count"), race.me?.rings ?? 0);
    put($("#clock"), time(this.elapsed(race, now), 1));
    this.updateDots(standings);
    this.updateCountdown(race, now);
    if (document.body.dataset.state === "finished") this.updateResults(race, standings, now);
  }

  elapsed(race, now) {
    if (race.phase === "countdown" || !race.me) return 0;
    if (race.me.finishMs) return race.me.finishMs;
    return race.phase === "racing" ? Math.max(0, now - race.startedAt) : race.me.steps * STEP_MS;
  }

  updateDots(standings) {
    for (const [seat, dot] of this.dots) {
      if (standings.some((one) => one.seat === seat)) continue;
      dot.remove();
      this.dots.delete(seat);
    }
    for (const { seat, name, way, mine, here } of standings) {
      let dot = this.dots.get(seat);
      if (!dot) {
        dot = part("dot", name);
        this.dots.set(seat, dot);
        $("#track").append(dot);
      }
      const left = `${(way * 100).toFixed(1)}%`;
      if (dot.style.left !== left) dot.style.left = left;
      dot.style.background = SEATS[seat % SEATS.length].body;
      dot.className = `dot${mine ? " mine" : ""}${here ? "" : " gone"}`;
    }
  }

  updateCountdown(race, now) {
    const left = race.dueAt - now;
    let [big, small] = ["", ""];
    if (race.phase === "countdown") {
      const seconds = Math.max(1, Math.ceil(left / 1000));
      [big, small] = [seconds <= 3 ? String(seconds) : "", seconds > 3 ? race.level.name : ""];
    } else if (race.phase === "racing" && now - race.startedAt < GO_MS) {
      big = "Go!";
    }
    const text = big + small;
    if (text !== this.counted) {
      this.counted = text;
      const lines = [small && part("course", small), big && document.createElement("b")].filter(Boolean);
      if (big) lines.at(-1).textContent = big;
      $("#countdown").replaceChildren(...lines);
      if (big) this.sound.play(big === "Go!" ? "go" : "beep");
    }
    const howto = race.phase === "countdown" || (race.phase === "racing" && race.me?.steps < 60);
    if (howto !== this.taught) $("#howto").innerHTML = howto ? HOWTO : "";
    this.taught = howto;
  }

  updateResults(race, standings, now) {
    const own = race.finished.get(race.seat);
    const over = race.phase === "results";
    put($("#results-title"), own ? `${own.place}${ordinal(own.place)} place!` : "The race is over");
    put($("#results-time"), own ? `Your time: ${time(own.ms)}` : "Next time!");
    const seconds = Math.max(0, Math.ceil((race.dueAt - now) / 1000));
    put($("#results-next"), over ? `Next: ${race.results?.next ?? ""} in ${seconds} s` : "The others are still running…");
    const key = JSON.stringify([own, over, standings.map(({ seat, ms }) => [seat, ms])]);
    if (key === this.listed) return;
    this.listed = key;
    $("#results-list").replaceChildren(...standings.map((one, index) => resultLine(one, index + 1, over)));
  }
}

function resultLine({ seat, name, ms, mine }, place, over) {
  const line = document.createElement("li");
  const who = part("who", "");
  const swatch = part("swatch", "");
  swatch.style.background = SEATS[seat % SEATS.length].body;
  who.append(swatch, name);
  line.append(medal(place), who, part("time", ms ? time(ms) : over ? "not arrived" : "…"));
  line.classList.toggle("mine", mine);
  return line;
}

function put(element, text) {
  const next = String(text);
  if (element.textContent !== next) element.textContent = next;
}
