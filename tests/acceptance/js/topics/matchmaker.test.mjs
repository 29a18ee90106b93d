import assert from "node:assert/strict";
import { test } from "node:test";
import { allRefused, names, pause, socketRefusal, text, unique, withPlayers } from "../player.mjs";

test("two who look for each other get a token for a relayed match [matchmaker_add matchmaker_ticket matchmaker_matched]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const run = unique("run");
    const ticket = await ann.socket.addMatchmaker(`+properties.run:${run}`, 2, 2, { run, side: "left" }, { rank: 7 });
    assert.match(ticket.ticket, /^[0-9a-f-]{36}$/);
    await bob.socket.addMatchmaker(`+properties.run:${run}`, 2, 2, { run }, { rank: 8.5 });
    const [hers, his] = [await ann.next("matched"), await bob.next("matched")];
    assert.equal(hers.ticket, ticket.ticket);
    assert.ok(!hers.match_id);
    assert.equal(hers.token, his.token);
    assert.equal(hers.self.presence.user_id, ann.userId);
    assert.deepEqual(hers.self.string_properties, { run, side: "left" });
    assert.deepEqual(hers.self.numeric_properties, { rank: 7 });
    assert.deepEqual(names(hers.users.map((user) => user.presence)).sort(), [ann.username, bob.username].sort());

    const first = await ann.socket.joinMatch(undefined, hers.token);
    const second = await bob.socket.joinMatch(undefined, his.token);
    assert.equal(second.match_id, first.match_id);
    await ann.socket.sendMatchState(first.match_id, 1, "found you");
    assert.equal(text((await bob.next("matchData")).data), "found you");
  });
});

test("the game may give them a match of its own", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const run = unique("run");
    for (const player of [ann, bob])
      await player.socket.addMatchmaker(`+properties.run:${run}`, 2, 2, { run, kind: "authoritative" });
    const matched = await ann.next("matched");
    assert.ok(!matched.token);
    assert.equal((await bob.next("matched")).match_id, matched.match_id);
    const match = await ann.socket.joinMatch(matched.match_id);
    assert.deepEqual(JSON.parse(match.label), { made_for: 2 });
  });
});

test("properties decide who fits", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const run = unique("run");
    const add = (player, query, rank) =>
      player.socket.addMatchmaker(`+properties.run:${run} ${query}`, 2, 2, { run }, { rank });
    await add(ann, "+properties.rank:>=10", 20);
    await add(bob, "+properties.rank:<10", 5); // whom ann does not want, and who does not want ann
    await add(cat, "+properties.rank:>=10", 15);
    const matched = await ann.next("matched");
    assert.deepEqual(names(matched.users.map((user) => user.presence)).sort(), [ann.username, cat.username].sort());
    assert.deepEqual(bob.all("matched"), []);
  });
});

test("more are waited for, and fewer are taken in the end", async () => {
  await withPlayers(["ann", "bob", "cat"], async (...players) => {
    const run = unique("run");
    for (const player of players) await player.socket.addMatchmaker(`+properties.run:${run}`, 3, 4, { run });
    const matched = await players[0].next("matched");
    assert.equal(matched.users.length, 3);
  });
});

test("who takes the ticket back is matched no more [matchmaker_remove]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const run = unique("run");
    const { ticket } = await ann.socket.addMatchmaker(`+properties.run:${run}`, 2, 2, { run });
    await ann.socket.removeMatchmaker(ticket);
    await bob.socket.addMatchmaker(`+properties.run:${run}`, 2, 2, { run });
    await pause(400); // four passes
    assert.deepEqual(bob.all("matched"), []);
    assert.equal((await socketRefusal(ann.socket.removeMatchmaker(ticket))).code, 3);
  });
});

test("what makes no sense is refused", async () => {
  await withPlayers(["ann"], async (ann) => {
    await allRefused(3, [
      ann.socket.addMatchmaker("*", 1, 2),
      ann.socket.addMatchmaker("*", 3, 2),
      ann.socket.addMatchmaker("+properties.rank:/(/", 2, 2),
      ann.socket.removeMatchmaker("no ticket"),
    ], socketRefusal);
    const run = unique("run");
    for (let number = 0; number < 3; number += 1) await ann.socket.addMatchmaker(`+properties.run:${run}`, 2, 2);
    await socketRefusal(ann.socket.addMatchmaker(`+properties.run:${run}`, 2, 2));
  });
});
