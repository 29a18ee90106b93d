import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { allRefused, BASE, refusal, socketRefusal, withPlayers } from "../player.mjs";

const FRIEND = 0;
const SENT = 1;
const RECEIVED = 2;
const BLOCKED = 3;

const add = (player, ...others) => player.client.addFriends(player.session, others.map((other) => other.userId));
const remove = (player, ...others) => player.client.deleteFriends(player.session, others.map((other) => other.userId));
const block = (player, ...others) => player.client.blockFriends(player.session, others.map((other) => other.userId));

const befriend = async (player, ...others) => {
  await add(player, ...others);
  for (const other of others) await add(other, player);
};

/** The player's list: [username, state] each, in its order. */
const list = async (player, state) => {
  const { friends } = await player.client.listFriends(player.session, state);
  return friends.map((friend) => [friend.user.username, friend.state]);
};

/** A request with what the client has no parameter for, or whose answer it leaves out. */
const ask = (player, method, query = {}) =>
  fetch(`${BASE}/v2/friend?${new URLSearchParams(query)}`, {
    method,
    headers: { Authorization: `Bearer ${player.session.token}` },
  });

test("an invite is accepted by adding back, and both hear of it [AddFriends ListFriends]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    await add(ann, bob);
    const invite = await bob.next("notification");
    assert.deepEqual([invite.code, invite.subject], [-2, `${ann.username} wants to add you as a friend`]);
    assert.deepEqual([invite.sender_id, invite.persistent], [ann.userId, true]);
    assert.deepEqual(invite.content, { username: ann.username });
    assert.deepEqual(await list(ann), [[bob.username, SENT]]);
    assert.deepEqual(await list(bob), [[ann.username, RECEIVED]]);

    await bob.client.addFriends(bob.session, [], [ann.username]);
    const accepted = await ann.next("notification");
    assert.deepEqual([accepted.code, accepted.subject], [-3, `${bob.username} accepted your friend request`]);
    const [{ user, state }] = (await ann.client.listFriends(ann.session)).friends;
    assert.deepEqual([user.id, user.online, user.edge_count, state], [bob.userId, true, 1, FRIEND]);
    assert.deepEqual(await list(bob), [[ann.username, FRIEND]]);
  });
});

test("a note about a friend is for its author alone [AddFriends ListFriends]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const metadata = JSON.stringify({ met: "in a race" });
    assert.equal((await ask(ann, "POST", { ids: bob.userId, metadata })).status, 200);
    const note = async (player) => JSON.parse((await (await ask(player, "GET")).json()).friends[0].metadata);
    assert.deepEqual([await note(ann), await note(bob)], [{ met: "in a race" }, {}]);
    assert.equal((await ask(ann, "POST", { ids: bob.userId, metadata: "no json" })).status, 400);
  });
});

test("friends, invites and blocks are deleted [DeleteFriends]", async () => {
  await withPlayers(["ann", "bob", "cat", "dan"], async (ann, bob, cat, dan) => {
    await befriend(ann, bob);
    await add(ann, cat);
    await block(ann, dan);
    await remove(ann, bob, cat, dan);
    assert.deepEqual(await list(ann), []);
    assert.deepEqual(await list(bob), []);
    const removed = await bob.next("notification", (notification) => notification.code === -9);
    assert.equal(removed.subject, `${ann.username} removed you from friends list`);
  });
});

test("whoever is blocked neither invites nor writes [BlockFriends channel_join]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    await befriend(ann, bob);
    const channel = await bob.socket.joinChat(ann.userId, 2, true, false);
    await ann.socket.joinChat(bob.userId, 2, true, false);
    await block(ann, bob);
    await bob.next("channelPresence", (event) => (event.leaves ?? []).length === 2);
    assert.equal((await socketRefusal(bob.socket.writeChatMessage(channel.id, { text: "why?" }))).code, 3);
    assert.equal((await socketRefusal(bob.socket.joinChat(ann.userId, 2, true, false))).code, 3);
    await add(bob, ann);
    assert.deepEqual(await list(bob), []);
    assert.deepEqual(await list(ann), [[bob.username, BLOCKED]]);
    await remove(bob, ann); // another's block stays
    assert.deepEqual(await list(ann), [[bob.username, BLOCKED]]);
    await remove(ann, bob);
    await add(bob, ann);
    assert.deepEqual(await list(ann), [[bob.username, RECEIVED]]);
  });
});

test("a list comes page by page, whole or of one state [ListFriends]", async () => {
  await withPlayers(["ann", "bob", "cat", "dan", "eve"], async (ann, bob, cat, dan, eve) => {
    await befriend(ann, bob, cat);
    await add(ann, dan);
    await add(eve, ann);
    const pages = async (state) => {
      const found = [];
      for (let cursor; ; ) {
        const page = await ann.client.listFriends(ann.session, state, 1, cursor);
        found.push(...page.friends.map((friend) => friend.user.username));
        cursor = page.cursor;
        if (!cursor) return found;
      }
    };
    assert.deepEqual(await pages(), [bob, cat, dan, eve].map((player) => player.username));
    assert.deepEqual(await pages(FRIEND), [bob.username, cat.username]);
    assert.deepEqual(await list(ann, SENT), [[dan.username, SENT]]);
    assert.deepEqual(await list(ann, RECEIVED), [[eve.username, RECEIVED]]);
  });
});

test("friends of friends are those one does not know yet [ListFriendsOfFriends]", async () => {
  await withPlayers(["ann", "bob", "cat", "dan"], async (ann, bob, cat, dan) => {
    await befriend(bob, ann, cat, dan);
    const known = async (limit, cursor) => {
      const page = await ann.client.listFriendsOfFriends(ann.session, limit, cursor);
      return [page.friends_of_friends.map(({ referrer, user }) => [referrer, user.username]), page.cursor];
    };
    const [first, cursor] = await known(1);
    const [second, end] = await known(1, cursor);
    const expected = [cat, dan].map((player) => [bob.userId, player.username]);
    assert.deepEqual([...first, ...second].sort(), expected.sort());
    assert.ok(!end);
    await add(ann, cat);
    assert.deepEqual((await known())[0], [[bob.userId, dan.username]]);
  });
});

test("nobody befriends themselves, and garbage is refused [AddFriends BlockFriends DeleteFriends ListFriends]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { client, session } = ann;
    const self = await refusal(add(ann, ann));
    assert.deepEqual([self.status, self.code, self.message], [400, 3, "Cannot add self as friend."]);
    await add(ann, { userId: randomUUID() }); // passed over
    await allRefused(3, [
      client.addFriends(session, ["nobody"]),
      client.addFriends(session, [], [""]),
      client.blockFriends(session, [ann.userId]),
      client.deleteFriends(session, [], [ann.username]),
      client.listFriends(session, 4),
      client.listFriends(session, undefined, 1001),
      client.listFriends(session, undefined, 10, "no cursor"),
      client.listFriendsOfFriends(session, 101),
      client.listFriendsOfFriends(session, 10, "no cursor"),
    ]);
  });
});

test("a flood of requests is told to wait [AddFriends]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const nobodies = Array.from({ length: 100 }, () => ({ userId: randomUUID() }));
    await add(ann, ...nobodies);
    await add(ann, ...nobodies);
    const answer = await ask(ann, "POST", nobodies.slice(0, 50).map(({ userId }) => ["ids", userId]));
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
  });
});
