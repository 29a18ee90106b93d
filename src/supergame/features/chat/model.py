"""A message as it is kept, its id, and the place in a history where a page ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from supergame.core.clock import Clock
from supergame.core.errors import BadInput, NotFound
from supergame.core.ids import Ids
from supergame.protocol import cursor
from supergame.protocol.chat import ChannelMessage
from supergame.protocol.types import timestamp

CONTENT_BYTES_MAX: Final = 16_384

_read_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class MessageNotFound(NotFound):
    """Could not find message in channel history"""


class Stored(msgspec.Struct, frozen=True):
    """A row: one message."""

    id: str
    sender_id: str
    username: str
    code: int
    content: str
    updated_us: int


class Kept(Stored, frozen=True):
    """The same with the channel it is in, as archives have it."""

    channel_id: str


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in a channel's history, and which way the list goes on from there.

    `forward` is the order of the list the cursor came from, oldest first or newest first; `back` asks for the page
    before, in that same order.
    """

    channel_id: str
    message_id: str
    forward: bool
    back: bool = False

    @property
    def upward(self) -> bool:
        """Whether it leads to newer messages."""
        return self.forward is not self.back

    def text(self) -> str:
        """What clients keep and send back."""
        return cursor.encode(self)

    @classmethod
    def parse(cls, text: str, channel_id: str) -> Cursor:
        """Read what a client sent back for this channel. Raises BadInput."""
        place = cursor.decode(text, cls)
        if place.channel_id != channel_id:
            raise BadInput("Invalid cursor.")
        return place


class MessageIds:
    """Ids that sort by time: UUIDs of version 7 (RFC 9562), with microseconds in place of some of the random bits.

    So the id is the message's place in the history and holds its time; no two of a node have the same microsecond.
    """

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._now_us, self._bits = clock.now_us, ids.random().getrandbits
        self.latest_us = 0

    def next(self) -> tuple[str, datetime]:
        """A new id, and the time in it."""
        us = self._now_us()
        if us <= self.latest_us:
            us = self.latest_us + 1
        self.latest_us = us
        fraction = us % 1000 * 4096 // 1000  # of a millisecond in 4096ths: RFC 9562 §6.2, method 3
        high, low = us // 1000 << 16 | 0x7000 | fraction, 0x8000_0000_0000_0000 | self._bits(62)
        text = f"{high << 64 | low:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}", timestamp(us)


def to_keep(message: ChannelMessage, updated_us: int) -> dict[str, Any]:
    """What the statement that keeps a message has to know; for a direct one, whose channel it is."""
    row = {
        "channel_id": message.channel_id,
        "id": message.message_id,
        "sender_id": message.sender_id,
        "username": message.username,
        "code": message.code,
        "content": message.content,
        "updated_us": updated_us,
    }
    if message.user_id_one:
        row |= {"user_id_one": message.user_id_one, "user_id_two": message.user_id_two}
    return row


def time_in(message_id: str) -> datetime:
    """When the message with that id was sent."""
    milliseconds, fraction = int(message_id[:8] + message_id[9:13], 16), int(message_id[15:18], 16)
    return timestamp(milliseconds * 1000 + -(-fraction * 1000 // 4096))


def checked(content: str) -> str:
    """The content of a message as a client sent it. Raises BadInput unless it is a JSON object of a decent size."""
    if len(content) > CONTENT_BYTES_MAX or len(content.encode()) > CONTENT_BYTES_MAX:
        raise BadInput(f"Message content may have {CONTENT_BYTES_MAX} bytes")
    try:
        _read_object(content)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        raise BadInput("Message content must be a valid JSON object") from None
    return content


def written(content: Mapping[str, Any]) -> str:
    """The content of a message as game code gives it. Raises BadInput."""
    try:
        text = msgspec.json.encode(dict(content)).decode()
    except (TypeError, ValueError) as error:
        raise BadInput(f"Message content must be a JSON object: {error}.") from None
    return checked(text)
