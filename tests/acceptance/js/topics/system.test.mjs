import assert from "node:assert/strict";
import { test } from "node:test";
import { allRefused, BASE, withPlayers } from "../player.mjs";

test("a node says that it is well [Healthcheck]", async () => {
  const answer = await fetch(`${BASE}/healthcheck`);
  assert.deepEqual([answer.status, await answer.json()], [200, {}]);
});

test("how many wait for the matchmaker is no secret [GetMatchmakerStats]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const { ticket } = await ann.socket.addMatchmaker("+properties.nobody:else", 2, 2);
    const headers = { Authorization: `Bearer ${ann.session.token}` };
    const stats = await (await fetch(`${BASE}/v2/matchmaker/stats`, { headers })).json();
    assert.ok(stats.ticket_count >= 1);
    assert.ok(Date.parse(stats.oldest_ticket_create_time) <= Date.now());
    await ann.socket.removeMatchmaker(ticket);
  });
});

test("a client reports what happens, and the game hears it [Event]", async () => {
  await withPlayers(["ann"], async (ann) => {
    const event = { name: "level_done", properties: { level: "3" } };
    await ann.client.emitEvent(ann.session, event);
    const told = await ann.next("notification", ({ subject }) => subject === "level_done");
    assert.deepEqual(told.content, { level: "3" });
    const wrong = [{}, { name: "n".repeat(129) }];
    await allRefused(3, wrong.map((event) => ann.client.emitEvent(ann.session, event)));
  });
});
