import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { names, Player, socketRefusal, withPlayers } from "../player.mjs";

test("followers hear of a status, its changes and its end [status_follow status_update status status_presence_event]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const { presences } = await ann.socket.followUsers([bob.userId]);
    assert.deepEqual(names(presences), []);
    await bob.socket.updateStatus("in the lobby");
    const [join] = (await ann.next("statusPresence")).joins;
    assert.deepEqual([join.user_id, join.status], [bob.userId, "in the lobby"]);

    await bob.socket.updateStatus("in a race");
    const change = await ann.next("statusPresence");
    assert.deepEqual(change.joins.map((presence) => presence.status), ["in a race"]);

    await bob.socket.updateStatus();
    assert.deepEqual(names((await ann.next("statusPresence")).leaves), [bob.username]);
  });
});

test("who is followed later is there already", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    await bob.socket.updateStatus("");
    const { presences } = await ann.socket.followUsers([bob.userId]);
    assert.deepEqual(names(presences), [bob.username]);
    assert.equal(presences[0].status, "");
    bob.leave();
    assert.deepEqual(names((await ann.next("statusPresence")).leaves), [bob.username]);
  });
});

test("who connects with a status hears of it itself", async () => {
  const ann = await Player.login("ann", { status: true });
  try {
    const [join] = (await ann.next("statusPresence")).joins;
    assert.deepEqual([join.user_id, join.status], [ann.userId, ""]);
  } finally {
    ann.leave();
  }
});

test("nothing is heard of who is no longer followed [status_unfollow]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    await ann.socket.followUsers([bob.userId]);
    await ann.socket.unfollowUsers([bob.userId]);
    await bob.socket.updateStatus("unheard");
    await ann.settle();
    assert.deepEqual(ann.all("statusPresence"), []);
  });
});

test("ids have to be ids, and a status has to be short", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.equal((await socketRefusal(ann.socket.followUsers(["nobody"]))).code, 3);
    assert.equal((await socketRefusal(ann.socket.unfollowUsers(["nobody"]))).code, 3);
    assert.equal((await socketRefusal(ann.socket.updateStatus("s".repeat(2049)))).code, 3);
    assert.deepEqual(names((await ann.socket.followUsers([randomUUID()])).presences), []);
  });
});
