// Parties: a few players who want to play together, led by one of them.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { allRefused, BASE, names, PORT, socketRefusal, text, unique, withPlayers } from "../player.mjs";

const BAD_INPUT = 3;

/** The first player makes an open party that the others join; gives its id and everybody's presence. */
async function gather([leader, ...others], open = true) {
  const party = await leader.socket.createParty(open, 8);
  const presences = [party.self];
  for (const player of others) {
    await player.socket.joinParty(party.party_id);
    presences.push((await player.next("party")).self);
  }
  for (const player of [leader, ...others].slice(0, -1)) // the last to come saw nobody come after
    await player.next("partyPresence", (event) => names(event.joins).includes(presences.at(-1).username));
  return [party.party_id, ...presences];
}

test("a party is made, joined and left, and everybody is told [party_create party_join party_leave party party_presence_event]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const party = await ann.socket.createParty(true, 4);
    assert.match(party.party_id, /^[0-9a-f-]{36}\.\w+$/);
    assert.deepEqual([party.open, party.max_size, names(party.presences)], [true, 4, [ann.username]]);
    assert.equal(party.self.user_id, ann.userId);
    assert.deepEqual(party.leader, party.self);
    assert.deepEqual(names((await ann.next("partyPresence")).joins), [ann.username]);

    await bob.socket.joinParty(party.party_id);
    const joined = await bob.next("party");
    assert.deepEqual(names(joined.presences), [ann.username, bob.username]);
    assert.equal(joined.self.user_id, bob.userId);
    assert.equal(joined.leader.user_id, ann.userId);
    for (const player of [ann, bob]) assert.deepEqual(names((await player.next("partyPresence")).joins), [bob.username]);

    await bob.socket.leaveParty(party.party_id);
    assert.deepEqual(names((await ann.next("partyPresence")).leaves), [bob.username]);
    await bob.socket.leaveParty(party.party_id); // who has left has left
  });
});

test("the leader of a closed party lets in or turns down who asks [party_join party_accept party_remove party_join_request_list party_join_request party_close]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const { party_id: partyId } = await ann.socket.createParty(false, 4);
    await bob.socket.joinParty(partyId);
    const [asking] = (await ann.next("partyRequest")).presences;
    assert.equal(asking.user_id, bob.userId);
    await cat.socket.joinParty(partyId);
    await ann.next("partyRequest");
    const waiting = await ann.socket.listPartyJoinRequests(partyId);
    assert.deepEqual(names(waiting.presences), [bob.username, cat.username]);

    await ann.socket.acceptPartyMember(partyId, asking);
    const party = await bob.next("party");
    assert.ok(!party.open);
    assert.deepEqual(names(party.presences), [ann.username, bob.username]);

    await ann.socket.removePartyMember(partyId, waiting.presences[1]);
    assert.equal((await cat.next("partyClose")).party_id, partyId);
    assert.deepEqual(names((await ann.socket.listPartyJoinRequests(partyId)).presences), []);
  });
});

test("a leader hands the lead on, or another member has it when the leader goes [party_promote party_leave party_leader]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const [partyId, , bobs] = await gather([ann, bob, cat]);
    const promoted = await ann.socket.promotePartyMember(partyId, bobs);
    assert.deepEqual([promoted.party_id, promoted.presence], [partyId, bobs]);
    for (const player of [ann, bob, cat]) assert.deepEqual((await player.next("partyLeader")).presence, bobs);
    bob.leave();
    for (const player of [ann, cat]) assert.equal((await player.next("partyLeader")).presence.user_id, ann.userId);
    await ann.socket.leaveParty(partyId);
    assert.equal((await cat.next("partyLeader")).presence.user_id, cat.userId);
  });
});

test("a member is sent away, and the party is ended for all [party_remove party_close]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const [partyId, , bobs] = await gather([ann, bob, cat]);
    await ann.socket.removePartyMember(partyId, bobs);
    assert.equal((await bob.next("partyClose")).party_id, partyId);
    for (const player of [ann, cat])
      assert.deepEqual(names((await player.next("partyPresence", (event) => event.leaves?.length)).leaves), [bob.username]);

    await ann.socket.closeParty(partyId);
    for (const player of [ann, cat]) assert.equal((await player.next("partyClose")).party_id, partyId);
    assert.equal((await socketRefusal(bob.socket.joinParty(partyId))).message, "party not found");
  });
});

test("members send each other data [party_data_send party_data]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const [partyId] = await gather([ann, bob, cat]);
    await bob.socket.sendPartyData(partyId, 42, "to all");
    for (const player of [ann, cat]) {
      const data = await player.next("partyData");
      assert.deepEqual([data.party_id, data.op_code, text(data.data)], [partyId, 42, "to all"]);
      assert.equal(data.presence.user_id, bob.userId);
    }
    await ann.socket.sendPartyData(partyId, 0, new Uint8Array([0, 255, 7]));
    assert.deepEqual([...(await bob.next("partyData")).data], [0, 255, 7]);
    await bob.settle();
    assert.deepEqual(bob.all("partyData"), []);
  });
});

