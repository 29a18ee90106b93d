"""What the load speaks on sockets: JSON or protobuf, from the same messages written as JSON has them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from supergame.protocol import protobuf
from supergame.protocol.catalogue import ENVELOPE
from supergame.protocol.json import build, encode

TEXT, BINARY = 0x81, 0x82


@dataclass(frozen=True)
class Encoding:
    """One value of `?format=`, the first byte of its frames, and how an envelope is written and read."""

    name: str
    opcode: int
    dump: Callable[[dict], bytes]
    load: Callable[[bytes], dict]


def _dump_json(message: dict) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


def _dump_protobuf(message: dict) -> bytes:
    """An envelope has one message in it, and maybe a cid."""
    ((name, body),) = ((name, body) for name, body in message.items() if name != "cid")
    cid = message.get("cid", "").encode()
    return protobuf.encode_envelope(name, build(ENVELOPE[name][1], body, strict_fields=True), cid)


def _load_protobuf(data: bytes) -> dict:
    cid, name, body = protobuf.split_envelope(data)
    message = {name: json.loads(encode(protobuf.builder(ENVELOPE[name][1])(body)))} if name else {}
    return message | ({"cid": cid.decode()} if cid else {})


JSON = Encoding("json", TEXT, _dump_json, json.loads)
PROTOBUF = Encoding("protobuf", BINARY, _dump_protobuf, _load_protobuf)
