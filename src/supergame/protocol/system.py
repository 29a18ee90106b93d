"""System: is the server there, is the connection alive, what went wrong."""

from __future__ import annotations

from enum import IntEnum

from supergame.protocol.operation import Auth, Binding, Event, Operation, Realtime, Silent
from supergame.protocol.types import Empty, Int32, Message


class ErrorCode(IntEnum):
    """What went wrong on a socket: the values of `Error.code`."""

    RUNTIME_EXCEPTION = 0
    UNRECOGNIZED_PAYLOAD = 1
    MISSING_PAYLOAD = 2
    BAD_INPUT = 3
    MATCH_NOT_FOUND = 4
    MATCH_JOIN_REJECTED = 5
    RUNTIME_FUNCTION_NOT_FOUND = 6
    RUNTIME_FUNCTION_EXCEPTION = 7


class Error(Message):
    """Something was wrong with the message whose cid this carries; `code` is an ErrorCode."""

    code: Int32 = 0
    message: str = ""
    context: dict[str, str] = {}


class Failure(Message):
    """The body of every HTTP answer that is an error; `code` is gRPC's."""

    code: Int32 = 0
    message: str = ""


class Ping(Message):
    """Asks whether the other side is there."""


class Pong(Message):
    """Says that it is."""


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="Healthcheck",
        bindings=(Binding("GET", "/healthcheck"),),
        request=Empty,
        response=Empty,
        auth=Auth.NOBODY,
        summary="Ask whether the server is up.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = (
    Realtime("ping", 32, Ping, Pong, "Ask whether the server is there."),
    Realtime("pong", 33, Pong, Silent, "Answer a ping of the server."),
)
EVENTS: tuple[Event, ...] = (
    Event("error", 11, Error, "A message was refused, or has failed."),
    Event("ping", 32, Ping, "The server asks whether the client is there."),
    Event("pong", 33, Pong, "The answer to a ping."),
)
