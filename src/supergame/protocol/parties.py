"""Parties: a few players who want to play together, led by one of them."""

from __future__ import annotations

from supergame.protocol.operation import Event, Operation, Realtime
from supergame.protocol.types import Message

OPERATIONS: tuple[Operation[Message, Message], ...] = ()
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
