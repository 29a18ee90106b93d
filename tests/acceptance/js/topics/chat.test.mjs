import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { allRefused, names, pause, refusal, socketRefusal, unique, withPlayers } from "../player.mjs";

const [ROOM, DIRECT, GROUP] = [1, 2, 3];
const [CHAT, UPDATE, REMOVE] = [0, 1, 2];

test("what is said in a room is heard by all in it, the sender too [channel_join channel_message_send channel channel_message channel_message_ack]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const room = unique("room");
    const channel = await ann.socket.joinChat(room, ROOM, true, false);
    assert.equal(channel.id, `2...${room}`);
    assert.equal(channel.room_name, room);
    assert.equal(channel.self.user_id, ann.userId);
    assert.deepEqual(names(channel.presences), []);
    const joined = await bob.socket.joinChat(room, ROOM, true, false);
    assert.deepEqual(names(joined.presences), [ann.username]);

    const ack = await bob.socket.writeChatMessage(channel.id, { text: "hello" });
    assert.equal(ack.code, CHAT);
    assert.equal(ack.persistent, true);
    assert.equal(ack.username, bob.username);
    for (const player of [ann, bob]) {
      const message = await player.next("message");
      assert.equal(message.message_id, ack.message_id);
      assert.equal(message.sender_id, bob.userId);
      assert.equal(message.room_name, room);
      assert.equal(message.code, CHAT);
      assert.deepEqual(message.content, { text: "hello" });
    }
  });
});

test("who comes and goes is told [channel_join channel_leave channel_presence_event]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const room = unique("room");
    const { id } = await ann.socket.joinChat(room, ROOM, true, false);
    assert.deepEqual(names((await ann.next("channelPresence")).joins), [ann.username]);
    await bob.socket.joinChat(room, ROOM, true, false);
    assert.deepEqual(names((await ann.next("channelPresence")).joins), [bob.username]);
    await bob.socket.leaveChat(id);
    assert.deepEqual(names((await ann.next("channelPresence")).leaves), [bob.username]);
    await bob.socket.joinChat(room, ROOM, true, false);
    assert.deepEqual(names((await ann.next("channelPresence")).joins), [bob.username]);
    bob.leave();
    assert.deepEqual(names((await ann.next("channelPresence")).leaves), [bob.username]);
  });
});

test("who is hidden hears and is not seen", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const room = unique("room");
    await ann.socket.joinChat(room, ROOM, true, true);
    const channel = await bob.socket.joinChat(room, ROOM, true, false);
    assert.deepEqual(names(channel.presences), []);
    await cat.socket.joinChat(room, ROOM, true, false);
    await bob.socket.writeChatMessage(channel.id, { text: "anybody?" });
    assert.deepEqual((await ann.next("message")).content, { text: "anybody?" });
    const joins = bob.all("channelPresence").flatMap((event) => names(event.joins));
    assert.ok(!joins.includes(ann.username));
  });
});

test("a message is changed and taken back by its sender alone [channel_message_update channel_message_remove]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const room = unique("room");
    const { id } = await ann.socket.joinChat(room, ROOM, true, false);
    await bob.socket.joinChat(room, ROOM, true, false);
    const { message_id: messageId } = await ann.socket.writeChatMessage(id, { text: "helo" });
    const changed = await ann.socket.updateChatMessage(id, messageId, { text: "hello" });
    assert.equal(changed.code, UPDATE);
    const update = await bob.next("message", (message) => message.code === UPDATE);
    assert.deepEqual([update.message_id, update.content], [messageId, { text: "hello" }]);

    assert.equal((await socketRefusal(bob.socket.updateChatMessage(id, messageId, { text: "x" }))).code, 3);
    assert.equal((await socketRefusal(bob.socket.removeChatMessage(id, messageId))).code, 3);
    const { messages } = await bob.client.listChannelMessages(bob.session, id, 10);
    assert.deepEqual(messages.map((message) => message.content), [{ text: "hello" }]);

    await ann.socket.removeChatMessage(id, messageId);
    assert.equal((await bob.next("message", (message) => message.code === REMOVE)).message_id, messageId);
    assert.deepEqual((await bob.client.listChannelMessages(bob.session, id, 10)).messages, []);
  });
});

