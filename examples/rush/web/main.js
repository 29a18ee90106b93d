// The page: logs in, shows the lobby, takes the player into races and back, and comes back after a lost line.
// `document.body.dataset.state` says where it is: lobby, matching, countdown, racing or finished.

import { Account } from "./account.js";
import { Attract } from "./attract.js";
import { Chat } from "./chat.js";
import { time } from "./format.js";
import { Hud } from "./hud.js";
import { Input } from "./input.js";
import { Level } from "./level.js";
import { Op } from "./messages.js";
import { Net, decodeBase64 } from "./net.js";
import { atStart } from "./physics.js";
import { Race } from "./race.js";
import { Scene } from "./scene.js";
import { Scores } from "./scores.js";
import { Secure } from "./secure.js";
import { Sound } from "./sound.js";

const MATCH_PLAYERS_MIN = 2;
const MATCH_PLAYERS_MAX = 8;
const STATS_EVERY_MS = 2_000;
const RESULTS_AFTER_MS = 1_400;
const FRAME_SECONDS_MAX = 0.1;

const $ = (selector) => document.querySelector(selector);

const net = new Net();
const sound = new Sound($("#sound"));
const scene = new Scene($("#view"));
const hud = new Hud(sound);
const scores = new Scores(net);
const attract = new Attract(scene);
const account = new Account(net);
new Secure(net);
const chat = new Chat(net, (userId, text) => {
  const seat = race?.seats.find((one) => one.user_id === userId);
  if (seat) scene.say(seat.seat, text, performance.now());
});
const input = new Input(document.querySelectorAll("#touch button"));
let race;
let matchId;
let sessionId;
let ticket;
let courses = [];

function state() {
  return document.body.dataset.state;
}

function enter(next) {
  document.body.dataset.state = next;
  input.active = ["countdown", "racing", "finished"].includes(next);
}

function notice(text) {
  $("#notice").textContent = text;
}

// Lobby ----------------------------------------------------------------------------------------------

function showCourses() {
  const chosen = localStorage.getItem("rush.course") ?? courses[0].id;
  $("#course-list").replaceChildren(
    ...courses.map((course) => {
      const [label, radio, canvas, name] = ["label", "input", "canvas", "span"].map((tag) => document.createElement(tag));
      label.className = "course";
      Object.assign(radio, { type: "radio", name: "course", value: course.id, checked: course.id === chosen });
      radio.addEventListener("change", () => chooseCourse(course));
      name.textContent = course.name;
      label.append(radio, canvas, name);
      return label;
    }),
  );
  for (const [index, canvas] of document.querySelectorAll(".course canvas").entries()) paintThumbnail(canvas, courses[index]);
  chooseCourse(courses.find((course) => course.id === chosen) ?? courses[0]);
}

// A course's card is a small still of its own scenery.
function paintThumbnail(canvas, course) {
  const still = new Scene(canvas, { still: true });
  still.show(course.level);
  const runner = atStart(still.level);
  still.follow(runner, 0);
  still.draw([], runner, 900, 0);
}

function chooseCourse(course) {
  localStorage.setItem("rush.course", course.id);
  document.querySelector(`.course input[value="${course.id}"]`).checked = true;
  if (!race) attract.show(course);
  showScores(course);
}

function chosenCourse() {
  return courses.find((course) => course.id === localStorage.getItem("rush.course")) ?? courses[0];
}

async function showScores(course) {
  if (!net.userId) return;
  try {
    await scores.show(course);
  } catch (error) {
    $("#scores-own").textContent = error.message;
  }
}

async function raceNow() {
  await attempt(async () => {
    const { match_id: id } = await net.rpc("quick_race", { level: chosenCourse().id });
    await join({ match_id: id });
  });
}

async function findRivals() {
  await attempt(async () => {
    const add = { min_count: MATCH_PLAYERS_MIN, max_count: MATCH_PLAYERS_MAX, query: "*" };
    ({ ticket } = await net.ask({ matchmaker_add: { ...add, string_properties: { level: chosenCourse().id } } }));
    enter("matching");
    const since = performance.now();
    const shown = setInterval(() => {
      if (state() !== "matching") clearInterval(shown);
      $("#waited").textContent = time(performance.now() - since, 0);
    }, 250);
    watchSearchers();
  });
}

async function watchSearchers() {
  while (state() === "matching") {
    const { ticket_count: count = 0 } = await net.http("GET", "/v2/matchmaker/stats").catch(() => ({}));
    $("#searchers").textContent = count > 1 ? `${count} players are searching` : "Nobody else is searching yet";
    await new Promise((resolve) => setTimeout(resolve, STATS_EVERY_MS));
  }
}

async function cancel() {
  const old = ticket;
  ticket = undefined;
  enter("lobby");
  if (old) await net.ask({ matchmaker_remove: { ticket: old } }).catch(() => {});
}

async function attempt(action) {
  $("#lobby-error").textContent = "";
  $("#play").disabled = $("#match").disabled = true;
  try {
    await action();
  } catch (error) {
    $("#lobby-error").textContent = error.message;
  } finally {
    $("#play").disabled = $("#match").disabled = !net.online;
  }
}

$("#play").addEventListener("click", raceNow);
$("#match").addEventListener("click", findRivals);
$("#cancel").addEventListener("click", cancel);
$("#instead").addEventListener("click", async () => {
  await cancel();
  await raceNow();
});

// Races ----------------------------------------------------------------------------------------------

