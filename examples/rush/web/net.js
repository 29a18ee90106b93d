// A small client of the server's protocol: device log-in, HTTP calls, and a socket that comes back by itself.

export const SERVER_KEY = "defaultkey";
const UNAUTHENTICATED = 16;
const ANSWER_MS_MAX = 10_000;
const PING_EVERY_MS = 5_000;
const RETRY_MS_MIN = 400;
const RETRY_MS_MAX = 5_000;

export class ServerError extends Error {
  constructor(message, code = 0) {
    super(message);
    this.code = code;
  }
}

// Raises `open` (true the first time, false on coming back), `close`, and every unsolicited message by its
// name, e.g. `match_data`; `detail` is its content.
export class Net extends EventTarget {
  constructor(base = location.origin) {
    super();
    this.base = base;
    this.waiting = new Map();
    this.lastCid = 0;
    this.retryMs = RETRY_MS_MIN;
    this.rttMs = 50;
    this.everOpen = false;
    this.online = false;
  }

  // Logs in; the account is made on the first visit. Rejects with code 6 when the name is someone else's.
  async login(deviceId, username) {
    this.credentials = { deviceId, username };
    const query = new URLSearchParams({ create: "true", ...(username && { username }) });
    this.become(await this.call("POST", `/v2/account/authenticate/device?${query}`, { id: deviceId }));
  }

  // Logs in to an account that has an email address; `vars` may have a one-time code.
  async loginByEmail(email, password, vars) {
    this.become(await this.call("POST", "/v2/account/authenticate/email?create=false", { email, password, vars }));
  }

  become(session) {
    this.token = session.token;
    const claims = JSON.parse(decodeBase64(session.token.split(".")[1]));
    this.userId = claims.uid;
    this.username = claims.usn;
  }

  // Takes another name; the session carries the name, so a new one is asked for.
  async rename(username) {
    await this.http("PUT", "/v2/account", { username });
    await this.login(this.credentials.deviceId, username);
    this.socket.close();
  }

  // One HTTP call of the player's.
  http(method, path, body) {
    return this.renewing(() => this.call(method, path, body));
  }

  // Does what a session is needed for; sessions are short-lived, so one that has ended is renewed on the way.
  async renewing(action) {
    try {
      return await action();
    } catch (error) {
      if (error.code !== UNAUTHENTICATED) throw error;
      await this.login(this.credentials.deviceId, this.username);
      return action();
    }
  }

  async call(method, path, body) {
    const key = this.token && !path.includes("/authenticate/") ? `Bearer ${this.token}` : `Basic ${btoa(`${SERVER_KEY}:`)}`;
    const response = await fetch(this.base + path, {
      method,
      headers: { Authorization: key, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new ServerError(answer.message ?? `HTTP ${response.status}`, answer.code);
    return answer;
  }

  connect() {
    const address = `${this.base.replace(/^http/, "ws")}/ws?token=${encodeURIComponent(this.token)}&format=json`;
    this.socket = new WebSocket(address);
    this.socket.onopen = () => this.opened();
    this.socket.onmessage = (event) => this.heard(JSON.parse(event.data));
    this.socket.onclose = () => this.closed();
  }

  opened() {
    this.retryMs = RETRY_MS_MIN;
    this.online = true;
    const first = !this.everOpen;
    this.everOpen = true;
    this.pinging = setInterval(() => this.ping(), PING_EVERY_MS);
    this.ping();
    this.dispatchEvent(new CustomEvent("open", { detail: first }));
  }

  closed() {
    clearInterval(this.pinging);
    for (const { reject } of this.waiting.values()) reject(new ServerError("The connection was lost."));
    this.waiting.clear();
    if (this.online) this.dispatchEvent(new CustomEvent("close"));
    this.online = false;
    setTimeout(() => this.comeBack(), this.retryMs * (0.75 + Math.random() / 2));
    this.retryMs = Math.min(RETRY_MS_MAX, this.retryMs * 2);
  }

  async comeBack() {
    try {
      await this.login(this.credentials.deviceId, this.username);
    } catch {
      this.closed();
      return;
    }
    this.connect();
  }

  async ping() {
    const sent = performance.now();
    try {
      await this.ask({ ping: {} });
      this.rttMs = performance.now() - sent;
    } catch {
      this.socket.close();
    }
  }

  heard(message) {
    const { cid, ...content } = message;
    const [name, detail] = Object.entries(content)[0] ?? ["", {}];
    if (cid === undefined) {
      this.dispatchEvent(new CustomEvent(name, { detail }));
      return;
    }
    const asked = this.waiting.get(cid);
    this.waiting.delete(cid);
    if (!asked) return;
    clearTimeout(asked.timer);
    if (name === "error") asked.reject(new ServerError(detail.message, detail.code));
    else asked.resolve(detail);
  }

  // Sends a message and waits for its answer.
  ask(message) {
    const cid = String(++this.lastCid);
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new ServerError("Not connected."));
        return;
      }
      const timer = setTimeout(() => {
        this.waiting.delete(cid);
        reject(new ServerError("The server did not answer."));
      }, ANSWER_MS_MAX);
      this.waiting.set(cid, { resolve, reject, timer });
      this.socket.send(JSON.stringify({ cid, ...message }));
    });
  }

  async rpc(id, payload = {}) {
    const answer = await this.ask({ rpc: { id, payload: JSON.stringify(payload) } });
    return JSON.parse(answer.payload || "{}");
  }

  // Match data gets no answer; without a connection it is lost, as it would be on the way.
  tellMatch(matchId, opCode, data) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const message = { match_id: matchId, op_code: String(opCode), data: btoa(JSON.stringify(data)) };
    this.socket.send(JSON.stringify({ match_data_send: message }));
  }
}

// The text in base64 of either alphabet.
export function decodeBase64(text) {
  const bytes = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
