"""What a channel is called: its id, the stream of those who are in it, and what tells clients which one it is.

The id is `<mode>.<subject>.<subcontext>.<label>`, so it says all there is to know: `2...lobby` is a room,
`3.<group id>..` a group's channel, `4.<user id>.<user id>.` the direct messages of two users, the lesser id first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from supergame.core.errors import BadInput
from supergame.core.ids import NIL, is_uuid
from supergame.features.presence import Stream, StreamMode

ROOM_NAME_BYTES_MAX: Final = 64
CHANNELS_CACHED_MAX: Final = 16_384  # ids that need not be taken apart again

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class InvalidChannel(BadInput):
    """Invalid channel identifier"""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel; of the last four fields those are set that its kind has."""

    id: str
    stream: Stream
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""

    @property
    def user_ids(self) -> tuple[str, str] | None:
        """The two who may read it, for direct messages."""
        return (self.user_id_one, self.user_id_two) if self.user_id_one else None


def room(name: str) -> Channel:
    """The room of that name. Raises BadInput for one that is empty, too long, or has control characters."""
    if not 1 <= len(name.encode()) <= ROOM_NAME_BYTES_MAX:
        raise BadInput(f"Channel name is required and must be 1-{ROOM_NAME_BYTES_MAX} chars")
    if _CONTROL.search(name):
        raise BadInput("Channel name must not contain control chars")
    return Channel(f"{int(StreamMode.CHANNEL)}...{name}", Stream(StreamMode.CHANNEL, label=name), room_name=name)


def direct(user_id: str, other_id: str) -> Channel:
    """The direct messages of two users, whichever is named first. Raises BadInput for who can have none."""
    if not is_uuid(other_id) or not is_uuid(user_id) or NIL in (user_id, other_id):
        raise BadInput("Invalid user ID in direct message join")
    if user_id == other_id:
        raise BadInput("Cannot open direct message channel with self")
    one, two = sorted((user_id, other_id))
    stream = Stream(StreamMode.DIRECT_MESSAGE, one, two)
    return Channel(f"{int(stream.mode)}.{one}.{two}.", stream, user_id_one=one, user_id_two=two)


def group(group_id: str) -> Channel:
    """A group's channel. Raises BadInput for what is no id."""
    if not is_uuid(group_id):
        raise BadInput("Invalid group ID in group channel join")
    return Channel(f"{int(StreamMode.GROUP)}.{group_id}..", Stream(StreamMode.GROUP, group_id), group_id=group_id)


@lru_cache(maxsize=CHANNELS_CACHED_MAX)
def parse(channel_id: str) -> Channel:
    """The channel of that id. Raises InvalidChannel."""
    parts = channel_id.split(".", 3)
    if len(parts) != 4:
        raise InvalidChannel
    mode, subject, subcontext, label = parts
    try:
        if mode == "2":
            channel = room(label)
        elif mode == "3":
            channel = group(subject)
        else:
            channel = direct(subject, subcontext)
    except BadInput:
        raise InvalidChannel from None
    if channel.id != channel_id:
        raise InvalidChannel
    return channel


def of_stream(stream: Stream) -> Channel:
    """The channel whose members are in that stream."""
    return parse(f"{int(stream.mode)}.{stream.subject}.{stream.subcontext}.{stream.label}")
