import assert from "node:assert/strict";
import { test } from "node:test";
import { allRefused, refusal, withPlayers } from "../player.mjs";

const notify = async (from, to, code, persistent = true) => {
  const told = { user_id: to.userId, subject: `news ${code}`, content: { code }, code, persistent };
  return (await from.socket.rpc("notify", JSON.stringify(told))).payload;
};

test("game code notifies a player who is online [notifications]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const id = await notify(ann, bob, 7);
    const heard = await bob.next("notification");
    assert.equal(heard.id, id);
    assert.deepEqual([heard.subject, heard.code, heard.content], ["news 7", 7, { code: 7 }]);
    assert.deepEqual([heard.sender_id, heard.persistent], [ann.userId, true]);
    assert.deepEqual(ann.all("notification"), []);
  });
});

test("what is kept is listed page by page, and deleted [ListNotifications DeleteNotifications]", async () => {
  await withPlayers(["ann"], async (ann) => {
    for (const code of [1, 2, 3, 4, 5]) await notify(ann, ann, code);
    const list = async (limit, cursor) => {
      const page = await ann.client.listNotifications(ann.session, limit, cursor);
      return { ...page, codes: page.notifications.map((notification) => notification.code) };
    };
    const first = await list(3);
    assert.deepEqual(first.codes, [1, 2, 3]);
    assert.deepEqual(first.notifications[0].content, { code: 1 });
    const second = await list(3, first.cacheable_cursor);
    assert.deepEqual(second.codes, [4, 5]);
    await notify(ann, ann, 6);
    assert.deepEqual((await list(3, second.cacheable_cursor)).codes, [6]);

    const ids = first.notifications.map((notification) => notification.id);
    await ann.client.deleteNotifications(ann.session, ids);
    assert.deepEqual((await list(10)).codes, [4, 5, 6]);
    assert.equal((await list()).codes.length, 1);
  });
});

test("what is not to be kept is only heard", async () => {
  await withPlayers(["ann"], async (ann) => {
    await notify(ann, ann, 9, false);
    assert.ok(!(await ann.next("notification")).persistent);
    assert.deepEqual((await ann.client.listNotifications(ann.session, 10)).notifications, []);
  });
});

test("nobody deletes another's, and garbage is refused", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const id = await notify(ann, bob, 7);
    await ann.client.deleteNotifications(ann.session, [id]);
    assert.equal((await bob.client.listNotifications(bob.session, 10)).notifications.length, 1);
    await allRefused(3, [
      ann.client.deleteNotifications(ann.session, ["no id"]),
      ann.client.listNotifications(ann.session, 101),
      ann.client.listNotifications(ann.session, 10, "no cursor"),
    ]);
  });
});
