"""Groups: players who belong together, with roles, a size and a way in."""

from __future__ import annotations

from supergame.protocol.operation import Event, Operation, Realtime
from supergame.protocol.types import Message

OPERATIONS: tuple[Operation[Message, Message], ...] = ()
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
