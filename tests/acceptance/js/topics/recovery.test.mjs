import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { BASE, client, pause, refusal, unique } from "../player.mjs";

const LETTERS = join(process.env.SUPERGAME_DATA, "mail");
const LOOK_MS = 20;
const STEP_MS = 30_000;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PASSWORD = "correct horse";

/** A call of an operation that the unchanged client does not know: with a session, or without one with the key. */
async function call(method, path, body, session) {
  const authorization = session ? `Bearer ${session.token}` : `Basic ${btoa("defaultkey:")}`;
  const answer = await fetch(BASE + path, { method, headers: { authorization }, body: body && JSON.stringify(body) });
  if (!answer.ok) throw answer;
  return answer.json();
}

/** The token in the letter to somebody, once there are so many of them. */
async function token(email, letters = 1) {
  for (;;) {
    const found = [];
    for (const file of (await readdir(LETTERS).catch(() => [])).filter((name) => name.endsWith(".eml")).sort()) {
      const letter = await readFile(join(LETTERS, file), "utf8");
      if (letter.includes(`To: ${email}`)) found.push(letter);
    }
    if (found.length >= letters) return found.at(-1).match(/^ {4}([\w-]{32})\r?$/m)[1];
    await pause(LOOK_MS);
  }
}

/** What an authenticator app shows (RFC 6238), so many steps from now. */
function shown(secret, steps = 0) {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0"));
  const key = Buffer.from(bits.join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + steps));
  const digest = createHmac("sha1", key).update(counter).digest();
  const code = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(code % 1_000_000).padStart(6, "0");
}

async function withEmail() {
  const email = `${unique("mail")}@example.com`;
  return { email, session: await client().authenticateEmail(email, PASSWORD, true, unique("ann")) };
}

test("a letter proves an address [RequestEmailVerification VerifyEmail]", async () => {
  const { email, session } = await withEmail();
  await call("POST", "/v3/account/email/verify/request", undefined, session);
  assert.equal((await client().getAccount(session)).verify_time, undefined);
  await call("POST", "/v3/account/email/verify", { token: await token(email) });
  assert.ok((await client().getAccount(session)).verify_time);
});

test("a letter sets a new password, once, and every session ends [RequestPasswordReset ResetPassword]", async () => {
  const { email, session } = await withEmail();
  await call("POST", "/v3/account/password/reset/request", { email });
  const sent = await token(email);
  await call("POST", "/v3/account/password/reset", { token: sent, password: "battery staple" });
  assert.equal((await refusal(client().getAccount(session))).status, 401);
  assert.equal((await refusal(client().authenticateEmail(email, PASSWORD))).message, "Invalid credentials.");
  assert.equal((await client().authenticateEmail(email, "battery staple")).user_id, session.user_id);
  const again = call("POST", "/v3/account/password/reset", { token: sent, password: "staple battery" });
  assert.deepEqual(await refusal(again), { status: 400, code: 3, message: "Token invalid or expired." });
});

test("nobody learns whether an address has an account", async () => {
  const { email } = await withEmail();
  for (const asked of [email, `${unique("nobody")}@example.com`])
    assert.deepEqual(await call("POST", "/v3/account/password/reset/request", { email: asked }), {});
});

test("a login needs a code, which clients send in their vars [EnrolTotp ConfirmTotp GetSecondFactor]", async () => {
  const { email, session } = await withEmail();
  const { secret, uri } = await call("POST", "/v3/account/totp/enrol", undefined, session);
  assert.match(uri, /^otpauth:\/\/totp\//);
  const { codes } = await call("POST", "/v3/account/totp/confirm", { code: shown(secret) }, session);
  assert.equal(codes.length, 10);
  assert.equal((await call("GET", "/v3/account/totp", undefined, session)).recovery_codes, 10);

  assert.deepEqual(await refusal(client().authenticateEmail(email, PASSWORD)), {
    status: 401,
    code: 16,
    message: "One-time code required.",
  });
  const next = { totp: shown(secret, 1), team: "red" };
  const again = await client().authenticateEmail(email, PASSWORD, false, undefined, next);
  assert.deepEqual(again.vars, { team: "red" });
  const replayed = client().authenticateEmail(email, PASSWORD, false, undefined, next);
  assert.equal((await refusal(replayed)).message, "Invalid credentials.");
});

test("recovery codes do in place of the app [RenewRecoveryCodes DisableTotp]", async () => {
  const { email, session } = await withEmail();
  const { secret } = await call("POST", "/v3/account/totp/enrol", undefined, session);
  const { codes: old } = await call("POST", "/v3/account/totp/confirm", { code: shown(secret) }, session);
  await client().authenticateEmail(email, PASSWORD, false, undefined, { totp: old[0] });
  const { codes } = await call("POST", "/v3/account/totp/codes", { code: old[1] }, session);
  assert.equal((await refusal(call("POST", "/v3/account/totp/disable", { code: old[2] }, session))).status, 400);
  await call("POST", "/v3/account/totp/disable", { code: codes[0] }, session);
  await client().authenticateEmail(email, PASSWORD);
});
