"""What can be asked of the server: `Operation` (HTTP), `Realtime` (a socket's messages), `Event` (what is sent)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Generic, TypeAlias, TypeVar

from supergame.protocol.json import Buffer, decoder
from supergame.protocol.parameters import Decode, request_decoder
from supergame.protocol.types import Message

Req = TypeVar("Req", bound=Message)
Res = TypeVar("Res", bound=Message)
MessageType: TypeAlias = type[Message]


EXTENSIONS = "/v3/"
"""Where the operations are found that the common client protocol does not have."""


class Auth(Enum):
    """Who may call an operation."""

    NOBODY = "none"
    """Anyone, without a word."""
    SERVER_KEY = "server_key"
    """Whoever knows the server key: `Authorization: Basic`, the key as user name."""
    SESSION = "session"
    """A player: `Authorization: Bearer` with a session token."""
    SESSION_OR_HTTP_KEY = "session_or_http_key"
    """A player, or another server that knows the http key (`?http_key=`, or as the user name of `Basic`)."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where an operation is found: `GET /v2/storage/{collection}`.

    `body` says what the request's body holds: nothing (None), the whole request ("*"), or the field of that name.
    The rest lies in the query string; `query`, if given, names the only fields that may be set from there.
    """

    method: str
    path: str
    body: str | None = None
    query: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Operation(Generic[Req, Res]):
    """One HTTP operation: a request, its answer, and the one or more addresses where it is found."""

    name: str
    bindings: tuple[Binding, ...]
    request: type[Req]
    response: type[Res]
    summary: str
    auth: Auth = Auth.SESSION

    @property
    def extension(self) -> bool:
        """Whether it goes beyond the common client protocol: such operations have addresses below EXTENSIONS."""
        return self.bindings[0].path.startswith(EXTENSIONS)

    def decoder(self, binding: Binding) -> Decode[Req]:
        """Make the reader of the requests that come to one of the bindings."""
        return request_decoder(self.request, binding.path, binding.body, binding.query)


class Nothing(Message):
    """The answer to a realtime message that has nothing to tell: an envelope with the cid alone."""


class Silent(Message):
    """No answer at all unless something is wrong."""


@dataclass(frozen=True)
class Realtime(Generic[Req]):
    """One message that a client may send over its socket.

    `number` is its field number in the envelope; `reply` the type of the answer, `Nothing` for a bare
    acknowledgement, `Silent` for no answer on success.
    """

    name: str
    number: int
    type: type[Req]
    reply: MessageType
    summary: str

    @cached_property
    def decode(self) -> Callable[[Buffer], Req]:
        """Read the message's body, as `split_envelope` gave it. Raises Malformed, for unknown fields too."""
        return decoder(self.type, strict_fields=True)


@dataclass(frozen=True)
class Event:
    """One message that the server sends: as an answer, or because something happened."""

    name: str
    number: int
    type: type[Message]
    summary: str
