import assert from "node:assert/strict";
import { test } from "node:test";
import { allRefused, BASE, refusal, withPlayers } from "../player.mjs";

const write = (player, board, score, subscore, metadata) =>
  player.client.writeLeaderboardRecord(player.session, board, { score, subscore, metadata });
// The client has no method of its own for this operation.
const remove = (player, board) =>
  fetch(`${BASE}/v2/leaderboard/${board}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${player.session.token}` },
  });
const standing = (list) => list.map((record) => [record.username, record.score, record.rank]);

test("a score is answered with the record and its rank [WriteLeaderboardRecord]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const record = await write(ann, "highest", "1000000", "7", { map: "green hill" });
    assert.equal(record.leaderboard_id, "highest");
    assert.deepEqual([record.owner_id, record.username], [ann.userId, ann.username]);
    assert.deepEqual([record.score, record.subscore, record.num_score], [1_000_000, 7, 1]);
    assert.deepEqual(record.metadata, { map: "green hill" });
    assert.equal(record.rank, 1);
    await ann.client.writeLeaderboardRecord(ann.session, "highest", { score: "3" });
    const { owner_records: [best] } = await ann.client.listLeaderboardRecords(ann.session, "highest", [ann.userId]);
    assert.deepEqual([best.score, best.num_score], [1_000_000, 1]);
  });
});

test("best, set and incr mean what they say", async () => {
  await withPlayers(["ann"], async (ann) => {
    const scores = {};
    for (const board of ["highest", "lowest", "sum", "latest"])
      for (const score of ["5", "9", "7"]) scores[board] = (await write(ann, board, score)).score;
    assert.deepEqual(scores, { highest: 9, lowest: 5, sum: 21, latest: 7 });
  });
});

test("records are listed by rank, page by page, in both directions [ListLeaderboardRecords ListLeaderboardRecordsAroundOwner]", async () => {
  await withPlayers(["ann", "bob", "cat", "dan", "eve"], async (...players) => {
    const [ann] = players;
    for (const [index, player] of players.entries()) await write(player, "lowest", `${-1_000_000 + index}`);
    const list = (limit, cursor) => ann.client.listLeaderboardRecords(ann.session, "lowest", undefined, limit, cursor);
    const expected = players.map((player, index) => [player.username, -1_000_000 + index, index + 1]);
    const first = await list(2);
    const second = await list(2, first.next_cursor);
    assert.deepEqual(standing(first.records), expected.slice(0, 2));
    assert.deepEqual(standing(second.records), expected.slice(2, 4));
    assert.deepEqual(standing((await list(2, second.prev_cursor)).records), expected.slice(0, 2));
    assert.ok(first.rank_count >= 5);

    const around = await ann.client.listLeaderboardRecordsAroundOwner(ann.session, "lowest", players[2].userId, 3);
    assert.deepEqual(standing(around.records), expected.slice(1, 4));
    for (const player of players) await remove(player, "lowest");
  });
});

test("equal scores are ranked by subscore, then by who was first", async () => {
  await withPlayers(["ann", "bob", "cat"], async (ann, bob, cat) => {
    await write(ann, "daily", "100", "1");
    await write(bob, "daily", "100", "5");
    await write(cat, "daily", "100", "1");
    const owners = [ann, bob, cat].map((player) => player.userId);
    const { owner_records: records } = await ann.client.listLeaderboardRecords(ann.session, "daily", owners);
    const order = records.sort((one, other) => one.rank - other.rank).map((record) => record.username);
    assert.deepEqual(order, [bob.username, ann.username, cat.username]);
    assert.ok(records.every((record) => record.expiry_time));
  });
});

test("a record is deleted by its owner [DeleteLeaderboardRecord]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    await write(ann, "sum", "5");
    await write(bob, "sum", "3");
    assert.equal((await remove(ann, "sum")).status, 200);
    const owners = [ann.userId, bob.userId];
    const { owner_records: left } = await ann.client.listLeaderboardRecords(ann.session, "sum", owners);
    assert.deepEqual(left.map((record) => record.username), [bob.username]);
  });
});

test("an authoritative leaderboard is written by game code alone", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.equal((await refusal(write(ann, "official", "5"))).status, 403);
    await ann.client.rpc(ann.session, "score", 12);
    const { owner_records: [record] } = await ann.client.listLeaderboardRecords(ann.session, "official", [ann.userId]);
    assert.equal(record.score, 12);
  });
});

test("there has to be such a leaderboard, and garbage is refused", async () => {
  await withPlayers(["ann"], async (ann) => {
    assert.equal((await refusal(write(ann, "nowhere", "5"))).status, 404);
    await allRefused(3, [
      ann.client.listLeaderboardRecords(ann.session, "highest", undefined, 1001),
      ann.client.listLeaderboardRecords(ann.session, "highest", undefined, 10, "no cursor"),
      ann.client.listLeaderboardRecords(ann.session, "highest", ["no id"]),
      ann.client.listLeaderboardRecordsAroundOwner(ann.session, "highest", "no id", 10),
      write(ann, "highest", "a lot"),
    ]);
  });
});
