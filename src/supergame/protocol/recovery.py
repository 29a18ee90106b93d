"""Recovery: proving an email address, a new password for a forgotten one, and a second factor."""

from __future__ import annotations

from supergame.protocol.operation import Event, Operation, Realtime
from supergame.protocol.types import Message

OPERATIONS: tuple[Operation[Message, Message], ...] = ()
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
