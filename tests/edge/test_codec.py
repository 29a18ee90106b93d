"""Sockets that speak protobuf: the same messages in binary frames, beside others that speak JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from tests.edge.wire import BINARY, CLOSE, PING, TEXT, Node, Socket, client_frame
from tests.protocol.published import REALTIME

from supergame.core.errors import NotFound
from supergame.edge import Session, fan_out
from supergame.protocol.matches import MatchData, MatchLeave
from supergame.protocol.presence import UserPresence
from supergame.protocol.protobuf import encode
from supergame.protocol.rpc import Rpc
from supergame.protocol.types import Int64

Start = Callable[..., Awaitable[Node]]

Envelope = REALTIME["Envelope"]


async def speaks_protobuf(node: Node) -> tuple[Socket, Session]:
    return await node.session(query="&format=protobuf")


def send(socket: Socket, **envelope: object) -> None:
    socket.frame(Envelope(**envelope).SerializeToString(), BINARY)


async def heard(socket: Socket) -> object:
    """The next message, which comes in a binary frame."""
    while True:
        opcode, payload = await socket.read_frame()
        if opcode != PING:
            assert opcode == BINARY
            return Envelope.FromString(payload)


async def test_a_message_is_answered_with_its_cid(node: Node) -> None:
    socket, _ = await speaks_protobuf(node)
    for cid in ("7", "é" * 100, ""):
        send(socket, cid=cid, rpc={"id": "echo", "payload": "hi"})
        assert await heard(socket) == Envelope(cid=cid, rpc={"id": "echo", "payload": "hi"})
    send(socket, cid="8", ping={})
    assert await heard(socket) == Envelope(cid="8", pong={})


async def test_what_has_no_answer_is_acknowledged_if_it_has_a_cid(start: Start) -> None:
    def leave(service: None, session: Session, message: MatchLeave) -> None:
        if not message.match_id:
            raise NotFound("No such match.")

    node = Node()
    node.edge.router.add_message("match_leave", leave, None)
    await start(node)
    socket, _ = await speaks_protobuf(node)
    send(socket, match_leave={"match_id": "m"})
    send(socket, cid="1", match_leave={"match_id": "m"})
    assert await heard(socket) == Envelope(cid="1")
    send(socket, cid="2", match_leave={})
    assert await heard(socket) == Envelope(cid="2", error={"code": 3, "message": "No such match."})


@pytest.mark.parametrize("size", [10, 126, 2_000, 2_048, 65_535, 70_000])
async def test_messages_of_every_size(start: Start, size: int) -> None:
    node = await start(message_bytes_max=200_000)
    socket, _ = await speaks_protobuf(node)
    send(socket, cid="1", rpc={"payload": "x" * size})
    assert await heard(socket) == Envelope(cid="1", rpc={"payload": "x" * size})


async def test_a_message_in_fragments_is_one_message(node: Node) -> None:
    socket, _ = await speaks_protobuf(node)
    data = Envelope(cid="1", rpc={"payload": "é"}).SerializeToString()
    for place in range(len(data)):
        socket.frame(data[place : place + 1], BINARY if place == 0 else 0, fin=place == len(data) - 1)
    assert await heard(socket) == Envelope(cid="1", rpc={"payload": "é"})


async def test_of_two_messages_the_last_counts_and_unknown_fields_are_passed_over(node: Node) -> None:
    socket, _ = await speaks_protobuf(node)
    both = Envelope(cid="1", rpc={"payload": "x"}).SerializeToString() + Envelope(ping={}).SerializeToString()
    socket.frame(both + b"\xfa\x7f\x05hello", BINARY)
    assert await heard(socket) == Envelope(cid="1", pong={})


async def test_everybody_hears_a_message_in_the_encoding_they_asked_for(node: Node) -> None:
    (in_json, one), (in_protobuf, other) = await node.session(), await speaks_protobuf(node)
    fan_out([one, other, one], MatchData("m", UserPresence("u", status=""), Int64(-1), b"\xff"))
    expected = {"match_id": "m", "presence": {"user_id": "u", "status": ""}, "op_code": "-1", "data": "/w=="}
    assert [await in_json.heard() for _ in range(2)] == [{"match_data": expected}] * 2
    data = {"match_id": "m", "presence": {"user_id": "u", "status": {}}, "op_code": -1, "data": b"\xff"}
    assert await heard(in_protobuf) == Envelope(match_data=data)
    assert one.presence_protobuf == encode(one.presence) == one.presence_protobuf


@pytest.mark.parametrize(
    ("message", "code", "words"),
    [
        (b"", 2, "Missing message."),
        (b"\x0a\x017", 2, "Missing message."),
        (b"\xfa\x7f\x00", 2, "Missing message."),
        (Envelope(match_data={}).SerializeToString(), 1, "Unrecognized message."),
        (b"\x0a", 3, "Expected a protobuf message."),
        (b'{"ping":{}}', 3, "Expected a protobuf message."),
        (b"\xc2\x01\x03\x0a\x01\xff", 3, "Expected a protobuf message."),
    ],
)
async def test_what_is_not_in_the_protocol_ends_the_socket(node: Node, message: bytes, code: int, words: str) -> None:
    socket, _ = await speaks_protobuf(node)
    socket.frame(message, BINARY)
    told = await heard(socket)
    assert (told.error.code, told.error.message) == (code, words)  # type: ignore[attr-defined]
    assert await socket.closed() == (1000, words)
    assert len(node.edge.sessions) == 0
    assert node.lines == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (client_frame(b'{"ping":{}}'), 1003),
        (client_frame(b"\x82\x02\x00", BINARY, fin=False) + client_frame(b"", TEXT), 1002),
        (client_frame(bytes(2000), BINARY), 1009),
    ],
)
async def test_frames_that_are_wrong_end_the_socket(start: Start, sent: bytes, code: int) -> None:
    node = await start(message_bytes_max=1000)
    socket, _ = await speaks_protobuf(node)
    socket.http.send(sent)
    assert (await socket.closed())[0] == code


async def test_a_goodbye_is_a_goodbye(node: Node) -> None:
    socket, session = await speaks_protobuf(node)
    session.send(Rpc("last"))
    session.close("enough")
    assert await heard(socket) == Envelope(rpc={"id": "last"})
    assert await socket.read_frame() == (CLOSE, (1000).to_bytes(2, "big") + b"enough")
