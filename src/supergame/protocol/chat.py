"""Chat: channels that sessions join, the messages in them, and their history."""

from __future__ import annotations

from enum import IntEnum

from supergame.protocol.operation import Binding, Event, Nothing, Operation, Realtime
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Int32, Message, Timestamp


class ChannelType(IntEnum):
    """What kind of channel to join: the values of `ChannelJoin.type`."""

    TYPE_UNSPECIFIED = 0
    ROOM = 1
    DIRECT_MESSAGE = 2
    GROUP = 3


class ChannelMessageCode(IntEnum):
    """What a chat message is about: the values of its `code`."""

    CHAT = 0
    CHAT_UPDATE = 1
    CHAT_REMOVE = 2
    GROUP_JOIN = 3
    GROUP_ADD = 4
    GROUP_LEAVE = 5
    GROUP_KICK = 6
    GROUP_PROMOTE = 7
    GROUP_BAN = 8
    GROUP_DEMOTE = 9


class Channel(Message):
    """A channel that was joined, and who else is in it."""

    id: str = ""
    presences: list[UserPresence] = []
    self: UserPresence | None = None
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


class ChannelJoin(Message):
    """Asks to join a channel: `target` is a room's name, a group's id or another user's id, as `type` says.

    `persistence` (true unless said otherwise) keeps the messages in the history; `hidden` joins unseen.
    """

    target: str = ""
    type: Int32 = 0
    persistence: bool | None = None
    hidden: bool | None = None


class ChannelLeave(Message):
    """Leaves a channel."""

    channel_id: str = ""


class ChannelMessage(Message):
    """A message in a channel; `content` is a JSON object in text, `code` a ChannelMessageCode."""

    channel_id: str = ""
    message_id: str = ""
    code: Int32 | None = None
    sender_id: str = ""
    username: str = ""
    content: str = ""
    create_time: Timestamp | None = None
    update_time: Timestamp | None = None
    persistent: bool | None = None
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


class ChannelMessageAck(Message):
    """Tells the sender of a message what became of it."""

    channel_id: str = ""
    message_id: str = ""
    code: Int32 | None = None
    username: str = ""
    create_time: Timestamp | None = None
    update_time: Timestamp | None = None
    persistent: bool | None = None
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


class ChannelMessageSend(Message):
    """Sends a message to a channel; `content` must be a JSON object in text."""

    channel_id: str = ""
    content: str = ""


class ChannelMessageUpdate(Message):
    """Replaces the content of a message that the player has sent."""

    channel_id: str = ""
    message_id: str = ""
    content: str = ""


class ChannelMessageRemove(Message):
    """Removes a message that the player has sent."""

    channel_id: str = ""
    message_id: str = ""


class ChannelPresenceEvent(Message):
    """Others have come to a channel, or left it."""

    channel_id: str = ""
    joins: list[UserPresence] = []
    leaves: list[UserPresence] = []
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


class ListChannelMessagesRequest(Message):
    """A page of a channel's history: `limit` 1 to 100, oldest first if `forward` (as it is unless said otherwise)."""

    channel_id: str = ""
    limit: Int32 | None = None
    forward: bool | None = None
    cursor: str = ""


class ChannelMessageList(Message):
    """A page of history with the cursors of its neighbours; `cacheable_cursor` finds what will come after it."""

    messages: list[ChannelMessage] = []
    next_cursor: str = ""
    prev_cursor: str = ""
    cacheable_cursor: str = ""


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="ListChannelMessages",
        bindings=(Binding("GET", "/v2/channel/{channel_id}"),),
        request=ListChannelMessagesRequest,
        response=ChannelMessageList,
        summary="List a channel's history page by page.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = (
    Realtime("channel_join", 3, ChannelJoin, Channel, "Join a channel."),
    Realtime("channel_leave", 4, ChannelLeave, Nothing, "Leave a channel."),
    Realtime("channel_message_send", 7, ChannelMessageSend, ChannelMessageAck, "Send a message to a channel."),
    Realtime("channel_message_update", 8, ChannelMessageUpdate, ChannelMessageAck, "Change a message sent before."),
    Realtime("channel_message_remove", 9, ChannelMessageRemove, ChannelMessageAck, "Remove a message sent before."),
)
EVENTS: tuple[Event, ...] = (
    Event("channel", 2, Channel, "The channel that was joined."),
    Event("channel_message", 5, ChannelMessage, "A message in a channel the session is in."),
    Event("channel_message_ack", 6, ChannelMessageAck, "What became of a message that was sent."),
    Event("channel_presence_event", 10, ChannelPresenceEvent, "Others have come to a channel, or left it."),
)