async function join(which) {
  const early = [];
  const keep = ({ detail }) => early.push(detail);
  net.addEventListener("match_data", keep);
  try {
    const match = await net.ask({ match_join: which });
    matchId = match.match_id;
    sessionId = match.self.session_id;
  } finally {
    net.removeEventListener("match_data", keep);
  }
  race = new Race(net.userId, (op, data) => net.tellMatch(matchId, op, data));
  race.addEventListener("phase", ({ detail }) => phase(detail));
  race.addEventListener("finish", ({ detail }) => finished(detail.seat));
  ticket = undefined;
  sessionStorage.setItem("rush.match", matchId);
  document.activeElement?.blur();
  for (const data of early) hear(data);
}

function hear({ match_id: id, op_code: op, data = "" }) {
  if (!race || id !== matchId) return;
  const before = race.level;
  race.hear(Number(op), JSON.parse(decodeBase64(data)), performance.now());
  if (race.level !== before) {
    scene.show(race.level);
    scene.camera.at = 0.36;
  }
}

function phase(next) {
  if (next === "results") setTimeout(() => race?.phase === "results" && enter("finished"), 600);
  else enter(next);
}

function finished(seat) {
  if (seat !== race.seat) return;
  scene.camera.at = 0.2; // beside the results
  setTimeout(() => race && race.phase !== "countdown" && enter("finished"), RESULTS_AFTER_MS);
}

async function leave() {
  const left = matchId;
  backToLobby("");
  await net.ask({ match_leave: { match_id: left } }).catch(() => {});
}

function backToLobby(why) {
  race = matchId = undefined;
  sessionStorage.removeItem("rush.match");
  enter("lobby");
  chooseCourse(chosenCourse());
  $("#lobby-error").textContent = why;
}

// After a reload of the page the seat is still kept for a while.
async function resume() {
  const left = sessionStorage.getItem("rush.match");
  sessionStorage.removeItem("rush.match");
  if (left) await join({ match_id: left }).catch(() => {});
}

$("#leave").addEventListener("click", leave);
$("#leave-results").addEventListener("click", leave);
net.addEventListener("match_data", ({ detail }) => hear(detail));
net.addEventListener("match_presence_event", ({ detail }) => {
  const gone = detail.match_id === matchId && detail.leaves?.some((one) => one.session_id === sessionId);
  if (race && gone) backToLobby("You are racing in another window.");
});
net.addEventListener("matchmaker_matched", ({ detail }) => {
  if (detail.ticket === ticket) attempt(() => join(detail.match_id ? { match_id: detail.match_id } : { token: detail.token }));
});

// The line -------------------------------------------------------------------------------------------

net.addEventListener("open", async ({ detail: first }) => {
  document.body.dataset.online = "yes";
  notice("");
  $("#play").disabled = $("#match").disabled = false;
  chat.join().catch((error) => chat.note(error.message));
  if (state() === "matching") enter("lobby");
  if (first) await resume();
  if (first || !matchId) return;
  try {
    const match = await net.ask({ match_join: { match_id: matchId } });
    sessionId = match.self.session_id;
  } catch {
    backToLobby("The race went on without you.");
  }
});

net.addEventListener("close", () => {
  document.body.dataset.online = "no";
  $("#play").disabled = $("#match").disabled = true;
  notice("The line is down, coming back…");
});

// Chat and keys --------------------------------------------------------------------------------------

$("#chat-toggle").addEventListener("click", () => {
  const open = document.body.dataset.chat !== "open";
  document.body.dataset.chat = open ? "open" : "";
  $("#chat-toggle").setAttribute("aria-expanded", String(open));
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.activeElement?.blur();
  else if (event.key === "Enter" && input.active && document.activeElement === document.body) {
    event.preventDefault();
    $("#chat-input").focus();
  }
});

$("#chat-form").addEventListener("submit", () => input.active && $("#chat-input").blur());

// The picture ----------------------------------------------------------------------------------------

let last = performance.now();

function frame(now) {
  const seconds = Math.min(FRAME_SECONDS_MAX, Math.max(0, (now - last) / 1000));
  last = now;
  if (race?.me) drawRace(now, seconds);
  else attract.draw(now, seconds);
  requestAnimationFrame(frame);
}

function drawRace(now, seconds) {
  const own = race.seat;
  race.advance(now, () => input.take(), (before, after) => scene.noticed(own, before, after, now, (name) => sound.play(name)));
  race.interpolate(now, (seat, before, after) => scene.noticed(seat, before, after, now));
  const me = race.placeOfMe(now);
  scene.follow(me, seconds);
  const runners = race.seats
    .filter(({ seat }) => seat !== own && race.others.has(seat))
    .map(({ seat, name, here }) => ({ seat, name, here, runner: race.others.get(seat).shown }));
  runners.push({ seat: own, runner: me, name: net.username, mine: true, here: true });
  scene.draw(runners, race.me, now, seconds);
  hud.update(race, now);
}

// For tests and the curious: where everybody is, in tiles.
window.rush = {
  net,
  get race() {
    return race;
  },
  get state() {
    return state();
  },
  positions() {
    if (!race?.me) return [];
    return race.seats.map(({ seat, user_id: userId, name }) => {
      const runner = seat === race.seat ? race.me : race.others.get(seat)?.shown;
      return { seat, userId, name, mine: seat === race.seat, x: runner.x / 256, y: runner.y / 256 };
    });
  },
};

async function loadCourses() {
  const [told, recordings] = await Promise.all(["courses", "recordings.json"].map(async (path) => (await fetch(path)).json()));
  courses = told.map((course) => ({ ...course, level: new Level(course), keys: recordings[course.id] ?? "" }));
}

await loadCourses();
showCourses();
requestAnimationFrame(frame);
try {
  await account.logIn();
  net.connect();
  showScores(chosenCourse());
} catch (error) {
  notice(`The server does not answer: ${error.message}`);
}
