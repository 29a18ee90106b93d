"""How a session's messages look on the wire; one value per encoding, shared by all sessions that use it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from supergame.edge.frames import TEXT, frame
from supergame.protocol.catalogue import name_of
from supergame.protocol.json import Buffer, encode, encode_bare, split_envelope
from supergame.protocol.operation import Realtime
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

    def split(self, data: bytes) -> tuple[bytes, str, Any]:
        """Take an envelope apart: cid, name of the message, its body unread. Raises Malformed."""

    def decoder(self, declared: Realtime[Any]) -> Callable[[Any], Message]:
        """The reader of one message's body as `split` gave it. It raises Malformed."""


class JsonCodec:
    """JSON in text frames."""

    name = "json"
    text = True

    def __init__(self) -> None:
        self._openings: dict[type[Message], bytes] = {}

    def frame(self, message: Message, cid: bytes = b"") -> bytes:
        kind = message.__class__
        opening = self._openings.get(kind)
        if opening is None:
            opening = self._openings[kind] = b'"%b":' % name_of(kind).encode()
        if cid:
            return frame(b'{"cid":%b,%b%b}' % (cid, opening, encode(message)), TEXT)
        return frame(b"{%b%b}" % (opening, encode(message)), TEXT)

    def bare(self, cid: bytes) -> bytes:
        return frame(encode_bare(cid), TEXT)

    def split(self, data: Buffer) -> tuple[bytes, str, Any]:
        return split_envelope(data)

    def decoder(self, declared: Realtime[Any]) -> Callable[[Any], Message]:
        return declared.decode


JSON: Final[Codec] = JsonCodec()

CODECS: Final[dict[str, Codec]] = {JSON.name: JSON}
"""By the value of `?format=`."""
