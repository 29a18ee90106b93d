import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE, refusal, socketRefusal, withPlayers } from "../player.mjs";

const MISTAKE = 13;

test("a function is called over the socket [rpc]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const answer = await ann.socket.rpc("echo", '{"a":1}');
    assert.deepEqual([answer.id, answer.payload], ["echo", '{"a":1}']);
    assert.equal((await ann.socket.rpc("ECHO", "any case")).payload, "any case");
  });
});

test("a function is called over HTTP, and knows who calls [RpcFunc]", async () => {
  await withPlayers(
    ["ann"],
    async (ann) => {
      const { payload } = await ann.client.rpc(ann.session, "who", { a: 1 });
      assert.deepEqual(payload, {
        user_id: ann.userId,
        username: ann.username,
        vars: { team: "red" },
        payload: '{"a":1}',
      });
    },
    { vars: { team: "red" } },
  );
});

test("a function is called with the http key, by nobody", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { payload } = await ann.client.rpcHttpKey("defaulthttpkey", "who", { a: 1 });
    assert.equal(payload.user_id, "");
    assert.equal((await refusal(ann.client.rpcHttpKey("wrong", "who", {}))).status, 401);
  });
});

test("GET brings no payload", async () => {
  const response = await fetch(`${BASE}/v2/rpc/who?http_key=defaulthttpkey&payload=unseen`);
  assert.equal(JSON.parse((await response.json()).payload).payload, "");
});

test("what the function refuses with is what the player learns", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.deepEqual(await refusal(ann.client.rpc(ann.session, "refuse", {})), {
      status: 403,
      error: "Not today.",
      code: 7,
      message: "Not today.",
    });
    assert.equal((await socketRefusal(ann.socket.rpc("refuse", ""))).message, "Not today.");
    assert.deepEqual([(await refusal(ann.client.rpc(ann.session, "abort", {}))).status], [409]);
  });
});

test("a function's own mistake is not shown, and harms nobody", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const answer = await refusal(ann.client.rpc(ann.session, "fail", {}));
    assert.deepEqual([answer.status, answer.code, answer.error], [500, MISTAKE, {}]);
    assert.ok(!answer.message.includes("author"));
    const error = await socketRefusal(ann.socket.rpc("fail", ""));
    assert.ok(!error.message.includes("author"));
    assert.equal((await ann.socket.rpc("echo", "still here")).payload, "still here");
    assert.equal((await bob.socket.rpc("echo", "me too")).payload, "me too");
  });
});

test("there has to be such a function", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.deepEqual(await refusal(ann.client.rpc(ann.session, "nothing", {})), {
      status: 404,
      error: "RPC function not found",
      code: 5,
      message: "RPC function not found",
    });
    assert.equal((await socketRefusal(ann.socket.rpc("nothing", ""))).code, 6);
  });
});

test("arguments are checked", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.equal((await refusal(ann.client.rpc(ann.session, "notify", { user_id: 7 }))).code, 3);
  });
});
