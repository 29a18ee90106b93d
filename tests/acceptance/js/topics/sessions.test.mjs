import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "@heroiclabs/nakama-js";
import { client, refusal, unique, withPlayers } from "../player.mjs";

test("a refresh gives a new pair, and parallel refreshes the same one [SessionRefresh]", async () => {
  const session = await client().authenticateDevice(unique("device"));
  const copies = [1, 2, 3].map(() => new Session(session.token, session.refresh_token, false));
  const pairs = (await Promise.all(copies.map((copy) => client().sessionRefresh(copy)))).map((pair) => [
    pair.token,
    pair.refresh_token,
  ]);
  assert.deepEqual(pairs[1], pairs[0]);
  assert.deepEqual(pairs[2], pairs[0]);
  assert.notEqual(pairs[0][0], session.token);
  assert.notEqual(pairs[0][1], session.refresh_token);
});

test("a refreshed session goes on, with variables of its own", async () => {
  const session = await client().authenticateDevice(unique("device"), true, undefined, { team: "red" });
  const userId = session.user_id;
  await client().sessionRefresh(session, { team: "blue" });
  assert.deepEqual(session.vars, { team: "blue" });
  assert.equal((await client().getAccount(session)).user.id, userId);
});

test("a client whose tokens are always about to expire refreshes before each of its calls", async () => {
  const session = await client().authenticateDevice(unique("device"));
  const impatient = client();
  impatient.expiredTimespanMs = 100 * 60 * 60 * 1000;
  const accounts = await Promise.all([1, 2, 3, 4].map(() => impatient.getAccount(session)));
  assert.ok(accounts.every((account) => account.user.id === session.user_id));
  assert.equal((await impatient.getAccount(session)).user.id, session.user_id);
});

test("what is no refresh token is refused", async () => {
  const session = await client().authenticateDevice(unique("device"));
  const forged = new Session(session.token, `${session.refresh_token.slice(0, -8)}AAAAAAAA`, false);
  assert.equal((await refusal(client().sessionRefresh(forged))).status, 401);
  const swapped = new Session(session.token, session.token, false);
  assert.equal((await refusal(client().sessionRefresh(swapped))).status, 401);
});

test("after a logout the tokens open nothing, and the open socket is closed [SessionLogout]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { token, refresh_token } = ann.session;
    await ann.client.sessionLogout(ann.session, token, refresh_token);
    await ann.next("disconnect");
    assert.deepEqual(await refusal(ann.client.getAccount(ann.session)), {
      status: 401,
      code: 16,
      message: "Auth token invalid",
    });
    await assert.rejects(ann.connect());
    const old = new Session(token, refresh_token, false);
    assert.equal((await refusal(ann.client.sessionRefresh(old))).status, 401);
  });
});

test("a logout without tokens ends all sessions of the player, and nobody else's", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const phone = await client().authenticateDevice(ann.deviceId);
    await ann.client.sessionLogout(phone, "", "");
    await ann.next("disconnect");
    assert.equal((await refusal(client().getAccount(phone))).status, 401);
    assert.equal((await bob.socket.rpc("echo", '"here"')).payload, '"here"');
    const back = await client().authenticateDevice(ann.deviceId);
    assert.equal((await client().getAccount(back)).user.id, ann.userId);
  });
});

test("a logout of one session leaves the player's others", async () => {
  await withPlayers(["ann"], async (ann) => {
    const phone = await client().authenticateDevice(ann.deviceId);
    await client().sessionLogout(phone, phone.token, phone.refresh_token);
    assert.equal((await client().getAccount(ann.session)).user.id, ann.userId);
    assert.equal((await ann.socket.rpc("echo", '"here"')).payload, '"here"');
  });
});
