"""How a session's messages look on the wire; one value per encoding, shared by all sessions that use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from supergame.edge.frames import BINARY, BINARY_HEADS, READY_SIZES, TEXT_HEADS, frame, head
from supergame.protocol import protobuf
from supergame.protocol.catalogue import CID_NUMBER, ENVELOPE, name_of
from supergame.protocol.json import encode, encode_bare, split_envelope
from supergame.protocol.operation import Realtime
from supergame.protocol.protobuf import varint
from supergame.protocol.types import Message


class Codec(Protocol):
    """An encoding of the envelope. A `cid` is kept in the encoding's own form from `split` to `frame`."""

    name: str
    text: bool
    """Whether clients send text frames, else binary ones."""

    def frame(self, message: Message, cid: bytes = b"") -> bytes:
        """Encode a message and put it into a frame, ready for any number of sessions."""

    def bare(self, cid: bytes) -> bytes:
        """The framed answer that says no more than that it is done."""

    def split(self, data: bytes, /) -> tuple[bytes, str, Any]:
        """Take an envelope apart: cid, name of the message, its body unread. Raises Malformed."""

    def decoder(self, declared: Realtime[Any]) -> Callable[[Any], Message]:
        """The reader of one message's body as `split` gave it. It raises Malformed."""


class JsonCodec:
    """JSON in text frames."""

    name = "json"
    text = True
    split = staticmethod(split_envelope)

    def __init__(self) -> None:
        self._names: dict[type[Message], bytes] = {}

    def frame(self, message: Message, cid: bytes = b"") -> bytes:
        """Encode as `protocol.json.encode_envelope` does, in one copy and with what stands before it."""
        name = self._names.get(message.__class__) or self._named(message.__class__)
        body = encode(message)
        opening = b'{"cid":%b,' % cid if cid else b"{"
        size = len(opening) + len(name) + len(body) + 1
        return b"".join((TEXT_HEADS[size] if size < READY_SIZES else head(size), opening, name, body, b"}"))

    def _named(self, kind: type[Message]) -> bytes:
        name = self._names[kind] = b'"%b":' % name_of(kind).encode()
        return name

    def bare(self, cid: bytes) -> bytes:
        """See Codec."""
        return frame(encode_bare(cid))

    def decoder(self, declared: Realtime[Any]) -> Callable[[Any], Message]:
        """See Codec."""
        return declared.decode


_CID_TAG: Final = protobuf.tag(CID_NUMBER)


class ProtobufCodec:
    """Protobuf in binary frames."""

    name = "protobuf"
    text = False
    split = staticmethod(protobuf.split_envelope)

    def __init__(self) -> None:
        self._tags: dict[type[Message], bytes] = {}

    def frame(self, message: Message, cid: bytes = b"") -> bytes:
        """Encode as `protocol.protobuf.encode_envelope` does, with less ado."""
        tag = self._tags.get(message.__class__) or self._tagged(message.__class__)
        body = protobuf.encode(message)
        if cid:
            envelope = b"".join((_CID_TAG, varint(len(cid)), cid, tag, varint(len(body)), body))
        else:
            envelope = b"".join((tag, varint(len(body)), body))
        size = len(envelope)
        return (BINARY_HEADS[size] if size < READY_SIZES else head(size, BINARY)) + envelope

    def _tagged(self, kind: type[Message]) -> bytes:
        number, _ = ENVELOPE[name_of(kind)]
        tag = self._tags[kind] = protobuf.tag(number)
        return tag

    def bare(self, cid: bytes) -> bytes:
        """See Codec."""
        return frame(protobuf.encode_bare(cid), BINARY)

    def decoder(self, declared: Realtime[Any]) -> Callable[[Any], Message]:
        """See Codec."""
        kind: type[Message] = declared.type
        return protobuf.builder(kind)


JSON: Final[Codec] = JsonCodec()
PROTOBUF: Final[Codec] = ProtobufCodec()

CODECS: Final[dict[str, Codec]] = {codec.name: codec for codec in (JSON, PROTOBUF)}
"""By the value of `?format=`."""
