"""Rpc: functions of the game's own that clients and other servers call by name."""

from __future__ import annotations

from supergame.protocol.operation import Auth, Binding, Event, Operation, Realtime
from supergame.protocol.types import Message


class Rpc(Message):
    """A call of a function, or its answer; `payload` is whatever text the two sides agree on, mostly JSON."""

    id: str = ""
    payload: str = ""
    http_key: str = ""


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="RpcFunc",
        bindings=(
            Binding("POST", "/v2/rpc/{id}", "payload", query=("http_key",)),
            Binding("GET", "/v2/rpc/{id}", query=("http_key",)),
        ),
        request=Rpc,
        response=Rpc,
        auth=Auth.SESSION_OR_HTTP_KEY,
        summary="Call a function of the game; `GET` calls it without a payload.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = (Realtime("rpc", 24, Rpc, Rpc, "Call a function of the game."),)
EVENTS: tuple[Event, ...] = (Event("rpc", 24, Rpc, "The answer of a function of the game."),)
