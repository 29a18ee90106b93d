"""The whole contract in one place: every operation, message and event by its name."""

from __future__ import annotations

from typing import Final

from supergame.protocol import (
    accounts,
    chat,
    events,
    friends,
    groups,
    identity,
    leaderboards,
    matches,
    matchmaker,
    notifications,
    parties,
    presence,
    recovery,
    rpc,
    session,
    status,
    storage,
    system,
    users,
)
from supergame.protocol.operation import Event, Operation, Realtime
from supergame.protocol.types import Message

CAPABILITIES: Final = (
    system,
    session,
    accounts,
    users,
    identity,
    recovery,
    presence,
    notifications,
    friends,
    status,
    storage,
    chat,
    groups,
    leaderboards,
    matches,
    matchmaker,
    parties,
    rpc,
    events,
)

OPERATIONS: Final[dict[str, Operation[Message, Message]]] = {
    operation.name: operation for capability in CAPABILITIES for operation in capability.OPERATIONS
}
MESSAGES: Final[dict[str, Realtime[Message]]] = {
    message.name: message for capability in CAPABILITIES for message in capability.MESSAGES
}
EVENTS: Final[dict[str, Event]] = {event.name: event for capability in CAPABILITIES for event in capability.EVENTS}
ENVELOPE: Final[dict[str, tuple[int, type[Message]]]] = {
    **{message.name: (message.number, message.type) for message in MESSAGES.values()},
    **{event.name: (event.number, event.type) for event in EVENTS.values()},
}
"""What an envelope may hold beside the cid: name -> (field number, type)."""
CID_NUMBER: Final = 1
"""The field number of the envelope's cid."""
ENVELOPE_GROUP: Final = "message"
"""The name of the oneof in which the envelope holds what it carries."""

_NAMES: Final[dict[type[Message], str]] = {kind: name for name, (_, kind) in ENVELOPE.items()}


def name_of(message: type[Message]) -> str:
    """Name the envelope's field that holds such a message: ChannelMessageAck -> "channel_message_ack".

    Raises KeyError for a type that no envelope holds.
    """
    return _NAMES[message]
