import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { allRefused, refusal, unique, withPlayers } from "../player.mjs";

const REJECTED = { status: 400, code: 3, message: "Storage write rejected - version check failed." };

test("an object is written, read and deleted; its version is the MD5 of its value [WriteStorageObjects ReadStorageObjects DeleteStorageObjects]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const value = { coins: 7, name: "Ännchen" };
    const { acks } = await ann.client.writeStorageObjects(ann.session, [{ collection: "bag", key: "gold", value }]);
    assert.equal(acks[0].version, createHash("md5").update(JSON.stringify(value)).digest("hex"));
    assert.equal(acks[0].user_id, ann.userId);

    const wanted = { object_ids: [{ collection: "bag", key: "gold", user_id: ann.userId }] };
    const { objects } = await ann.client.readStorageObjects(ann.session, wanted);
    assert.deepEqual(objects[0].value, value);
    assert.equal(objects[0].version, acks[0].version);
    assert.deepEqual([objects[0].permission_read, objects[0].permission_write], [1, 1]);

    await ann.client.deleteStorageObjects(ann.session, { object_ids: [{ collection: "bag", key: "gold" }] });
    assert.deepEqual((await ann.client.readStorageObjects(ann.session, wanted)).objects, []);
  });
});

test("a write may depend on what is there", async () => {
  await withPlayers(["ann"], async (ann) => {
    const write = (value, version) =>
      ann.client.writeStorageObjects(ann.session, [{ collection: "bag", key: "gold", value: { value }, version }]);
    const first = (await write(1, "*")).acks[0].version;
    assert.deepEqual(await refusal(write(2, "*")), REJECTED);
    const second = (await write(3, first)).acks[0].version;
    assert.deepEqual(await refusal(write(4, first)), REJECTED);
    assert.notEqual(second, first);
    await write(5, "");

    const remove = (version) =>
      ann.client.deleteStorageObjects(ann.session, { object_ids: [{ collection: "bag", key: "gold", version }] });
    assert.equal((await refusal(remove(second))).status, 400);
    await remove();
  });
});

test("many objects are written together or not at all", async () => {
  await withPlayers(["ann"], async (ann) => {
    const batch = (version) =>
      ["a", "b", "c"].map((key) => ({ collection: "batch", key, value: { key }, version: key === "c" ? version : "" }));
    assert.deepEqual(await refusal(ann.client.writeStorageObjects(ann.session, batch("0123"))), REJECTED);
    assert.deepEqual((await ann.client.listStorageObjects(ann.session, "batch", ann.userId, 10)).objects, []);
    assert.equal((await ann.client.writeStorageObjects(ann.session, batch("*"))).acks.length, 3);
  });
});

test("others read what is public, and write nothing", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const value = { seen: true };
    await ann.client.writeStorageObjects(
      ann.session,
      [0, 1, 2].map((read) => ({ collection: "wall", key: `read-${read}`, value, permission_read: read })),
    );
    const wanted = {
      object_ids: [0, 1, 2].map((read) => ({ collection: "wall", key: `read-${read}`, user_id: ann.userId })),
    };
    const seen = async (who) =>
      (await who.client.readStorageObjects(who.session, wanted)).objects.map((object) => object.key).sort();
    assert.deepEqual(await seen(bob), ["read-2"]);
    assert.deepEqual(await seen(ann), ["read-1", "read-2"]);
    const listed = await bob.client.listStorageObjects(bob.session, "wall", ann.userId, 10);
    assert.deepEqual(listed.objects.map((object) => object.key), ["read-2"]);
  });
});

test("what is not writable stays as it is", async () => {
  await withPlayers(["ann"], async (ann) => {
    const object = { collection: "wall", key: "stone", value: { set: "in stone" }, permission_write: 0 };
    await ann.client.writeStorageObjects(ann.session, [object]);
    assert.deepEqual(await refusal(ann.client.writeStorageObjects(ann.session, [object])), {
      status: 400,
      code: 3,
      message: "Storage write rejected - permission denied.",
    });
    const ids = { object_ids: [{ collection: "wall", key: "stone" }] };
    assert.equal((await refusal(ann.client.deleteStorageObjects(ann.session, ids))).code, 3);
  });
});

test("a collection is listed page by page [ListStorageObjects]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const keys = Array.from({ length: 7 }, (_, number) => `key-${number}`);
    await ann.client.writeStorageObjects(
      ann.session,
      keys.map((key) => ({ collection: "many", key, value: { key } })),
    );
    const seen = [];
    let cursor;
    do {
      const page = await ann.client.listStorageObjects(ann.session, "many", ann.userId, 3, cursor);
      assert.ok(page.objects.length <= 3);
      seen.push(...page.objects.map((object) => object.key));
      cursor = page.cursor;
    } while (cursor);
    assert.deepEqual(seen, keys);
    assert.equal((await ann.client.listStorageObjects(ann.session, "many", ann.userId)).objects.length, 1);
    await allRefused(3, [
      ann.client.listStorageObjects(ann.session, "many", ann.userId, 101),
      ann.client.listStorageObjects(ann.session, "many", ann.userId, 10, "no cursor"),
    ]);
  });
});

test("the public objects of all players are listed without an owner", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const collection = unique("levels");
    for (const player of [ann, bob])
      await player.client.writeStorageObjects(player.session, [
        { collection, key: "level", value: {}, permission_read: 2 },
        { collection, key: "draft", value: {}, permission_read: 1 },
      ]);
    const { objects } = await ann.client.listStorageObjects(ann.session, collection, undefined, 10);
    assert.deepEqual(objects.map((object) => object.user_id).sort(), [ann.userId, bob.userId].sort());
  });
});

test("only JSON objects are kept, under names", async () => {
  await withPlayers(["ann"], async (ann) => {
    for (const wrong of [
      { collection: "bag", key: "list", value: [1, 2] },
      { collection: "bag", key: "number", value: 7 },
      { collection: "", key: "gold", value: {} },
      { collection: "bag", key: "k".repeat(129), value: {} },
      { collection: "bag", key: "gold", value: {}, permission_read: 3 },
    ])
      assert.equal((await refusal(ann.client.writeStorageObjects(ann.session, [wrong]))).code, 3);
  });
});

test("what the game has switched off is not there", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.deepEqual(await refusal(ann.client.listStorageObjects(ann.session, "disabled", ann.userId)), {
      status: 404,
      code: 5,
      message: "Requested resource was not found.",
    });
  });
});
