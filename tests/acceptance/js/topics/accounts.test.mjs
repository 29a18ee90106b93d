import assert from "node:assert/strict";
import { test } from "node:test";
import { allRefused, client, refusal, unique, withPlayers } from "../player.mjs";

test("a device logs in, at first with a new account [AuthenticateDevice]", async () => {
  const device = unique("device");
  const first = await client().authenticateDevice(device, true, unique("ann"));
  const again = await client().authenticateDevice(device);
  assert.equal(first.created, true);
  assert.equal(again.created, false);
  assert.equal(again.user_id, first.user_id);
  assert.equal(again.username, first.username);
});

test("without a username there are ten letters", async () => {
  const session = await client().authenticateDevice(unique("device"));
  assert.match(session.username, /^[A-Za-z]{10}$/);
});

test("session variables come back in the token", async () => {
  const session = await client().authenticateCustom(unique("custom"), true, undefined, { team: "red" });
  assert.deepEqual(session.vars, { team: "red" });
});

test("create=false refuses who is not there [AuthenticateDevice AuthenticateCustom AuthenticateEmail]", async () => {
  await allRefused(5, [
    client().authenticateDevice(unique("device"), false),
    client().authenticateCustom(unique("custom"), false),
    client().authenticateEmail(`${unique("mail")}@example.com`, "password", false),
  ]);
});

test("a username is taken once", async () => {
  const username = unique("ann");
  await client().authenticateCustom(unique("custom"), true, username);
  assert.deepEqual(await refusal(client().authenticateDevice(unique("device"), true, username)), {
    status: 409,
    code: 6,
    message: "Username is already in use.",
  });
});

test("an email address needs its password, in any case of letters [AuthenticateEmail]", async () => {
  const email = `${unique("mail")}@Example.com`;
  const first = await client().authenticateEmail(email, "correct horse", true, unique("ann"));
  const again = await client().authenticateEmail(email.toUpperCase(), "correct horse");
  assert.equal(again.user_id, first.user_id);
  assert.deepEqual(await refusal(client().authenticateEmail(email, "wrong horse")), {
    status: 401,
    code: 16,
    message: "Invalid credentials.",
  });
  const byName = await client().authenticateEmail("", "correct horse", false, first.username);
  assert.equal(byName.user_id, first.user_id);
});

test("ids, addresses and passwords have to look like some", async () => {
  await allRefused(3, [
    client().authenticateDevice("short"),
    client().authenticateCustom("short"),
    client().authenticateEmail("nobody", "password"),
    client().authenticateEmail(`${unique("mail")}@example.com`, "short"),
    client().authenticateDevice(unique("device"), true, "a\ttab"),
  ]);
});

test("an account is read and updated [GetAccount UpdateAccount]", async () => {
  await withPlayers(["ann"], async (ann) => {
    await ann.client.updateAccount(ann.session, {
      display_name: "Ann",
      avatar_url: "https://example.com/ann.png",
      lang_tag: "en",
      location: "London",
      timezone: "UTC",
    });
    const account = await ann.client.getAccount(ann.session);
    assert.equal(account.user.id, ann.userId);
    assert.equal(account.user.username, ann.username);
    assert.equal(account.user.display_name, "Ann");
    assert.equal(account.user.location, "London");
    assert.equal(account.user.online, true);
    assert.equal(account.wallet, "{}");
    assert.deepEqual(account.devices.map((device) => device.id), [ann.deviceId]);
  });
});

test("a username that somebody has cannot be taken over", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const { status, code } = await refusal(ann.client.updateAccount(ann.session, { username: bob.username }));
    assert.deepEqual([status, code], [409, 6]);
  });
});

test("users are found by id and by name, and nothing private is shown [GetUsers]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const { users } = await ann.client.getUsers(ann.session, [bob.userId], [ann.username, "nobody at all"]);
    assert.deepEqual(users.map((user) => user.username).sort(), [ann.username, bob.username].sort());
    assert.ok(users.every((user) => user.online && !("email" in user) && !("devices" in user)));
  });
});

test("ways to log in are linked and unlinked, but for the last [LinkCustom LinkDevice LinkEmail UnlinkCustom UnlinkDevice UnlinkEmail]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const [custom, device] = [unique("custom"), unique("device")];
    const email = `${unique("mail")}@example.com`;
    await ann.client.linkCustom(ann.session, { id: custom });
    await ann.client.linkEmail(ann.session, { email, password: "password" });
    await ann.client.linkDevice(ann.session, { id: device });
    for (const login of [
      client().authenticateCustom(custom, false),
      client().authenticateEmail(email, "password", false),
      client().authenticateDevice(device, false),
    ])
      assert.equal((await login).user_id, ann.userId);

    await ann.client.unlinkCustom(ann.session, { id: custom });
    await ann.client.unlinkEmail(ann.session, { email, password: "password" });
    await ann.client.unlinkDevice(ann.session, { id: device });
    assert.equal((await refusal(client().authenticateCustom(custom, false))).status, 404);
    const last = await refusal(ann.client.unlinkDevice(ann.session, { id: ann.deviceId }));
    assert.deepEqual([last.status, last.code], [403, 7]);
    assert.equal((await client().authenticateDevice(ann.deviceId, false)).user_id, ann.userId);
  });
});

test("what is linked to one account cannot be linked to another", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const { status, code } = await refusal(ann.client.linkDevice(ann.session, { id: bob.deviceId }));
    assert.deepEqual([status, code], [409, 6]);
  });
});

test("a deleted account is gone, and so are its sessions [DeleteAccount]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    await ann.client.deleteAccount(ann.session);
    await ann.next("disconnect");
    assert.equal((await refusal(ann.client.getAccount(ann.session))).status, 401);
    assert.deepEqual((await bob.client.getUsers(bob.session, [ann.userId])).users, []);
    assert.equal((await refusal(client().authenticateDevice(ann.deviceId, false))).status, 404);
  });
});

test("who is banned is out, everywhere, until that is over", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    await bob.socket.rpc("ban", ann.userId);
    await ann.next("disconnect");
    assert.equal((await refusal(ann.client.getAccount(ann.session))).status, 401);
    await assert.rejects(ann.connect());
    assert.deepEqual(await refusal(client().authenticateDevice(ann.deviceId)), {
      status: 403,
      code: 7,
      message: "User account banned.",
    });
    await bob.socket.rpc("unban", ann.userId);
    assert.equal((await client().authenticateDevice(ann.deviceId)).user_id, ann.userId);
  });
});
