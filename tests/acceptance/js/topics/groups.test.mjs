import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { names, refusal, socketRefusal, unique, withPlayers } from "../player.mjs";

const GROUP_CHANNEL = 3;
const [SUPERADMIN, ADMIN, MEMBER, ASKS] = [0, 1, 2, 3];
const [CHAT, UPDATE, REMOVE, JOIN, ADD, LEAVE, KICK, PROMOTE, BAN, DEMOTE] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const [ADDED, JOIN_REQUEST] = [-4, -5];

const create = (player, fields) => player.client.createGroup(player.session, { name: unique("group"), ...fields });

/** What everybody is in a group, by username. */
async function roles(player, group) {
  const { group_users: users } = await player.client.listGroupUsers(player.session, group.id);
  return Object.fromEntries(users.map(({ user, state }) => [user.username, state]));
}

/** The one group of that name, as it is now. */
async function read(player, name) {
  const { groups } = await player.client.listGroups(player.session, name, undefined, 10);
  assert.equal(groups.length, 1);
  return groups[0];
}

test("a group is made, changed and deleted [CreateGroup UpdateGroup DeleteGroup ListGroups]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const made = await create(ann, { description: "We are", lang_tag: "de", open: true, max_count: 7 });
    assert.equal(made.creator_id, ann.userId);
    assert.deepEqual([made.description, made.lang_tag, made.open], ["We are", "de", true]);
    assert.deepEqual([made.edge_count, made.max_count], [1, 7]);
    assert.ok(Date.parse(made.create_time) > 0);
    assert.equal((await refusal(create(bob, { name: made.name }))).code, 6);

    const name = unique("renamed");
    await ann.client.updateGroup(ann.session, made.id, { name, open: false, description: "" });
    const now = await read(bob, name);
    assert.deepEqual([now.id, now.open, now.description ?? "", now.lang_tag], [made.id, false, "", "de"]);
    assert.equal((await refusal(bob.client.updateGroup(bob.session, made.id, { name: "x" }))).status, 404);
    assert.equal((await refusal(bob.client.deleteGroup(bob.session, made.id))).status, 404);

    await ann.client.deleteGroup(ann.session, made.id);
    assert.deepEqual((await ann.client.listGroups(ann.session, name, undefined, 10)).groups, []);
    assert.equal((await refusal(bob.client.joinGroup(bob.session, made.id))).message, "Group not found.");
  });
});

test("groups are found by the beginning of their name, and paged [ListGroups]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const family = unique("Family");
    for (const name of ["a", "b", "c"]) await create(ann, { name: `${family} ${name}` });
    const found = [];
    let cursor;
    do {
      const page = await ann.client.listGroups(ann.session, `${family.toLowerCase()}%`, cursor, 2);
      found.push(...page.groups.map((group) => group.name));
      cursor = page.cursor;
    } while (cursor);
    assert.deepEqual(found, ["a", "b", "c"].map((name) => `${family} ${name}`));
    const { groups } = await ann.client.listGroups(ann.session, `${family}%`);
    assert.equal(groups.length, 1); // the default page
    assert.equal((await refusal(ann.client.listGroups(ann.session, "x", undefined, 101))).code, 3);
  });
});

test("anyone joins an open group, and leaves it again [JoinGroup LeaveGroup ListGroupUsers ListUserGroups]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const group = await create(ann, { open: true });
    await bob.client.joinGroup(bob.session, group.id);
    assert.deepEqual(await roles(bob, group), { [ann.username]: SUPERADMIN, [bob.username]: MEMBER });
    const { user_groups: groups } = await ann.client.listUserGroups(ann.session, bob.userId);
    assert.deepEqual(groups.map((entry) => [entry.group.id, entry.group.edge_count, entry.state]), [[group.id, 2, MEMBER]]);
    const { group_users: members } = await ann.client.listGroupUsers(ann.session, group.id, MEMBER, 10);
    assert.deepEqual(members.map((member) => member.user.username), [bob.username]);
    await bob.client.leaveGroup(bob.session, group.id);
    assert.deepEqual(await roles(bob, group), { [ann.username]: SUPERADMIN });
    const refused = await refusal(ann.client.leaveGroup(ann.session, group.id));
    assert.deepEqual([refused.code, refused.message], [3, "Cannot leave group when you are the last superadmin."]);
  });
});

test("a closed group lets in whom an admin takes [JoinGroup AddGroupUsers KickGroupUsers notifications]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const group = await create(ann, { open: false });
    await bob.client.joinGroup(bob.session, group.id);
    const request = await ann.next("notification");
    assert.deepEqual([request.code, request.sender_id, request.content.group_id], [JOIN_REQUEST, bob.userId, group.id]);
    assert.equal((await roles(ann, group))[bob.username], ASKS);
    await ann.client.addGroupUsers(ann.session, group.id, [bob.userId]);
    const added = await bob.next("notification");
    assert.deepEqual([added.code, added.sender_id, added.content.group_id], [ADDED, ann.userId, group.id]);
    assert.equal((await roles(ann, group))[bob.username], MEMBER);

    await cat.client.joinGroup(cat.session, group.id);
    await ann.client.kickGroupUsers(ann.session, group.id, [cat.userId]); // turns the request down
    assert.deepEqual(Object.keys(await roles(ann, group)).sort(), [ann.username, bob.username].sort());
  });
});

test("a full group takes nobody [JoinGroup]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const group = await create(ann, { open: true, max_count: 2 });
    const asked = [bob, cat].map((player) => player.client.joinGroup(player.session, group.id));
    const settled = await Promise.allSettled(asked);
    assert.deepEqual(settled.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const answer = await settled.find(({ status }) => status === "rejected").reason.json();
    assert.deepEqual([answer.code, answer.message], [3, "Group is full."]);
    assert.equal((await read(ann, group.name)).edge_count, 2);
  });
});

