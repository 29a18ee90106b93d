"""Sockets that are sent anything at all: they get the protocol's errors or are closed, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import uuid
from base64 import b64encode
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType
from google.protobuf.json_format import MessageToDict
from tests.fuzz.garbage import NESTED, Garbage, varint
from tests.protocol.published import REALTIME

from supergame.protocol.catalogue import MESSAGES
from supergame.protocol.chat import ChannelJoin
from supergame.protocol.protobuf import delimited, encode_bare, encode_envelope
from supergame.protocol.system import Ping
from supergame.testing import Player, RunningNode

FRAMES = 1_200
JOIN = b'{"channel_join":{"target":"lobby","type":1}}'
AT_ONCE = 6
"""Frames that are sent before the answers are looked at."""
ANSWER_SECONDS = 10.0
IDS_KEPT = 8
GOODBYES = (1000, 1002, 1003, 1007, 1008, 1009)
ERRORS = range(8)


LAST = b'{"cid":"the last","ping":{}}'
LAST_IN_PROTOBUF = encode_envelope("ping", Ping(), b"the last")
JOIN_IN_PROTOBUF = encode_envelope("channel_join", ChannelJoin("lobby", 1))


def _as_in_json(data: bytes) -> dict[str, Any]:
    envelope = REALTIME["Envelope"].FromString(data)
    return dict(MessageToDict(envelope, preserving_proto_field_name=True))


class Mallory:
    """Sends, in JSON or else in protobuf, and looks at nothing but whether the server stays within the protocol."""

    def __init__(
        self,
        node: RunningNode,
        http: aiohttp.ClientSession,
        known: dict[str, list[Any]] | None = None,
        *,
        text: bool = True,
    ) -> None:
        self._node, self._http, self._text = node, http, text
        self._known = {} if known is None else known
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self.closed = 0

    async def socket(self) -> aiohttp.ClientWebSocketResponse:
        """An open socket, of a player of its own."""
        if self._socket is None:
            session = await self._node.client().authenticate_device(f"mallory-{uuid.uuid4()}")
            url = f"ws://127.0.0.1:{self._node.port}/ws?token={session.token}"
            self._socket = await self._http.ws_connect(url if self._text else f"{url}&format=protobuf")
        return self._socket

    async def send(self, frames: list[bytes], *, text: bool | None = None) -> None:
        """Send frames and a ping behind them; they are answered in the protocol's words or with a goodbye.

        `text` is the kind of the frames, if not that of the encoding.
        """
        socket = await self.socket()
        usual = WSMsgType.TEXT if self._text else WSMsgType.BINARY
        for data in [*frames, LAST if self._text else LAST_IN_PROTOBUF]:
            if socket.closed:
                break
            opcode = usual if text is None else WSMsgType.TEXT if text else WSMsgType.BINARY
            try:
                await socket.send_frame(data, opcode)
            except (ConnectionError, aiohttp.ClientError):
                break
        while True:
            message = await socket.receive(ANSWER_SECONDS)
            if message.type is not usual:
                self.closed += 1
                self._socket = None
                assert message.type is WSMsgType.CLOSE, (message, frames)
                assert message.data in GOODBYES, (message, frames)
                assert message.extra, ("closed without a reason", frames)
                await socket.close()
                return
            envelope = json.loads(message.data) if self._text else _as_in_json(message.data)
            if envelope.get("cid") == "the last":
                return
            if "error" in envelope:
                error = envelope["error"]
                assert error.get("code", 0) in ERRORS
                assert "The server made a mistake" not in error["message"], frames
            self._learn(envelope)

    def _learn(self, envelope: dict[str, Any]) -> None:
        """Keep the ids in an answer: they get further than invented ones."""
        for answer, name in (
            ("channel_message_ack", "message_id"),
            ("match", "match_id"),
            ("matchmaker_ticket", "ticket"),
        ):
            if answer in envelope:
                ids = self._known.setdefault(name, [])
                ids.append(envelope[answer][name])
                del ids[:-IDS_KEPT]


async def known(node: RunningNode, ann: Player) -> dict[str, list[Any]]:
    """Values that get further, by the names of their fields."""
    relayed = (await ann.socket.create_match()).match_id
    arena = await node.services.matches.create("arena", {"mode": "easy"})
    said = await ann.socket.send_chat("2...lobby", {"text": "hello"})
    nobody = str(uuid.uuid4())
    return {
        "channel_id": ["2...lobby", said.channel_id, "2...elsewhere", f"4.{ann.user_id}.{nobody}."],
        "message_id": [said.message_id, nobody],
        "content": ['{"text":"hi"}', "{}", "[]"],
        "target": ["lobby", "elsewhere", ann.user_id, nobody],
        "type": [1, 2, 3],
        "match_id": [relayed, arena, f"{nobody}.", f"{nobody}.supergame"],
        "min_count": [2],
        "max_count": [2, 3, 8],
        "count_multiple": [1, 2],
        "query": ["*", "+properties.a:1", "properties.b:>=2"],
        "user_ids": [ann.user_id, nobody],
        "usernames": [ann.username, "nobody"],
        "id": ["echo", "who", "refuse", "notify", "signal_match"],
    }


def envelope(garbage: Garbage) -> bytes:
    """An envelope that is nearly right."""
    declared = garbage.random.choice(list(MESSAGES.values()))
    made: dict[str, Any] = {declared.name: garbage.message(declared.type)}
    if garbage.chance(0.8):
        made["cid"] = garbage.odd() if garbage.chance(0.02) else "7"
    if garbage.chance(0.01):
        made[garbage.text()] = garbage.odd()
    data = garbage.json(made)
    return garbage.damaged(data) if garbage.chance(0.05) else data


def protobuf_envelope(garbage: Garbage) -> bytes:
    """The same in protobuf."""
    declared = garbage.random.choice(list(MESSAGES.values()))
    data = delimited(declared.number, garbage.protobuf(declared.type))
    if garbage.chance(0.8):
        data = encode_bare(b"7") + data
    if garbage.chance(0.02):
        data += garbage.wire_field(garbage.random.choice((1, 11, 32, 60)))
    return garbage.damaged(data) if garbage.chance(0.05) else data


@pytest.mark.parametrize("twin", ["sqlite", "postgres"])
async def test_nearly_right_messages_do_no_harm(node: RunningNode, ann: Player, seed: int) -> None:
    good = await known(node, ann)
    garbage = Garbage(seed, good)
    async with aiohttp.ClientSession() as http:
        mallory = Mallory(node, http, good)
        for _ in range(FRAMES // AT_ONCE):
            await mallory.send([JOIN, *(envelope(garbage) for _ in range(AT_ONCE))])
            if garbage.chance(0.05):
                await node.advance(0.5)  # ticks of matches, passes of the matchmaker
    assert 0 < mallory.closed < FRAMES // AT_ONCE  # some were wrong enough to be closed, and not all


async def test_nearly_right_messages_in_protobuf_do_no_harm(node: RunningNode, ann: Player, seed: int) -> None:
    good = await known(node, ann)
    garbage = Garbage(seed, good)
    async with aiohttp.ClientSession() as http:
        mallory = Mallory(node, http, good, text=False)
        for _ in range(FRAMES // AT_ONCE):
            await mallory.send([JOIN_IN_PROTOBUF, *(protobuf_envelope(garbage) for _ in range(AT_ONCE))])
            if garbage.chance(0.05):
                await node.advance(0.5)
    assert 0 < mallory.closed < FRAMES // AT_ONCE


async def test_noise_in_protobuf_does_no_harm(node: RunningNode, ann: Player, seed: int) -> None:
    garbage = Garbage(seed)
    async with aiohttp.ClientSession() as http:
        mallory = Mallory(node, http, text=False)
        for _ in range(60):
            size = garbage.random.choice((0, 1, 2, 10, 125, 126, 1_000, 70_000))
            await mallory.send([garbage.random.randbytes(size)], text=garbage.chance(0.2))


async def test_large_and_deep_protobuf_does_no_harm(node: RunningNode, ann: Player) -> None:
    """As much as one message may hold: lists of nothing, groups in groups, the same message over and over."""
    async with aiohttp.ClientSession() as http:
        mallory = Mallory(node, http, text=False)
        for n in (100, NESTED, 16_000, 32_000):
            for data in (
                delimited(26, b"\x0a\x00" * n),  # ids to follow
                delimited(19, b"\x22\x00" * n),  # properties for the matchmaker
                delimited(15, b"\x22\x00" * n),  # presences to send data to
                b"\x82\x02\x00" * (n // 2),
                b"\xfb\x3f" * n,
                b"\xfb\x3f" * (n // 2) + b"\xfc\x3f" * (n // 2),
                delimited(24, b"\xfb\x3f" * n),
                delimited(24, b"\x12" + varint(2**31 - 1) + b"x" * n),
            ):
                await mallory.send([data])
    assert mallory.closed


async def test_noise_does_no_harm(node: RunningNode, ann: Player, seed: int) -> None:
    garbage = Garbage(seed)
    async with aiohttp.ClientSession() as http:
        mallory = Mallory(node, http)
        for _ in range(60):
            size = garbage.random.choice((0, 1, 2, 10, 125, 126, 1_000, 70_000))
            await mallory.send([garbage.random.randbytes(size)], text=garbage.chance(0.8))
            await mallory.send([garbage.json(garbage.odd())])


async def test_deep_nesting_does_no_harm(node: RunningNode, ann: Player) -> None:
    async with aiohttp.ClientSession() as http:
        mallory = Mallory(node, http)
        for depth in (100, 1_000, 10_000, 30_000):
            for data in (b"[" * depth, b"[" * depth + b"]" * depth, b'{"ping":' + b"[" * depth + b"]" * depth + b"}"):
                await mallory.send([data])
            nested = "[" * depth + "]" * depth
            for wrong in (
                {"rpc": {"id": "notify", "payload": nested}},
                {"channel_message_send": {"channel_id": "2...lobby", "content": '{"a":' + nested + "}"}},
            ):
                await mallory.send([JOIN, json.dumps(wrong).encode()])


async def test_bytes_that_are_no_frames_do_no_harm(node: RunningNode, ann: Player, seed: int) -> None:
    garbage = Garbage(seed)
    session = await node.client().authenticate_device("device-of-mallory")
    handshake = (
        f"GET /ws?token={session.token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {b64encode(bytes(16)).decode()}\r\n\r\n"
    ).encode()
    for _ in range(40):
        reader, writer = await asyncio.open_connection("127.0.0.1", node.port)
        writer.write(handshake + garbage.random.randbytes(garbage.random.choice((1, 2, 14, 200, 5_000))))
        writer.write_eof()
        async with asyncio.timeout(ANSWER_SECONDS):
            assert (await reader.read(-1)).startswith(b"HTTP/1.1 101 ")
        writer.close()