test("a party looks for others and is matched as one [party_matchmaker_add party_matchmaker_remove party_matchmaker_ticket matchmaker_matched]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const run = unique("run");
    const [partyId] = await gather([ann, bob]);
    const add = (...properties) =>
      ann.socket.addMatchmakerParty(partyId, `+properties.run:${run}`, 3, 3, ...properties);
    const removed = await add();
    assert.equal((await bob.next("partyTicket")).ticket, removed.ticket);
    await ann.socket.removeMatchmakerParty(partyId, removed.ticket);

    const { ticket, party_id: of } = await add({ run, side: "left" }, { rank: 7 });
    assert.equal(of, partyId);
    assert.equal((await bob.next("partyTicket")).ticket, ticket);
    await cat.socket.addMatchmaker(`+properties.run:${run}`, 3, 3, { run });
    for (const player of [ann, bob]) {
      const matched = await player.next("matched");
      assert.deepEqual([matched.ticket, matched.self.party_id], [ticket, partyId]);
      assert.equal(matched.self.presence.user_id, player.userId);
      assert.deepEqual(matched.self.string_properties, { run, side: "left" });
      assert.deepEqual(matched.self.numeric_properties, { rank: 7 });
    }
    const matched = await cat.next("matched");
    assert.deepEqual(names(matched.users.map((user) => user.presence)).sort(), [ann, bob, cat].map((player) => player.username).sort());
    assert.ok(!matched.self.party_id);
  });
});

test("what makes no sense is refused, and what is the leader's [party_create party_join party_close party_accept]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const [partyId, anns, bobs] = await gather([ann, bob]);
    await allRefused(BAD_INPUT, [
      ann.socket.createParty(true, 0),
      ann.socket.createParty(true, 257),
      ann.socket.joinParty("no party"),
      ann.socket.joinParty(`${randomUUID()}.nowhere`),
      ann.socket.joinParty(partyId),
      ann.socket.removePartyMember(partyId, anns),
      ann.socket.acceptPartyMember(partyId, bobs),
      ann.socket.addMatchmakerParty(partyId, "*", 1, 2),
    ], socketRefusal);
    for (const player of [bob, cat]) {
      const lead = [
        player.socket.closeParty(partyId),
        player.socket.promotePartyMember(partyId, bobs),
        player.socket.removePartyMember(partyId, anns),
        player.socket.listPartyJoinRequests(partyId),
        player.socket.addMatchmakerParty(partyId, "*", 2, 2),
        player.socket.removeMatchmakerParty(partyId, "no ticket"),
      ];
      await allRefused(BAD_INPUT, lead, socketRefusal);
    }
  });
});

/** A socket of JSON as newer clients have it: `ask` gives the answer, `next` the next event of a name. */
async function newerSocket(session) {
  const socket = new WebSocket(`ws://127.0.0.1:${PORT}/ws?token=${session.token}`);
  const heard = [];
  let wake = () => {};
  socket.onmessage = (message) => (heard.push(JSON.parse(message.data)), wake());
  await new Promise((resolve) => (socket.onopen = resolve));
  const take = async (wanted) => {
    let index;
    while ((index = heard.findIndex(wanted)) < 0) await new Promise((resolve) => (wake = resolve));
    return heard.splice(index, 1)[0];
  };
  return {
    ask: (message) => (socket.send(JSON.stringify({ cid: "1", ...message })), take((heard) => heard.cid)),
    next: async (name) => (await take((heard) => heard[name]))[name],
    close: () => socket.close(),
  };
}

/** The page of parties that the list shows a player. */
async function list(player, wanted) {
  const headers = { Authorization: `Bearer ${player.session.token}` };
  const answer = await fetch(`${BASE}/v2/party?${new URLSearchParams(wanted)}`, { headers });
  return { status: answer.status, ...(await answer.json()) };
}

// nakama-js 2.8 knows neither labels nor lists of parties; its successors send and ask just this.
test("parties are found by their label, which the leader may change [ListParties party_create party_update]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const run = unique("run");
    const socket = await newerSocket(ann.session);
    const label = (mode) => JSON.stringify({ run, mode });
    const made = [];
    for (const mode of ["duel", "race", "race"]) {
      const { party } = await socket.ask({ party_create: { open: true, max_size: 4, label: label(mode) } });
      made.push(party.party_id);
    }
    const races = { query: `+label.run:${run} +label.mode:race`, limit: 1 };
    const first = await list(bob, races);
    assert.deepEqual(first.parties, [{ party_id: made[1], open: true, max_size: 4, label: label("race") }]);
    const second = await list(bob, { ...races, cursor: first.cursor });
    assert.deepEqual([second.parties[0].party_id, second.cursor], [made[2], undefined]);

    await bob.socket.joinParty(made[0]);
    const change = { party_id: made[0], label: label("race"), open: false };
    assert.deepEqual(await socket.ask({ party_update: change }), { cid: "1" });
    assert.deepEqual(await socket.next("party_update"), { party_id: made[0], label: label("race") });
    const closed = await list(bob, { ...races, open: "false" });
    assert.deepEqual(closed.parties, [{ party_id: made[0], max_size: 4, label: label("race") }]);

    assert.equal((await list(bob, { limit: 101 })).status, 400);
    assert.equal((await socket.ask({ party_update: { ...change, label: "x".repeat(2049) } })).error.code, BAD_INPUT);
    socket.close();
  });
});
