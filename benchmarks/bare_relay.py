"""The bare limit of the realtime path: uvicorn and picows on one port, relaying match data and chat, echoing rpcs.

Nothing else is in it: no sessions, no limits, no checks. Each message is framed once for all who get it, and each
socket is written once per turn of the loop. Chat that is to be kept is heard after the commit that holds it.

usage: python -m benchmarks.bare_relay PORT FOLDER
"""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid
from itertools import count

import msgspec
import uvicorn
from picows import WSListener, WSMsgType
from picows.picows import WSAutoPingStrategy, WSProtocol

from benchmarks.group_commit import GroupCommit, connect

SENDER = "a2b4c6d8-1111-4222-8333-123456789012"
NOW = "2026-01-01T00:00:00.123456Z"


class Join(msgspec.Struct):
    match_id: str


class Send(msgspec.Struct):
    match_id: str
    op_code: str = "0"
    data: msgspec.Raw = msgspec.Raw(b'""')


class Enter(msgspec.Struct):
    target: str
    persistence: bool = True


class Say(msgspec.Struct):
    channel_id: str
    content: str


class Ack(msgspec.Struct):
    channel_id: str
    message_id: str
    code: int
    username: str
    create_time: str
    update_time: str
    persistent: bool
    room_name: str


class Message(Ack):
    sender_id: str
    content: str


class Rpc(msgspec.Struct):
    id: str
    payload: str = ""


class Envelope(msgspec.Struct):
    cid: str = ""
    match_create: dict | None = None
    match_join: Join | None = None
    match_data_send: Send | None = None
    channel_join: Enter | None = None
    channel_message_send: Say | None = None
    rpc: Rpc | None = None


decode, encode = msgspec.json.Decoder(Envelope).decode, msgspec.json.Encoder().encode
numbers = count(uuid.uuid1().int % 10**9 * 10**9)  # other ones at the next start
rooms: dict[str, dict[Listener, int]] = {}
kept: dict[str, GroupCommit] = {}
dirty: list[Listener] = []
connection = connect(f"{sys.argv[2]}/bare_relay.db")
connection.execute(
    "CREATE TABLE IF NOT EXISTS message (channel_id TEXT, id TEXT, sender_id TEXT, content TEXT, updated_us INTEGER, "
    "PRIMARY KEY (channel_id, id))"
)
commit: GroupCommit | None = None


def frame(payload: bytes) -> bytes:
    n = len(payload)
    return (bytes((0x81, n)) if n < 126 else b"\x81\x7e" + n.to_bytes(2, "big")) + payload


def flush() -> None:
    global dirty
    turn, dirty = dirty, []
    for listener in turn:
        queue, listener.queue = listener.queue, []
        listener.raw.write(queue[0] if len(queue) == 1 else b"".join(queue))


class Listener(WSListener):
    def put(self, framed: bytes) -> None:
        if not self.queue:
            if not dirty:
                asyncio.get_running_loop().call_soon(flush)
            dirty.append(self)
        self.queue.append(framed)

    def reply(self, answer: dict) -> None:
        self.put(frame(encode(answer)))

    def on_ws_connected(self, transport) -> None:
        self.raw = transport.underlying_transport
        self.queue: list[bytes] = []
        self.who = encode({"user_id": str(uuid.uuid4()), "session_id": str(uuid.uuid4()), "username": "abcdefghij"})

    def on_ws_disconnected(self, transport) -> None:
        for room in rooms.values():
            room.pop(self, None)
        if self.queue:
            dirty.remove(self)

    def on_ws_frame(self, transport, received) -> None:
        if received.msg_type != WSMsgType.TEXT:
            if received.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        envelope = decode(received.get_payload_as_memoryview())
        if (send := envelope.match_data_send) is not None:
            out = b'{"match_data":{"match_id":"%b","presence":%b,"op_code":"%b","data":%b}}' % (
                send.match_id.encode(),
                self.who,
                send.op_code.encode(),
                bytes(send.data),
            )
            framed = frame(out)
            for other in rooms[send.match_id]:
                if other is not self:
                    other.put(framed)
        elif (said := envelope.channel_message_send) is not None:
            self.say(envelope.cid, said)
        elif envelope.rpc is not None:
            self.reply({"cid": envelope.cid, "rpc": {"id": envelope.rpc.id, "payload": envelope.rpc.payload}})
        elif envelope.match_create is not None:
            match_id = str(uuid.uuid4()) + "."
            rooms[match_id] = {self: 1}
            self.reply({"cid": envelope.cid, "match": {"match_id": match_id, "size": 1}})
        elif (join := envelope.match_join) is not None:
            rooms[join.match_id][self] = 1
            self.reply({"cid": envelope.cid, "match": {"match_id": join.match_id, "size": 2}})
        elif (enter := envelope.channel_join) is not None:
            self.enter(envelope.cid, enter)

    def enter(self, cid: str, enter: Enter) -> None:
        global commit
        channel_id = "2..." + enter.target
        rooms.setdefault(channel_id, {})[self] = 1
        if enter.persistence:
            commit = commit or GroupCommit(connection, "INSERT INTO message VALUES (?, ?, ?, ?, ?)")
            kept[channel_id] = commit
        self.reply({"cid": cid, "channel": {"id": channel_id}})

    def say(self, cid: str, said: Say) -> None:
        message_id = f"{next(numbers):036}"
        store = kept.get(said.channel_id)
        if store is None:
            self.heard(cid, said, message_id)
        else:
            row = (said.channel_id, message_id, SENDER, said.content, 1_700_000_000_000_000)
            store.put(row, lambda: self.raw.is_closing() or self.heard(cid, said, message_id))

    def heard(self, cid: str, said: Say, message_id: str) -> None:
        about = (said.channel_id, message_id, 0, "abcdefghij", NOW, NOW, True, "room-0")
        self.put(frame(b'{"cid":"%b","channel_message_ack":%b}' % (cid.encode(), encode(Ack(*about)))))
        framed = frame(b'{"channel_message":%b}' % encode(Message(*about, SENDER, said.content)))
        for other in rooms[said.channel_id]:
            other.put(framed)


class Socket(WSProtocol):
    def __init__(self, config, server_state, app_state, _loop=None) -> None:
        log = logging.getLogger("bare")
        ping = WSAutoPingStrategy.PING_WHEN_IDLE
        made = lambda request: Listener()  # noqa: E731
        super().__init__(None, None, False, made, log, True, 5, False, 10, 10, ping, True, 1 << 20, None, 16384)

    def data_received(self, data: bytes) -> None:
        self.get_buffer(len(data))[: len(data)] = data
        self.buffer_updated(len(data))


async def app(scope, receive, send) -> None:
    """Nothing is asked of the HTTP side here; see bare_http.py."""


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        ws=Socket,
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