test("the history is paged in both directions, and a kept cursor finds what is new [ListChannelMessages]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { id } = await ann.socket.joinChat(unique("room"), ROOM, true, false);
    const say = (number) => ann.socket.writeChatMessage(id, { number });
    for (let number = 0; number < 7; number += 1) await say(number);
    const list = async (limit, forward, cursor) => {
      const page = await ann.client.listChannelMessages(ann.session, id, limit, forward, cursor);
      return { ...page, numbers: page.messages.map((message) => message.content.number) };
    };

    const first = await list(3, true);
    const second = await list(3, true, first.next_cursor);
    const third = await list(3, true, second.next_cursor);
    assert.deepEqual([first.numbers, second.numbers, third.numbers], [[0, 1, 2], [3, 4, 5], [6]]);
    assert.ok(!first.prev_cursor);
    assert.ok(!third.next_cursor);
    assert.deepEqual((await list(3, true, third.prev_cursor)).numbers, [3, 4, 5]);

    const newest = await list(3, false);
    const older = await list(3, false, newest.next_cursor);
    assert.deepEqual([newest.numbers, older.numbers], [[6, 5, 4], [3, 2, 1]]);
    assert.deepEqual((await list(3, false, older.prev_cursor)).numbers, [6, 5, 4]);

    await say(7);
    assert.deepEqual((await list(10, true, third.cacheable_cursor)).numbers, [7]);
    assert.deepEqual((await list(10, true, newest.cacheable_cursor)).numbers, [7]);
  });
});

test("what is not to be kept is heard and not kept", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { id } = await ann.socket.joinChat(unique("room"), ROOM, false, false);
    const ack = await ann.socket.writeChatMessage(id, { text: "psst" });
    assert.equal(ack.persistent, false);
    assert.equal((await ann.next("message")).persistent, false);
    assert.deepEqual((await ann.client.listChannelMessages(ann.session, id, 10)).messages, []);
  });
});

test("two players talk alone, and the absent one is notified [channel_join notifications]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const channel = await ann.socket.joinChat(bob.userId, DIRECT, true, false);
    const ids = [ann.userId, bob.userId].sort();
    assert.equal(channel.id, `4.${ids[0]}.${ids[1]}.`);
    assert.deepEqual([channel.user_id_one, channel.user_id_two], ids);
    const notification = await bob.next("notification");
    assert.deepEqual([notification.code, notification.sender_id], [-1, ann.userId]);

    await ann.socket.writeChatMessage(channel.id, { text: "are you there?" });
    assert.equal((await bob.socket.joinChat(ann.userId, DIRECT, true, false)).id, channel.id);
    const { messages } = await bob.client.listChannelMessages(bob.session, channel.id, 10);
    assert.deepEqual(messages.map((message) => message.content.text), ["are you there?"]);
    await bob.socket.writeChatMessage(channel.id, { text: "yes" });
    assert.equal((await ann.next("message", (message) => message.sender_id === bob.userId)).content.text, "yes");
    assert.deepEqual(ann.all("notification"), []);

    assert.equal((await refusal(cat.client.listChannelMessages(cat.session, channel.id, 10))).status, 403);
    assert.equal((await socketRefusal(cat.socket.writeChatMessage(channel.id, { text: "hi" }))).code, 3);
  });
});

test("what makes no sense is refused, and the socket stays open [error]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { id } = await ann.socket.joinChat(unique("room"), ROOM, true, false);
    await allRefused(3, [
      ann.socket.joinChat("", ROOM, true, false),
      ann.socket.joinChat("r".repeat(65), ROOM, true, false),
      ann.socket.joinChat("not an id", DIRECT, true, false),
      ann.socket.joinChat(ann.userId, DIRECT, true, false),
      ann.socket.joinChat(randomUUID(), DIRECT, true, false),
      ann.socket.joinChat(randomUUID(), GROUP, true, false),
      ann.socket.joinChat("room", 9, true, false),
      ann.socket.writeChatMessage(`2...${unique("elsewhere")}`, { text: "hello" }),
      ann.socket.writeChatMessage("no channel", { text: "hello" }),
      ann.socket.writeChatMessage(id, ["a list"]),
      ann.socket.writeChatMessage(id, "text"),
      ann.socket.updateChatMessage(id, "no message", { text: "hello" }),
      ann.socket.leaveChat("no channel"),
    ], socketRefusal);
    assert.equal((await refusal(ann.client.listChannelMessages(ann.session, "no channel", 10))).status, 400);
    assert.equal((await refusal(ann.client.listChannelMessages(ann.session, id, 101))).status, 400);
    await ann.socket.writeChatMessage(id, { text: "still here" });
  });
});

test("what the game has switched off ends the socket", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.equal((await socketRefusal(ann.socket.joinChat("disabled", ROOM, true, false))).code, 1);
    await ann.next("disconnect");
    await pause(0);
  });
});
