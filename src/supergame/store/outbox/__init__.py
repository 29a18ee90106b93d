"""Events: what one feature announces and others hear, within the transaction or after it.

A listener *within* is part of the change: it gets the same transaction, and what it raises undoes the whole. A
listener that *hears* gets the event after the commit, at least once even if the node dies in between: the event
lies in the outbox, written by the same transaction, until every listener has been called. So it is idempotent;
what it raises is logged and reaches nobody.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from supergame.core.clock import Clock, TimerHandle
from supergame.core.ids import Ids
from supergame.core.log import get_log
from supergame.store.database import Database, Tx
from supergame.store.migrations import MigrationSet, load_migrations
from supergame.store.queries import load_queries

BATCH_MAX = 100  # events read from the outbox at a time
RETRY_SECONDS = 5.0  # until the outbox is looked into again, when the database did not answer

MIGRATIONS = load_migrations("outbox", "supergame.store.outbox.migrations")
QUERIES = load_queries("supergame.store.outbox")


class _Row(msgspec.Struct):
    id: str
    kind: str
    body: str


class Events:
    """The events of one node."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, node: str) -> None:
        self._database, self._clock, self._ids, self._node = database, clock, ids, node
        self._within: dict[type, list[Callable[[Tx, Any], Awaitable[object]]]] = {}
        self._hears: dict[str, list[Callable[[Any], Awaitable[object] | object]]] = {}
        self._types: dict[str, type[msgspec.Struct]] = {}
        self._pump: asyncio.Task[None] | None = None
        self._again = False
        self._retry: TimerHandle | None = None
        self._started = False
        self._log = get_log(part="events")

    @property
    def migrations(self) -> MigrationSet:
        """The outbox's own table."""
        return MIGRATIONS

    def within(self, kind: type[msgspec.Struct], listener: Callable[[Tx, Any], Awaitable[object]]) -> None:
        """Call `await listener(tx, event)` inside the transaction that announces such an event."""
        self._within.setdefault(kind, []).append(listener)

    def hear(self, kind: type[msgspec.Struct], listener: Callable[[Any], Awaitable[object] | object]) -> None:
        """Call `listener(event)` after the commit, at least once."""
        name = f"{kind.__module__}.{kind.__qualname__}"
        self._types[name] = kind
        self._hears.setdefault(name, []).append(listener)

    async def announce(self, tx: Tx, event: msgspec.Struct) -> None:
        """Tell the listeners within, and lay the event into the outbox for those who hear it after the commit."""
        for listener in self._within.get(type(event), ()):
            await listener(tx, event)
        name = f"{type(event).__module__}.{type(event).__qualname__}"
        if name in self._hears:
            tx.then(self._deliver)
            await tx.run(
                QUERIES.add_event,
                id=self._ids.uuid(),
                node=self._node,
                kind=name,
                body=msgspec.json.encode(event).decode(),
                created_us=self._clock.now_us(),
            )

    def start(self) -> None:
        """Begin to tell: of what lies in the outbox now, and from now on of what is announced."""
        self._started = True
        self._deliver()

    async def stop(self) -> None:
        """Tell what lies in the outbox, and no more of what is announced: that waits for the next start."""
        await self.settle()
        self._started = False
        self._forget_retry()

    def _forget_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _deliver(self) -> None:
        self._forget_retry()
        if not self._started:
            return
        if self._pump is None:
            self._pump = asyncio.ensure_future(self._tell_all())
        else:
            self._again = True

    async def settle(self) -> None:
        """Wait until everything that lay in the outbox has been told."""
        while self._pump is not None:
            await asyncio.wait([self._pump])

    async def _tell_all(self) -> None:
        try:
            while True:
                self._again = False
                rows = await self._database.all(QUERIES.list_events, _Row, node=self._node, limit=BATCH_MAX)
                for row in rows:
                    await self._tell(row)
                if rows:
                    await self._database.run(QUERIES.delete_events, ids=[row.id for row in rows])
                elif not self._again:
                    return
        except Exception:
            self._log.exception("events could not be delivered; they stay in the outbox until they can")
            self._retry = self._clock.call_later(RETRY_SECONDS, self._deliver)
        finally:
            self._pump = None

    async def _tell(self, row: _Row) -> None:
        kind = self._types.get(row.kind)
        if kind is None:
            self._log.warning("nobody hears of such events any more", kind=row.kind)
            return
        try:
            event = msgspec.json.decode(row.body, type=kind)
        except msgspec.DecodeError:
            self._log.exception("an event of older code is dropped, it cannot be read any more", kind=row.kind)
            return
        for listener in self._hears[row.kind]:
            try:
                result = listener(event)
                if inspect.isawaitable(result):
                    await result
            except Exception:
                self._log.exception("a listener failed", kind=row.kind)
