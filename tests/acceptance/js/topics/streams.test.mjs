import assert from "node:assert/strict";
import { test } from "node:test";
import { names, unique, withPlayers } from "../player.mjs";

test("game code gathers sessions in streams of its own [stream_presence_event stream_data rpc]", async () => {
  await withPlayers(["ann", "bob"], async (ann, bob) => {
    const label = unique("lobby");
    await ann.socket.rpc("stream_join", JSON.stringify({ label }));
    await ann.next("streamPresence", ({ joins }) => names(joins).includes(ann.username));
    await bob.socket.rpc("stream_join", JSON.stringify({ label }));
    const { stream, joins } = await ann.next("streamPresence");
    assert.deepEqual([stream.mode, stream.label, names(joins)], [100, label, [bob.username]]);

    await bob.socket.rpc("stream_say", JSON.stringify({ label, text: "hello" }));
    for (const player of [ann, bob]) {
      const { stream, sender, data } = await player.next("streamData");
      assert.deepEqual([stream.label, sender.username, data], [label, bob.username, "hello"]);
    }
    bob.leave();
    assert.deepEqual(names((await ann.next("streamPresence")).leaves), [bob.username]);
  });
});

test("whoever is hidden hears and is not seen [stream_data]", async () => {
  await withPlayers(["ann", "spy"], async (ann, spy) => {
    const label = unique("lobby");
    await ann.socket.rpc("stream_join", JSON.stringify({ label }));
    await spy.socket.rpc("stream_join", JSON.stringify({ label, hidden: true }));
    assert.equal((await ann.socket.rpc("stream_count", JSON.stringify({ label }))).payload, "1");
    await ann.socket.rpc("stream_say", JSON.stringify({ label, text: "psst" }));
    assert.equal((await spy.next("streamData")).data, "psst");
    await spy.settle();
    await ann.settle();
    const seen = [...ann.all("streamPresence"), ...spy.all("streamPresence")].flatMap(({ joins }) => names(joins));
    assert.ok(!seen.includes(spy.username));
  });
});
