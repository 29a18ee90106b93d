// Authoritative matches: the arena of tests/acceptance/game.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { names, Player, refusal, socketRefusal, text, unique, withPlayers } from "../player.mjs";

const [ECHO, , JOINED, LEFT, LOST, BACK] = [1, 2, 3, 4, 5, 6];
const [NOT_FOUND, REJECTED] = [4, 5];

const make = async (player, name, label = {}) =>
  (await player.socket.rpc("make_match", JSON.stringify({ name, label }))).payload;
const signal = async (player, matchId, data) =>
  (await player.socket.rpc("signal_match", JSON.stringify({ match_id: matchId, data }))).payload;
const told = async (player, opCode) =>
  JSON.parse(text((await player.next("matchData", (data) => data.op_code === opCode)).data));

test("players join, and the match hears and answers them [match_join match_data_send match match_data match_presence_event]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const matchId = await make(ann, "arena", { map: "green hill" });
    assert.match(matchId, /^[0-9a-f-]{36}\.supergame$/);
    const match = await ann.socket.joinMatch(matchId);
    assert.equal(match.authoritative, true);
    assert.deepEqual(JSON.parse(match.label), { map: "green hill" });
    assert.deepEqual([match.size, match.self.user_id], [1, ann.userId]);
    assert.deepEqual(await told(ann, JOINED), [ann.username]);
    assert.deepEqual(names((await bob.socket.joinMatch(matchId)).presences), [ann.username]);
    assert.deepEqual(await told(ann, JOINED), [bob.username]);

    await bob.socket.sendMatchState(matchId, ECHO, "hello");
    const data = await ann.next("matchData", (event) => event.op_code === ECHO);
    assert.deepEqual([text(data.data), data.presence.user_id], ["hello", bob.userId]);

    await bob.socket.leaveMatch(matchId);
    assert.deepEqual(await told(ann, LEFT), [bob.username]);
    assert.deepEqual(
      names((await ann.next("matchPresence", (event) => event.leaves)).leaves),
      [bob.username],
    );
  });
});

test("a match refuses whom it does not want, with its reason [match_join error]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const matchId = await make(ann, "arena");
    assert.deepEqual(await socketRefusal(ann.socket.joinMatch(matchId, undefined, { password: "wrong" })), {
      code: REJECTED,
      message: "That is not the password.",
    });
    assert.deepEqual(await socketRefusal(ann.socket.joinMatch(matchId, undefined, { password: "silent" })), {
      code: REJECTED,
      message: "Match join rejected.",
    });
    assert.equal((await ann.socket.joinMatch(matchId, undefined, { password: "right" })).size, 1);
  });
});

test("matches are listed by a query over their labels [ListMatches]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const run = unique("run");
    const easy = await make(ann, "arena", { run, mode: "easy", level: 3, tags: ["new", "night"] });
    const hard = await make(ann, "arena", { run, mode: "hard", level: 9 });
    await ann.socket.joinMatch(hard);
    const list = async (query, minSize, maxSize) =>
      ((await ann.client.listMatches(ann.session, 10, true, undefined, minSize, maxSize, query)).matches ?? []).map(
        (match) => match.match_id,
      );
    assert.deepEqual((await list(`+label.run:${run}`)).sort(), [easy, hard].sort());
    assert.deepEqual(await list(`+label.run:${run} +label.mode:easy`), [easy]);
    assert.deepEqual(await list(`+label.run:${run} +label.level:>=5`), [hard]);
    assert.deepEqual(await list(`+label.run:${run} -label.mode:hard`), [easy]);
    assert.deepEqual(await list(`+label.run:${run} +label.tags:night`), [easy]);
    assert.deepEqual(await list(`+label.run:${run} +label.mode:/h.*/`), [hard]);
    assert.deepEqual(await list(`+label.run:${run}`, 1, 1), [hard]);
    const [match] = (await ann.client.listMatches(ann.session, 10, true, undefined, 1, 1, `+label.run:${run}`)).matches;
    assert.deepEqual([match.size, match.authoritative, match.tick_rate], [1, true, 20]);
    assert.equal(JSON.parse(match.label).mode, "hard");
    assert.equal((await refusal(ann.client.listMatches(ann.session, 10, true, undefined, 0, 9, "+a:/(/"))).status, 400);
  });
});

test("game code signals a match, which changes its label or ends", async () => {
  await withPlayers(["ann"], async (ann) => {
    const run = unique("run");
    const matchId = await make(ann, "arena", { run, open: true });
    await ann.socket.joinMatch(matchId);
    assert.equal(await signal(ann, matchId, "hello"), "heard hello with 1 players");
    await signal(ann, matchId, JSON.stringify({ run, open: false }));
    const list = (query) => ann.client.listMatches(ann.session, 10, true, undefined, undefined, undefined, query);
    assert.equal((await list(`+label.run:${run} +label.open:F`)).matches.length, 1);
    await signal(ann, matchId, "end");
    assert.deepEqual(names((await ann.next("matchPresence", (event) => event.leaves)).leaves), [ann.username]);
    assert.equal((await socketRefusal(ann.socket.joinMatch(matchId))).code, NOT_FOUND);
  });
});

test("who lost the connection finds the seat kept", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const matchId = await make(ann, "arena");
    await ann.socket.joinMatch(matchId);
    await bob.socket.joinMatch(matchId);
    bob.leave();
    assert.deepEqual(await told(ann, LOST), [bob.username]);
    await bob.connect();
    await bob.socket.joinMatch(matchId, undefined, { password: "wrong" }); // nobody asks: the seat is bob's
    assert.deepEqual(await told(ann, BACK), [bob.username]);
    await bob.socket.sendMatchState(matchId, ECHO, "I am back");
    assert.equal(text((await ann.next("matchData", (data) => data.op_code === ECHO)).data), "I am back");
    assert.ok(!ann.all("matchData").some((data) => data.op_code === LEFT));
  });
});

test("who does not come back has left when the grace is over", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const matchId = await make(ann, "brief");
    await ann.socket.joinMatch(matchId);
    await bob.socket.joinMatch(matchId);
    bob.leave();
    assert.deepEqual(await told(ann, LOST), [bob.username]);
    assert.deepEqual(await told(ann, LEFT), [bob.username]);
  });
});

test("who is kicked is out", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const matchId = await make(ann, "arena");
    await ann.socket.joinMatch(matchId);
    await bob.socket.joinMatch(matchId);
    await bob.socket.sendMatchState(matchId, ECHO, "kick me");
    assert.deepEqual(await told(ann, LEFT), [bob.username]);
    assert.equal(await signal(ann, matchId, "hello"), "heard hello with 1 players");
  });
});

test("data from outside the match goes nowhere", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const matchId = await make(ann, "arena");
    await ann.socket.joinMatch(matchId);
    await bob.socket.sendMatchState(matchId, ECHO, "from outside");
    await bob.settle();
    await ann.socket.sendMatchState(matchId, ECHO, "from inside");
    assert.equal(text((await ann.next("matchData", (data) => data.op_code === ECHO)).data), "from inside");
  });
});

test("a player may have two connections in one match", async () => {
  await withPlayers(["ann"], async (ann) => {
    const other = new Player();
    Object.assign(other, { client: ann.client, session: ann.session, username: ann.username });
    await other.connect();
    try {
      const matchId = await make(ann, "arena");
      await ann.socket.joinMatch(matchId);
      assert.equal((await other.socket.joinMatch(matchId)).size, 2);
    } finally {
      other.leave();
    }
  });
});
