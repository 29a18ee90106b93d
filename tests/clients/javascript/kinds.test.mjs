// A client generated for operations made up by the test, whose server says what it hears.
import assert from "node:assert/strict";
import { test } from "node:test";

const { SupergameClient, SupergameError, Mood } = await import(process.env.CLIENT);
const session = process.env.TOKEN;
const client = new SupergameClient({ port: process.env.PORT });

const refusal = async (promise) => {
  const error = await promise.then(() => assert.fail("this was to be refused"), (error) => error);
  assert.ok(error instanceof SupergameError, error);
  const { code, status, message, retryAfterSeconds } = error;
  return { code, status, message, retryAfterSeconds };
};

const nothing = {
  name: "x",
  text: "",
  yes: false,
  number: 0,
  ratio: 0,
  large: 0n,
  data: new Uint8Array(),
  mood: Mood.CALM,
  parts: [],
  numbers: [],
  pairs: {},
};

test("what the wire leaves out is filled in", async () => {
  assert.deepEqual(await client.mirror(session, { name: "x" }), nothing);
  const { part } = await client.mirror({ token: session }, { name: "x", part: {}, maybe: null, time: undefined });
  assert.deepEqual(part, { name: "", size: 0n });
});

test("every kind of value arrives and comes back", async () => {
  const whole = {
    name: "a/ü ?",
    text: "é\u0000\"",
    yes: true,
    number: -5,
    ratio: 0.5,
    large: 2n ** 63n - 1n,
    data: Uint8Array.from({ length: 256 }, (_, byte) => byte),
    mood: Mood.WILD,
    time: new Date("2024-01-02T03:04:05.678Z"),
    maybe: "",
    maybe_large: 0n,
    part: { name: "p", size: -(2n ** 63n) },
    parts: [{ name: "", size: 1n }],
    numbers: [0n, 2n ** 53n + 1n],
    pairs: { a: "b" },
  };
  assert.deepEqual(await client.mirror(session, whole), whole);
  assert.deepEqual((await client.mirror(session, { name: "x", numbers: [1, "2", 3n] })).numbers, [1n, 2n, 3n]);
});

test("a field may be the whole body, or lie in the query string", async () => {
  const made = await client.mirrorPart({ name: "x", part: { name: "p" }, large: 7, maybe: "y" });
  assert.deepEqual(made, { ...nothing, large: 7n, maybe: "y", part: { name: "p", size: 0n } });
  assert.deepEqual(await client.mirrorPart({ name: "x" }), { ...nothing, part: { name: "", size: 0n } });
  assert.equal((await client.ask({ words: ["a", "b&c"], count: 5, flag: false })).text, '[["a", "b&c"], 5, false]');
  assert.equal((await client.ask({})).text, "[[], 0, null]");
});

test("mistakes of the program are found before anything is sent", async () => {
  await assert.rejects(client.mirror(session, { name: "x", lage: 1 }), /TypeError: Whole has no field lage/);
  await assert.rejects(client.mirror(session, { name: "x", large: 2 ** 53 }), /TypeError: 9007199254740992 is no exact/);
  await assert.rejects(client.mirror(session, { name: "" }), /TypeError: name is needed/);
});

test("a refusal says what, why, and when to try again", async () => {
  const slower = { code: 8, status: 429, message: "Slower.", retryAfterSeconds: 3 };
  assert.deepEqual(await refusal(client.fail({ text: "slower" })), slower);
  const failed = { code: 13, status: 500, message: "é", retryAfterSeconds: undefined };
  assert.deepEqual(await refusal(client.fail({})), failed);
  const unknown = { code: 16, status: 401, message: "Auth token invalid", retryAfterSeconds: undefined };
  assert.deepEqual(await refusal(client.mirror("x", { name: "x" })), unknown);
  assert.equal(await client.call(session), undefined);
});

test("nobody waits for ever, or longer than they want", async () => {
  const late = { code: 4, status: 0, message: "The server took too long to answer.", retryAfterSeconds: undefined };
  assert.deepEqual(await refusal(client.wait({ timeoutMs: 50 })), late);
  const hasty = new SupergameClient({ port: process.env.PORT, timeoutMs: 50 });
  assert.deepEqual(await refusal(hasty.wait()), late);
  const stop = new AbortController();
  const waiting = client.wait({ signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await assert.rejects(client.wait({ signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("a server that is not there, or is none of ours", async () => {
  const absent = { code: 14, status: 0, message: "The server cannot be reached.", retryAfterSeconds: undefined };
  assert.deepEqual(await refusal(new SupergameClient({ port: 1 }).wait()), absent);
  const wrongKey = new SupergameClient({ port: process.env.PORT, serverKey: "ü" });
  assert.equal((await refusal(wrongKey.mirrorPart({ name: "x" }))).message, "Server key invalid");
  const strange = new SupergameClient({ host: `127.0.0.1:${process.env.PORT}/metrics?` });
  assert.deepEqual(await refusal(strange.ask({})), { code: 2, status: 200, message: "HTTP 200", retryAfterSeconds: undefined });
});
