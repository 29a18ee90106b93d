"""The messages of sockets: from the name in the envelope to the handler, and its answer back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter
from typing import Any, Final, TypeAlias

from supergame.core.telemetry import Metrics
from supergame.edge.calls import After, Call, with_hooks
from supergame.edge.codec import CODECS, Codec
from supergame.edge.failures import Failures, Missing, Unrecognized
from supergame.edge.hooks import Hooks
from supergame.edge.later import Later
from supergame.edge.session import Session
from supergame.protocol.operation import Nothing, Realtime
from supergame.protocol.types import Message

Handle: TypeAlias = Callable[[Session, bytes, Any], Awaitable[None] | None]
"""(session, cid, unread body) -> nothing, or what has to be awaited before the session's next message."""

Receive: TypeAlias = Callable[[Session, bytes], Awaitable[None] | None]
"""(session, one whole message) -> the same."""

TIMED_EVERY: Final = 64
"""One message in so many is timed, a power of two: reading the clock twice costs as much as a small handler."""


class Messages:
    """The table of realtime messages, composed with their hooks for each codec."""

    def __init__(self, failures: Failures, metrics: Metrics, after: After) -> None:
        self._failures = failures
        self._metrics = metrics
        self._after = after
        self._calls: dict[str, tuple[Realtime[Any], Call]] = {}
        self._hooks = Hooks()
        self._tables: dict[Codec, dict[str, Handle]] = {codec: {} for codec in CODECS.values()}
        self._receivers = {codec: self._receiver(codec) for codec in CODECS.values()}

    def add(self, declared: Realtime[Any], call: Call) -> None:
        """Let `call(session, message)` handle a message."""
        if declared.name in self._calls:
            raise ValueError(f"{declared.name} has a handler already")
        self._calls[declared.name] = (declared, call)
        self._compose(declared.name)

    def set_hooks(self, hooks: Hooks) -> None:
        """Use these hooks from the next message on."""
        self._hooks = hooks
        for name in self._calls:
            self._compose(name)

    def _compose(self, name: str) -> None:
        declared, call = self._calls[name]
        hooked = with_hooks(call, *self._hooks.of(name), self._after)
        for codec, table in self._tables.items():
            table[name] = self._handle(codec, declared, hooked)

    def receiver(self, codec: Codec) -> Receive:
        """What handles the messages of sessions that use that codec.

        It never raises: whatever is wrong is told to the session, which is closed where the protocol says so.
        """
        return self._receivers[codec]

    def _receiver(self, codec: Codec) -> Receive:
        split, find, refuse = codec.split, self._tables[codec].get, self._failures.socket

        def receive(session: Session, data: bytes) -> Awaitable[None] | None:
            try:
                cid, name, body = split(data)
            except Exception as error:
                refuse(session, b"", error, closes=True)
                return None
            handle = find(name)
            if handle is None:
                refuse(session, cid, Unrecognized() if name else Missing())
                return None
            return handle(session, cid, body)

        return receive

    def _handle(self, codec: Codec, declared: Realtime[Any], call: Call) -> Handle:
        count = self._metrics.counter("supergame_messages", "Messages from sockets.", "message", declared.name)
        failed = self._metrics.counter(
            "supergame_messages_failed", "Messages answered with an error.", "message", declared.name
        )
        seconds = self._metrics.histogram(
            "supergame_message_seconds",
            f"Time to handle a message, waiting included; 1 in {TIMED_EVERY} is timed.",
            "message",
            declared.name,
        )
        decode, frame, bare, refuse = codec.decoder(declared), codec.frame, codec.bare, self._failures.socket
        acknowledged = declared.reply is Nothing
        timed_mask = TIMED_EVERY - 1

        def reply(session: Session, cid: bytes, answer: Message | None) -> None:
            if answer is not None:
                session.put(frame(answer, cid))
            elif acknowledged and cid:
                session.put(bare(cid))

        def finished(
            session: Session, cid: bytes, began: float, answer: Message | None, error: Exception | None
        ) -> None:
            if error is None:
                reply(session, cid, answer)
            else:
                failed.value += 1
                refuse(session, cid, error)
            if began:
                seconds.observe(perf_counter() - began)

        async def finish(session: Session, cid: bytes, waiting: Awaitable[Any], began: float) -> None:
            try:
                reply(session, cid, await waiting)
            except Exception as error:
                failed.value += 1
                refuse(session, cid, error)
            if began:
                seconds.observe(perf_counter() - began)

        def handle(session: Session, cid: bytes, body: Any) -> Awaitable[None] | None:
            count.value += 1
            began = 0.0 if count.value & timed_mask else perf_counter()
            try:
                message = decode(body)
            except Exception as error:
                failed.value += 1
                refuse(session, cid, error, closes=True)
                return None
            try:
                answer = call(session, message)
                if answer is None:
                    if acknowledged and cid:
                        session.put(bare(cid))
                elif isinstance(answer, Message):
                    session.put(frame(answer, cid))
                elif isinstance(answer, Later):
                    answer.then(partial(finished, session, cid, began))
                    return None
                else:
                    return finish(session, cid, answer, began)
            except Exception as error:
                failed.value += 1
                refuse(session, cid, error)
            if began:
                seconds.observe(perf_counter() - began)
            return None

        return handle
