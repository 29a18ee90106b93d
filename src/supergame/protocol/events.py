"""Events: what a client reports to the game, for analytics and for game code."""

from __future__ import annotations

from supergame.protocol.operation import Event, Operation, Realtime
from supergame.protocol.types import Message

OPERATIONS: tuple[Operation[Message, Message], ...] = ()
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
