// What all operations share: a request over fetch, its deadline, its errors, and values that JSON cannot hold.

const DEADLINE_EXCEEDED = 4;
const UNAVAILABLE = 14;
const UNKNOWN = 2;
const TIMEOUT_MS = 7_000;

/** What the server refused, or why it could not be reached. */
export class SupergameError extends Error {
  name = "SupergameError";

  constructor(message, { code = UNKNOWN, status = 0, retryAfterSeconds, cause } = {}) {
    super(message, cause && { cause });
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class Transport {
  // How each operation is found and what it takes and gives is data, made by clients/generate.py.
  constructor(operations, types, config = {}) {
    const { serverKey = "defaultkey", host = "127.0.0.1", port = "7350", useSSL = false } = config;
    this.operations = operations;
    this.types = types;
    this.serverKey = serverKey;
    this.base = `${useSSL ? "https" : "http"}://${host}:${port}`;
    this.timeoutMs = config.timeoutMs ?? TIMEOUT_MS;
  }

  async call(name, session, message, { signal, timeoutMs = this.timeoutMs } = {}) {
    signal?.throwIfAborted();
    const operation = this.operations[name];
    const { path, body } = compose(operation, write(this.types, operation.request, message));
    const headers = { Accept: "application/json", ...this.authorization(operation, session) };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const controller = new AbortController();
    const stop = () => controller.abort(signal.reason);
    const late = () =>
      controller.abort(new SupergameError("The server took too long to answer.", { code: DEADLINE_EXCEEDED }));
    const timer = setTimeout(late, timeoutMs);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const request = { method: operation.method, headers, body, signal: controller.signal };
      const answer = await ask(this.base + path, request);
      return operation.response && read(this.types, operation.response, answer);
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }

  authorization({ key }, session) {
    if (key === "session") return { Authorization: `Bearer ${session?.token ?? session}` };
    if (key === "server") return { Authorization: `Basic ${toBase64(new TextEncoder().encode(`${this.serverKey}:`))}` };
    return {};
  }
}

// Where each field of a request goes: into the path, the body, or the query string.
function compose({ path, body }, fields) {
  const rest = { ...fields };
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => {
    if (!rest[name]) throw new TypeError(`${name} is needed`);
    const text = encodeURIComponent(rest[name]);
    delete rest[name];
    return text;
  });
  if (body === "*") return { path: filled, body: JSON.stringify(rest) };
  const { [body]: content = {}, ...left } = rest;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(left)) for (const one of [value].flat()) query.append(name, one);
  return { path: `${filled}?${query}`.replace(/\?$/, ""), body: body && JSON.stringify(content) };
}

async function ask(url, request) {
  let response, text;
  try {
    response = await fetch(url, request);
    text = await response.text();
  } catch (cause) {
    throw new SupergameError("The server cannot be reached.", { code: UNAVAILABLE, cause });
  }
  let answer;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new SupergameError(`HTTP ${response.status}`, { status: response.status, cause });
  }
  if (response.ok) return answer;
  const retryAfterSeconds = Number.parseInt(response.headers.get("Retry-After"), 10);
  throw new SupergameError(answer?.message ?? `HTTP ${response.status}`, {
    code: answer?.code,
    status: response.status,
    retryAfterSeconds: Number.isNaN(retryAfterSeconds) ? undefined : retryAfterSeconds,
  });
}

// Messages. `types` says of each field what it is: "string", "string?" where it knows whether it was set, "string[]"
// and "string{}" for lists and maps; what is not in KINDS is the name of another message.

const KINDS = {
  string: { empty: "" },
  bool: { empty: false },
  number: { empty: 0 },
  int64: { empty: 0n, read: BigInt, write: toInt64 },
  bytes: { empty: new Uint8Array(), read: fromBase64, write: toBase64 },
  timestamp: { read: (text) => new Date(text), write: (date) => date.toISOString() },
};

const same = (value) => value;

function read(types, name, answer) {
  const made = {};
  for (const [field, kind] of Object.entries(types[name])) {
    const [, inner, shape] = /^(\w+)(\W*)$/.exec(kind);
    const one = types[inner] ? (value) => read(types, inner, value) : (KINDS[inner].read ?? same);
    const value = answer[field];
    if (shape === "[]") made[field] = (value ?? []).map(one);
    else if (shape === "{}") made[field] = mapped(value ?? {}, one);
    else if (value !== undefined) made[field] = one(value);
    else if (shape !== "?") made[field] = KINDS[inner].empty;
  }
  return made;
}

function write(types, name, request) {
  const made = {};
  for (const [field, value] of Object.entries(request)) {
    const kind = types[name][field];
    if (kind === undefined) throw new TypeError(`${name} has no field ${field}`);
    if (value === undefined || value === null) continue;
    const [, inner, shape] = /^(\w+)(\W*)$/.exec(kind);
    const one = types[inner] ? (item) => write(types, inner, item) : (KINDS[inner].write ?? same);
    made[field] = shape === "[]" ? value.map(one) : shape === "{}" ? mapped(value, one) : one(value);
  }
  return made;
}

const mapped = (map, one) => Object.fromEntries(Object.entries(map).map(([key, value]) => [key, one(value)]));

function toInt64(value) {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new TypeError(`${value} is no exact integer`);
  return BigInt(value).toString();
}

function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
