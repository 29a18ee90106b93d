"""The bare limit of the realtime path: uvicorn and picows on one port, relaying match data and echoing rpcs.

Nothing else is in it: no sessions, no limits, no checks. Each message is framed once for all who get it, and each
socket is written once per turn of the loop.

usage: python benchmarks/bare_relay.py PORT
"""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid

import msgspec
import uvicorn
from picows import WSListener, WSMsgType
from picows.picows import WSAutoPingStrategy, WSProtocol


class Join(msgspec.Struct):
    match_id: str


class Send(msgspec.Struct):
    match_id: str
    op_code: str = "0"
    data: msgspec.Raw = msgspec.Raw(b'""')


class Rpc(msgspec.Struct):
    id: str
    payload: str = ""


class Envelope(msgspec.Struct):
    cid: str = ""
    match_create: dict | None = None
    match_join: Join | None = None
    match_data_send: Send | None = None
    rpc: Rpc | None = None


decode, encode = msgspec.json.Decoder(Envelope).decode, msgspec.json.Encoder().encode
rooms: dict[str, dict[Listener, int]] = {}
dirty: list[Listener] = []


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
        self.who = encode({"user_id": str(uuid.uuid4()), "session_id": str(uuid.uuid4()), "username": "abc"})

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
        elif envelope.rpc is not None:
            self.reply({"cid": envelope.cid, "rpc": {"id": envelope.rpc.id, "payload": envelope.rpc.payload}})
        elif envelope.match_create is not None:
            match_id = str(uuid.uuid4()) + "."
            rooms[match_id] = {self: 1}
            self.reply({"cid": envelope.cid, "match": {"match_id": match_id, "size": 1}})
        elif (join := envelope.match_join) is not None:
            rooms[join.match_id][self] = 1
            self.reply({"cid": envelope.cid, "match": {"match_id": join.match_id, "size": 2}})


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
