"""Takes events, and tells them to the game's listener a few at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from supergame.core.errors import BadInput, TooMany
from supergame.core.feature import Ground
from supergame.edge import Caller, Quota
from supergame.features.events.model import (
    NAME_BYTES_MAX,
    PROPERTIES_BYTES_MAX,
    UNDER_WAY_MAX,
    EventsSettings,
    ReportedEvent,
)
from supergame.protocol.types import timestamp

Listener: TypeAlias = Callable[[ReportedEvent], Awaitable[None]]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ReportedEvent).decode


class CustomEvents:
    """Events of the game's own; game code uses it as `services.events`."""

    def __init__(self, ground: Ground) -> None:
        self._clock, self._log = ground.clock, ground.log
        settings = ground.config.section(EventsSettings)
        self._waiting_bytes_max = settings.waiting_bytes_max
        self._quota = Quota(ground.clock, settings.per_second_max, settings.burst_max, "events")
        self._waiting: deque[bytes] = deque()
        """The events, as JSON: as objects, many small properties would take a hundred times as much."""
        self._waiting_bytes = 0
        self._telling: set[asyncio.Task[None]] = set()
        self._listener: Listener | None = None
        self._reported = ground.metrics.counter("supergame_events", "Events reported by clients and game code.")
        ground.metrics.gauge("supergame_events_waiting", "Events that wait.", lambda: len(self._waiting))

    def listen(self, listener: Listener | None) -> None:
        """Tell `await listener(event)` of every event from now on; what it raises is logged."""
        self._listener = listener

    def send(
        self,
        name: str,
        properties: Mapping[str, str] | None = None,
        *,
        time: datetime | None = None,
        user_id: str = "",
        username: str = "",
    ) -> None:
        """Report an event from game code, of a player or of nobody; without a `time` it happens now.

        Raises BadInput for what is too long or has no name, TooMany when too many wait.
        """
        self._take(self._event(name, properties or {}, time, False, user_id, username))

    def report(self, caller: Caller, name: str, properties: Mapping[str, str], time: datetime | None) -> None:
        """Report an event as a player's client does. Raises as `send` does, and TooMany for too many of one player."""
        event = self._event(name, properties, time, True, caller.user_id, caller.username)
        self._quota.take(caller.user_id)
        self._take(event)

    def _event(
        self,
        name: str,
        properties: Mapping[str, str],
        time: datetime | None,
        external: bool,
        user_id: str,
        username: str,
    ) -> ReportedEvent:
        if not 1 <= len(name.encode()) <= NAME_BYTES_MAX:
            raise BadInput(f"An event needs a name of at most {NAME_BYTES_MAX} bytes.")
        if sum(len(key.encode()) + len(value.encode()) for key, value in properties.items()) > PROPERTIES_BYTES_MAX:
            raise BadInput(f"An event's properties may have {PROPERTIES_BYTES_MAX} bytes.")
        moment = timestamp(self._clock.now_us()) if time is None else time.astimezone(UTC)
        return ReportedEvent(name, dict(properties), moment, external, user_id, username)

    def _take(self, event: ReportedEvent) -> None:
        self._reported.value += 1
        if self._listener is None:
            return
        data = _encode(event)
        if self._waiting_bytes + len(data) > self._waiting_bytes_max:
            raise TooMany("Too many events are waiting; try again in a moment.", retry_seconds=1)
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if len(self._telling) < UNDER_WAY_MAX:
            task = asyncio.ensure_future(self._tell())
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self) -> None:
        while self._waiting:
            data = self._waiting.popleft()
            self._waiting_bytes -= len(data)
            event = _decode(data)
            listener = self._listener
            if listener is None:
                continue
            try:
                await listener(event)
            except Exception:
                self._log.exception("a listener of events failed", event_name=event.name)

    async def settle(self) -> None:
        """Wait until everything that was reported has been told."""
        while self._telling:
            await asyncio.wait(self._telling)

    async def stop(self) -> None:
        """Tell what waits still."""
        await self.settle()
