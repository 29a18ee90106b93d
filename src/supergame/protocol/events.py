"""Events: what a client reports to the game, for analytics and for game code."""

from __future__ import annotations

from supergame.protocol import operation
from supergame.protocol.operation import Binding, Operation, Realtime
from supergame.protocol.types import Empty, Message, Timestamp


class Event(Message):
    """Something that happened; without a `timestamp` it happens now. `external` is true for what clients report."""

    name: str = ""
    properties: dict[str, str] = {}
    timestamp: Timestamp | None = None
    external: bool = False


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="Event",
        bindings=(Binding("POST", "/v2/event", "*"),),
        request=Event,
        response=Empty,
        summary="Report an event to the game.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[operation.Event, ...] = ()
