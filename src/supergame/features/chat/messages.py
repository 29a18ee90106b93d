"""Realtime messages about chat. What needs no waiting is answered inline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from supergame.core.errors import BadInput
from supergame.core.ids import is_uuid
from supergame.edge import Session
from supergame.features.chat.service import Chat
from supergame.protocol.chat import (
    Channel,
    ChannelJoin,
    ChannelLeave,
    ChannelMessageAck,
    ChannelMessageRemove,
    ChannelMessageSend,
    ChannelMessageUpdate,
    ChannelType,
)

_BY_NAME: Final = (ChannelType.TYPE_UNSPECIFIED, ChannelType.ROOM)
"""Channels whose target is a name; that of the others is an id, which may come in capitals."""


def join(chat: Chat, session: Session, message: ChannelJoin) -> Channel | Awaitable[Channel]:
    """Join a channel."""
    return chat.join(
        session,
        message.target if message.type in _BY_NAME else message.target.lower(),
        message.type,
        persistence=message.persistence is not False,
        hidden=message.hidden is True,
    )


def leave(chat: Chat, session: Session, message: ChannelLeave) -> None:
    """Leave a channel."""
    chat.leave(session, message.channel_id)


def send(chat: Chat, session: Session, message: ChannelMessageSend) -> ChannelMessageAck | Awaitable[ChannelMessageAck]:
    """Say something."""
    return chat.say(session, message.channel_id, message.content)


def update(chat: Chat, session: Session, message: ChannelMessageUpdate) -> Awaitable[ChannelMessageAck]:
    """Say it differently."""
    return chat.change(session, message.channel_id, _id(message.message_id), message.content)


def remove(chat: Chat, session: Session, message: ChannelMessageRemove) -> Awaitable[ChannelMessageAck]:
    """Take it back."""
    return chat.take_back(session, message.channel_id, _id(message.message_id))


def _id(message_id: str) -> str:
    message_id = message_id.lower()
    if not is_uuid(message_id):
        raise BadInput("Invalid message identifier")
    return message_id


MESSAGES: Final[Mapping[str, Callable[..., Any]]] = {
    "channel_join": join,
    "channel_leave": leave,
    "channel_message_send": send,
    "channel_message_update": update,
    "channel_message_remove": remove,
}