test("members rise and fall, by those who may say so [PromoteGroupUsers DemoteGroupUsers]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const group = await create(ann);
    await ann.client.addGroupUsers(ann.session, group.id, [bob.userId, cat.userId]);
    assert.equal((await refusal(bob.client.promoteGroupUsers(bob.session, group.id, [cat.userId]))).status, 404);
    await ann.client.promoteGroupUsers(ann.session, group.id, [bob.userId]);
    await bob.client.promoteGroupUsers(bob.session, group.id, [cat.userId]);
    assert.deepEqual(await roles(ann, group), {
      [ann.username]: SUPERADMIN,
      [bob.username]: ADMIN,
      [cat.username]: ADMIN,
    });
    assert.equal((await refusal(bob.client.demoteGroupUsers(bob.session, group.id, [cat.userId]))).status, 404);
    await ann.client.demoteGroupUsers(ann.session, group.id, [cat.userId]);
    assert.equal((await roles(ann, group))[cat.username], MEMBER);
  });
});

test("who is banned is out until the ban is lifted [BanGroupUsers KickGroupUsers JoinGroup]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const group = await create(ann, { open: true });
    await bob.client.joinGroup(bob.session, group.id);
    await ann.client.banGroupUsers(ann.session, group.id, [bob.userId]);
    assert.deepEqual(await roles(bob, group), { [ann.username]: SUPERADMIN });
    assert.equal((await refusal(bob.client.joinGroup(bob.session, group.id))).status, 403);
    await ann.client.kickGroupUsers(ann.session, group.id, [bob.userId]);
    await bob.client.joinGroup(bob.session, group.id);
    assert.equal((await roles(bob, group))[bob.username], MEMBER);
  });
});

test("members talk in the group's channel, and nobody else [channel_join channel_message_send channel_message_update channel_message_remove channel_message ListChannelMessages]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const group = await create(ann);
    await ann.client.addGroupUsers(ann.session, group.id, [bob.userId]);
    const channel = await ann.socket.joinChat(group.id.toUpperCase(), GROUP_CHANNEL, true, false);
    assert.deepEqual([channel.id, channel.group_id], [`3.${group.id}..`, group.id]);
    const joined = await bob.socket.joinChat(group.id, GROUP_CHANNEL, true, false);
    assert.deepEqual(names(joined.presences), [ann.username]);
    for (const target of [group.id, randomUUID()]) {
      assert.equal((await socketRefusal(cat.socket.joinChat(target, GROUP_CHANNEL, true, false))).code, 3);
    }
    assert.equal((await refusal(cat.client.listChannelMessages(cat.session, channel.id, 10))).status, 400);

    const ack = await ann.socket.writeChatMessage(channel.id, { text: "helo" });
    const heard = await bob.next("message");
    assert.deepEqual([heard.code, heard.group_id, heard.content], [CHAT, group.id, { text: "helo" }]);
    await ann.socket.updateChatMessage(channel.id, ack.message_id, { text: "hello" });
    assert.deepEqual((await bob.next("message", ({ code }) => code === UPDATE)).content, { text: "hello" });
    await ann.socket.removeChatMessage(channel.id, ack.message_id);
    assert.equal((await bob.next("message", ({ code }) => code === REMOVE)).message_id, ack.message_id);
    const { messages } = await bob.client.listChannelMessages(bob.session, channel.id, 10);
    assert.deepEqual(messages.map(({ code, content }) => [code, content.username]), [[ADD, bob.username]]);
  });
});

test("the channel tells who comes, goes, rises and falls [channel_message]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const group = await create(ann, { open: true });
    const { id } = await ann.socket.joinChat(group.id, GROUP_CHANNEL, true, false);
    const others = [[bob.userId]];
    await bob.client.joinGroup(bob.session, group.id);
    await bob.client.leaveGroup(bob.session, group.id);
    for (const change of ["add", "promote", "demote", "kick", "add", "ban"]) {
      await ann.client[`${change}GroupUsers`](ann.session, group.id, ...others);
    }
    const told = [JOIN, LEAVE, ADD, PROMOTE, DEMOTE, KICK, ADD, BAN];
    for (const code of told) {
      const message = await ann.next("message");
      assert.deepEqual([message.code, message.sender_id, message.username], [code, bob.userId, bob.username]);
      assert.deepEqual(message.content, { username: bob.username });
    }
    const { messages } = await ann.client.listChannelMessages(ann.session, id, 20);
    assert.deepEqual(messages.map((message) => message.code), told);
  });
});

test("who is kicked is out of the channel at once [KickGroupUsers channel_presence_event]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const group = await create(ann, { open: true });
    await bob.client.joinGroup(bob.session, group.id);
    const { id } = await ann.socket.joinChat(group.id, GROUP_CHANNEL, true, false);
    await bob.socket.joinChat(group.id, GROUP_CHANNEL, true, false);
    await ann.client.kickGroupUsers(ann.session, group.id, [bob.userId]);
    const { leaves } = await ann.next("channelPresence", (event) => event.leaves?.length);
    assert.deepEqual(names(leaves), [bob.username]);
    assert.equal((await bob.next("message")).code, KICK);
    assert.equal((await socketRefusal(bob.socket.writeChatMessage(id, { text: "hey" }))).code, 3);
    assert.equal((await refusal(bob.client.listChannelMessages(bob.session, id, 10))).status, 400);
  });
});
