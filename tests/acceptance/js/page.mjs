// What a page does that comes from elsewhere: two players with the unchanged client, in one of the two encodings.
import { Client, WebSocketAdapterText } from "@heroiclabs/nakama-js";
import { WebSocketAdapterPb } from "@heroiclabs/nakama-js-protobuf";

const ADAPTERS = { json: WebSocketAdapterText, protobuf: WebSocketAdapterPb };

/** Play with the node at a port; gives what was seen of each part. */
export async function play(port, encoding) {
  const client = new Client("defaultkey", location.hostname, port);
  const [ann, bob] = await Promise.all(["ann", "bob"].map((name) => login(client, `${name}-${encoding}`)));

  const written = { collection: "bag", key: "gold", value: { coins: 7 } };
  await client.writeStorageObjects(ann, [written]);
  const wanted = { object_ids: [{ collection: "bag", key: "gold", user_id: ann.user_id }] };
  const stored = (await client.readStorageObjects(ann, wanted)).objects.map((object) => object.value);

  await client.addFriends(ann, [bob.user_id]);
  const friends = (await client.listFriends(bob)).friends.map(({ user }) => user.username);

  const [one, other] = await Promise.all([ann, bob].map((session) => connect(client, session, encoding)));
  const heard = new Promise((resolve) => (other.onchannelmessage = resolve));
  const [channel] = await Promise.all([one, other].map((socket) => socket.joinChat("hall", 1, true, false)));
  await one.writeChatMessage(channel.id, { text: "hello" });
  const { username, content } = await heard;
  const echoed = (await one.rpc("echo", "over the socket")).payload;
  const overHttp = (await client.rpc(ann, "echo", { over: "HTTP" })).payload;
  for (const socket of [one, other]) socket.disconnect(false);
  return { origin: location.origin, stored, friends, said: [username, content], echoed, overHttp };
}

const login = (client, name) => client.authenticateDevice(`device-of-${name}`, true, name);

async function connect(client, session, encoding) {
  const socket = client.createSocket(false, false, new ADAPTERS[encoding]());
  await socket.connect(session, false);
  return socket;
}
