"""What a match is to its author and to its players, and what can go wrong with one."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import msgspec

from supergame.core.clock import Clock
from supergame.core.errors import BadInput, NotFound, Refused
from supergame.core.log import Log
from supergame.features.presence import Presence
from supergame.protocol.types import Int64

LABEL_BYTES_MAX = 2048  # of a label in UTF-8
TICK_RATE_MAX = 60  # ticks a second


class MatchNotFound(NotFound):
    """Match not found."""

    realtime_code: ClassVar[int] = 4


class JoinRejected(Refused):
    """Match join rejected."""

    realtime_code: ClassVar[int] = 5


class BadMatchToken(BadInput):
    """Invalid match token"""


class UnknownMatchHandler(NotFound):
    """There is no match class of that name."""


class BadLabel(BadInput):
    """A label is text of at most 2048 bytes, without NUL."""


class MatchMessage(msgspec.Struct, frozen=True, gc=False):
    """What a player sent to an authoritative match."""

    presence: Presence
    op_code: int
    data: bytes
    received_at_us: int


@dataclass(frozen=True, slots=True)
class MatchInfo:
    """A match as lists show it; `size` counts connected players."""

    id: str
    authoritative: bool
    size: int
    label: str | None = None
    tick_rate: int = 0
    handler: str = ""


class Host(Protocol):
    """What runs a match: the part of the server that a `Match` talks to."""

    id: str
    name: str
    tick: int
    clock: Clock
    random: random.Random
    log: Log
    services: Any

    @property
    def presences(self) -> list[Presence]:
        """Players who are connected now, in the order they took their seats."""

    @property
    def seats(self) -> list[Presence]:
        """Players who hold a seat: the connected ones and those whose grace has not run out."""

    @property
    def label(self) -> str:
        """What listings show and queries search."""

    def set_label(self, label: str) -> None:
        """Change the label; raises BadLabel."""

    def broadcast(
        self, op_code: int, data: bytes, to: Iterable[Presence] | None, sender: Presence | None, reliable: bool
    ) -> None:
        """Send now."""

    def broadcast_deferred(
        self, op_code: int, data: bytes, to: Iterable[Presence] | None, sender: Presence | None, reliable: bool
    ) -> None:
        """Send when the tick is over."""

    def kick(self, presences: Iterable[Presence]) -> None:
        """Send players out of the match."""

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something that waits, beside the match."""

    def end(self) -> None:
        """Let the match end after the callback that is running."""


class Match:
    """An authoritative match: the server's own game loop for a group of players.

    Write a subclass, keep the state in attributes, and override the callbacks that matter. Callbacks run one
    at a time. They are plain functions, or `async` where they have to wait; a match that waits delays nobody
    but itself. A callback that raises is logged, and the match goes on; TICK_FAILURES_MAX failing ticks in a
    row end it.
    """

    tick_rate: ClassVar[int] = 10
    """How many times a second `loop` is called, 1 to 60."""

    grace_seconds: ClassVar[float] = 15.0
    """How long the seat of a player who lost the connection is kept."""

    def __init__(self, host: Host) -> None:
        self._host = host

    # -- what an author overrides ------------------------------------------------------------------------

    def init(self, params: dict[str, Any]) -> Awaitable[None] | None:
        """Begin: `params` is what the creator of the match passed."""

    def join_attempt(self, presence: Presence, metadata: dict[str, str]) -> bool | str | Awaitable[bool | str]:
        """Say whether a player may come in: True, or False, or the reason why not (or raise Refused with it).

        Who was let in has not come yet: the connection may break meanwhile. `join` tells who has.
        """
        return True

    def join(self, presences: list[Presence]) -> Awaitable[None] | None:
        """Hear of players who have come in."""

    def leave(self, presences: list[Presence]) -> Awaitable[None] | None:
        """Hear of players who are gone for good: they left, were kicked, or their grace ran out."""

    def lost(self, presence: Presence) -> Awaitable[None] | None:
        """Hear of a player whose connection broke; the seat is kept for `grace_seconds`."""

    def back(self, presence: Presence) -> Awaitable[None] | None:
        """Hear of a player who came back to the seat, with a new session."""

    def loop(self, tick: int, messages: Sequence[MatchMessage]) -> bool | Awaitable[bool | None] | None:
        """Advance the game by one tick with what players sent since the last; False ends the match.

        The messages are from players whom `join` told of, and who have not left.
        """
        return None

    def signal(self, data: str) -> str | Awaitable[str]:
        """Answer a message from other game code (`services.matches.signal`)."""
        return ""

    def terminate(self, grace_seconds: int) -> Awaitable[None] | None:
        """Hear that the server is going to stop in `grace_seconds`."""

    def snapshot(self) -> bytes:
        """Give the whole state as bytes, so that the match can go on after a restart; empty means it cannot."""
        return b""

    def restore(self, data: bytes) -> None:
        """Take up the state that `snapshot` gave; called instead of `init`. Players rejoin through `back`."""

    # -- what an author calls ----------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The match's id, which players join by."""
        return self._host.id

    @property
    def tick(self) -> int:
        """The number of the current tick, from 0."""
        return self._host.tick

    @property
    def presences(self) -> list[Presence]:
        """Players who are connected now, in the order they took their seats."""
        return self._host.presences

    @property
    def seats(self) -> list[Presence]:
        """Players who hold a seat: the connected ones and those whose grace has not run out."""
        return self._host.seats

    @property
    def label(self) -> str:
        """What listings show and queries search; set it whenever it changes, usually JSON."""
        return self._host.label

    @label.setter
    def label(self, label: str) -> None:
        self._host.set_label(label)

    @property
    def clock(self) -> Clock:
        """The server's clock; use it rather than `time`, so that tests can move it."""
        return self._host.clock

    @property
    def random(self) -> random.Random:
        """This match's own random numbers."""
        return self._host.random

    @property
    def log(self) -> Log:
        """A log whose lines carry the match's id."""
        return self._host.log

    def broadcast(
        self,
        op_code: int,
        data: bytes | str | dict[str, Any] | list[Any] | msgspec.Struct = b"",
        *,
        to: Iterable[Presence] | None = None,
        sender: Presence | None = None,
        reliable: bool = True,
    ) -> None:
        """Send to every player, or to those in `to`. Anything but bytes and text is sent as JSON."""
        self._host.broadcast(Int64(op_code), as_bytes(data), to, sender, reliable)

    def broadcast_deferred(
        self,
        op_code: int,
        data: bytes | str | dict[str, Any] | list[Any] | msgspec.Struct = b"",
        *,
        to: Iterable[Presence] | None = None,
        sender: Presence | None = None,
        reliable: bool = True,
    ) -> None:
        """Like `broadcast`, but at the end of the tick."""
        self._host.broadcast_deferred(Int64(op_code), as_bytes(data), to, sender, reliable)

    def kick(self, presences: Iterable[Presence]) -> None:
        """Send players out of the match; `leave` is called for them."""
        self._host.kick(presences)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something that waits (write a score, send a message) without holding up the match.

        It may go on for a minute when the match has ended. Raises TooMany when too much of it is under way.
        """
        self._host.spawn(work)

    def end(self) -> None:
        """End the match once the running callback returns."""
        self._host.end()


def as_bytes(data: object) -> bytes:
    """Bytes as they are, text as UTF-8, anything else as JSON."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode()
    return msgspec.json.encode(data)
