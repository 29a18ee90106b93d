"""The encodings that a socket of the client may speak: JSON in text frames, or protobuf in binary ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from picows import WSMsgType

from supergame.protocol import json, protobuf
from supergame.protocol.types import Message


@dataclass(frozen=True)
class Encoding:
    """One of them; a cid is kept in the encoding's own form, by which an answer is known."""

    name: str
    frame: WSMsgType
    cid: Callable[[str], bytes]
    write: Callable[[str, Message, bytes], bytes]
    """(name of the message, message, cid or b"") -> the envelope."""
    split: Callable[[bytes], tuple[bytes, str, Any]]
    """Take an envelope apart: cid, name of the message, its body unread. Raises Malformed."""
    reader: Callable[[type[Message]], Callable[[Any], Message]]
    """The reader of the bodies of one type of message. It raises Malformed."""


JSON: Final = Encoding(
    "json",
    WSMsgType.TEXT,
    json.encode,
    json.encode_envelope,
    json.split_envelope,
    partial(json.decoder, strict_fields=False),
)
PROTOBUF: Final = Encoding(
    "protobuf",
    WSMsgType.BINARY,
    str.encode,
    protobuf.encode_envelope,
    protobuf.split_envelope,
    protobuf.builder,
)
ENCODINGS: Final = {encoding.name: encoding for encoding in (JSON, PROTOBUF)}
"""By the value of `?format=`."""
