// Relayed matches: the server passes on what players send each other.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { FORMAT, names, refusal, socketRefusal, text, unique, withPlayers } from "../player.mjs";

const [NOT_FOUND, BAD_INPUT] = [4, 3];

test("a match is made, joined and left, and everybody is told [match_create match_join match_leave match match_presence_event]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const match = await ann.socket.createMatch();
    assert.match(match.match_id, /^[0-9a-f-]{36}\.$/);
    assert.equal(match.size, 1);
    assert.equal(match.self.user_id, ann.userId);
    assert.deepEqual(names(match.presences), []);
    assert.deepEqual(names((await ann.next("matchPresence")).joins), [ann.username]);

    const joined = await bob.socket.joinMatch(match.match_id);
    assert.deepEqual([joined.size, names(joined.presences)], [2, [ann.username]]);
    for (const player of [ann, bob])
      assert.deepEqual(names((await player.next("matchPresence")).joins), [bob.username]);

    await bob.socket.leaveMatch(match.match_id);
    assert.deepEqual(names((await ann.next("matchPresence")).leaves), [bob.username]);
    await bob.socket.leaveMatch(match.match_id); // who has left has left
  });
});

test("who rejoins is among the presences", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { match_id: matchId } = await ann.socket.createMatch();
    assert.deepEqual(names((await ann.socket.joinMatch(matchId)).presences), [ann.username]);
  });
});

const sendsNames = { skip: FORMAT === "protobuf" && "version 1.4.0 of the client has no name in its match_create" };

test("players meet by a name", sendsNames, async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const name = unique("meeting");
    const first = await ann.socket.createMatch(name);
    const second = await bob.socket.createMatch(name);
    assert.equal(second.match_id, first.match_id);
    assert.deepEqual(names(second.presences), [ann.username]);
  });
});

test("data goes to the others, or to some of them [match_data_send match_data]", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    const { match_id: matchId } = await ann.socket.createMatch();
    const joined = await bob.socket.joinMatch(matchId);
    await cat.socket.joinMatch(matchId);

    await ann.socket.sendMatchState(matchId, 42, "to all");
    for (const player of [bob, cat]) {
      const data = await player.next("matchData");
      assert.deepEqual([data.op_code, text(data.data)], [42, "to all"]);
      assert.equal(data.presence.user_id, ann.userId);
      assert.equal(data.match_id, matchId);
    }
    await ann.socket.sendMatchState(matchId, 0, new Uint8Array([0, 255, 7]), [joined.self]);
    assert.deepEqual([...(await bob.next("matchData")).data], [0, 255, 7]);
    await cat.settle();
    assert.deepEqual(cat.all("matchData"), []);
    assert.deepEqual(ann.all("matchData"), []);
  });
});

test("order is kept, also under load", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const { match_id: matchId } = await ann.socket.createMatch();
    await bob.socket.joinMatch(matchId);
    for (let number = 1; number <= 500; number += 1) ann.socket.sendMatchState(matchId, number, `${number}`);
    for (let number = 1; number <= 500; number += 1) assert.equal((await bob.next("matchData")).op_code, number);
  });
});

test("a closed connection leaves the match, and an empty match is gone", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const { match_id: matchId } = await ann.socket.createMatch();
    await bob.socket.joinMatch(matchId);
    ann.leave();
    assert.deepEqual(names((await bob.next("matchPresence", (event) => event.leaves)).leaves), [ann.username]);
    await bob.socket.leaveMatch(matchId);
    assert.equal((await socketRefusal(bob.socket.joinMatch(matchId))).code, NOT_FOUND);
  });
});

test("there has to be such a match", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.deepEqual(await socketRefusal(ann.socket.joinMatch(`${randomUUID()}.`)), {
      code: NOT_FOUND,
      message: "Match not found.",
    });
    assert.equal((await socketRefusal(ann.socket.joinMatch("no match"))).code, BAD_INPUT);
    assert.equal((await socketRefusal(ann.socket.joinMatch())).code, BAD_INPUT);
    assert.equal((await socketRefusal(ann.socket.joinMatch(undefined, "no token"))).code, BAD_INPUT);
  });
});

test("relayed matches are listed by their size [ListMatches]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const { match_id: matchId } = await ann.socket.createMatch();
    await bob.socket.joinMatch(matchId);
    const list = async (...wanted) =>
      ((await ann.client.listMatches(ann.session, 100, false, undefined, ...wanted)).matches ?? []).filter(
        (match) => match.match_id === matchId,
      );
    const [match] = await list(2, 2);
    assert.equal(match.size, 2);
    assert.ok(!match.authoritative);
    assert.deepEqual(await list(3), []);
    assert.equal((await refusal(ann.client.listMatches(ann.session, 101))).status, 400);
  });
});
