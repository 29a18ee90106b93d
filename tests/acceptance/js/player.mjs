// Players with the real client, and what the tests ask of them.
import assert from "node:assert/strict";
import { Client, WebSocketAdapterText } from "@heroiclabs/nakama-js";
import WebSocket from "ws";
import { ProtobufAdapter } from "./protobuf.mjs";

globalThis.WebSocket = WebSocket; // what the client finds in a browser; Node 20 has none of its own

// The client never cancels its timeouts, and the process is not to wait for them.
const later = globalThis.setTimeout;
globalThis.setTimeout = (...args) => later(...args).unref();

export const PORT = process.env.SUPERGAME_PORT;
/** What goes over sockets: json or protobuf. */
export const FORMAT = process.env.SUPERGAME_FORMAT ?? "json";
export const BASE = `http://127.0.0.1:${PORT}`;
const WAIT_MS_MAX = 10_000;
const run = `${Date.now().toString(36)}${process.pid}`; // names of this run, so that runs can share a server
let count = 0;

/** A name that no other test uses. */
export const unique = (name) => `${name}-${run}-${(count += 1)}`;

export const client = () => new Client("defaultkey", "127.0.0.1", PORT);

/** Resolves after so many milliseconds: for showing that something does not happen. */
export const pause = (ms) => new Promise((resolve) => later(resolve, ms));

/** What a request was refused with: the client throws the whole response. */
export async function refusal(promise) {
  try {
    await promise;
  } catch (answer) {
    if (!(answer instanceof Response)) throw answer;
    return { status: answer.status, ...(await answer.json()) };
  }
  throw new Error("this was to be refused");
}

/** What a socket message was refused with. */
export async function socketRefusal(promise) {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error || typeof error === "string") throw error;
    return error;
  }
  throw new Error("this was to be refused");
}

/** Show that every one of these is refused with that code; begun together, so that none fails unheard. */
export async function allRefused(code, promises, how = refusal) {
  const refused = await Promise.all(promises.map(how));
  assert.deepEqual(refused.map((answer) => answer.code), promises.map(() => code));
}

const ADAPTERS = { json: WebSocketAdapterText, protobuf: ProtobufAdapter };

const EVENTS = {
  message: "onchannelmessage",
  channelPresence: "onchannelpresence",
  notification: "onnotification",
  matchData: "onmatchdata",
  matchPresence: "onmatchpresence",
  matched: "onmatchmakermatched",
  statusPresence: "onstatuspresence",
  streamPresence: "onstreampresence",
  streamData: "onstreamdata",
  party: "onparty",
  partyClose: "onpartyclose",
  partyData: "onpartydata",
  partyLeader: "onpartyleader",
  partyPresence: "onpartypresence",
  partyRequest: "onpartyjoinrequest",
  partyTicket: "onpartymatchmakerticket",
  disconnect: "ondisconnect",
};

/** A logged-in player whose socket keeps what it hears until it is asked for. */
export class Player {
  heard = [];
  waiting = [];

  static async login(name, { status = false, vars } = {}) {
    const player = new Player();
    player.client = client();
    player.username = unique(name);
    player.deviceId = `device-of-${player.username}`;
    player.session = await player.client.authenticateDevice(player.deviceId, true, player.username, vars);
    await player.connect(status);
    return player;
  }

  get userId() {
    return this.session.user_id;
  }

  async connect(status = false) {
    this.socket = this.client.createSocket(false, false, new ADAPTERS[FORMAT]());
    for (const [kind, name] of Object.entries(EVENTS)) this.socket[name] = (event) => this.hear(kind, event);
    await this.socket.connect(this.session, status);
  }

  hear(kind, event) {
    const index = this.waiting.findIndex((waiter) => waiter.kind === kind && waiter.wanted(event));
    if (index >= 0) this.waiting.splice(index, 1)[0].resolve(event);
    else this.heard.push({ kind, event });
  }

  /** The next event of a kind, those that came already included. */
  next(kind, wanted = () => true) {
    const index = this.heard.findIndex((entry) => entry.kind === kind && wanted(entry.event));
    if (index >= 0) return Promise.resolve(this.heard.splice(index, 1)[0].event);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.username} heard no ${kind}`)), WAIT_MS_MAX);
      this.waiting.push({ kind, wanted, resolve: (event) => (clearTimeout(timer), resolve(event)) });
    });
  }

  /** Everything of a kind that was heard and not yet asked for. */
  all(kind) {
    return this.heard.filter((entry) => entry.kind === kind).map((entry) => entry.event);
  }

  /** Wait until the server has handled what was sent, and its events have come. */
  async settle() {
    await this.socket.rpc("echo", "");
    await this.socket.rpc("echo", "");
  }

  leave() {
    this.socket.disconnect(false);
  }
}

/** Run a test with players of these names, who leave at its end. */
export async function withPlayers(names, body, options) {
  const players = [];
  try {
    for (const name of names) players.push(await Player.login(name, options));
    await body(...players);
  } finally {
    for (const player of players) player.leave();
  }
}

export const names = (presences) => (presences ?? []).map((presence) => presence.username);
export const text = (data) => new TextDecoder().decode(data);
