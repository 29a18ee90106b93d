"""The indexes that the game has declared, kept in step with what is stored.

Whatever changes an object of an indexed collection says so when it is committed, here and over the bus to the other
nodes. The objects are then read again, one batch after the other, so an index never goes back in time. A search waits
for the changes that were told of before it: who has written finds what was written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

import msgspec

from supergame.bus import Bus, Subscription
from supergame.core.clock import TimerHandle
from supergame.core.errors import NotFound, Unavailable
from supergame.core.feature import Ground
from supergame.core.steps import bit_by_bit
from supergame.features.storage.index import Entry, Index, StorageIndex, Wanted
from supergame.features.storage.model import ObjectId, StoredObject
from supergame.store import Database, Tx, load_queries

SUBJECT: Final = "storage.changed"
PAGE_MAX: Final = 1_000
"""Objects that are read at a time when an index is made."""
INDEXED_PER_TURN: Final = 100
"""Objects that go into indexes before others are let run: a few milliseconds."""
RETRY_SECONDS: Final = 1.0
"""When changes are looked at again that could not be read."""

_QUERIES = load_queries("supergame.features.storage")


class _Changed(msgspec.Struct, frozen=True, array_like=True):
    """What goes over the bus."""

    node: str
    ids: list[ObjectId]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Changed).decode


class Indexes:
    """All indexes of a node."""

    def __init__(self, ground: Ground) -> None:
        self._database: Database = ground.database
        self._bus: Bus = ground.bus
        self._node, self._clock, self._log = ground.node, ground.clock, ground.log
        self._subscription: Subscription = self._bus.subscribe(SUBJECT, self._hear)
        self._indexes: dict[str, Index] = {}
        self._being_made: dict[str, Index] = {}
        self.collections: set[str] = set()
        """The collections of which any index wants to know."""
        self._waiting: dict[ObjectId, None] = {}
        self._reading: asyncio.Task[None] | None = None
        self._timer: TimerHandle | None = None

    def stop(self) -> None:
        """Follow no more changes."""
        self._subscription.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._reading is not None:
            self._reading.cancel()

    # -- which there are

    async def make(self, definitions: Iterable[StorageIndex]) -> Mapping[str, Index]:
        """Make indexes of what is stored, for `use`; those that are there already and unchanged are taken over.

        On PostgreSQL, where transactions do not wait for each other, one that was begun before and ends after its
        collection was read is missing from a new index until its object is written again.
        """
        wanted = list(definitions)
        made = self._being_made = {}
        self.collections |= {definition.collection for definition in wanted}
        try:
            for definition in wanted:
                there = self._indexes.get(definition.name)
                if there is not None and there.definition == definition:
                    made[definition.name] = there
                else:
                    index = made[definition.name] = Index(definition)
                    await self._fill(index)
        except BaseException:
            self.use(self._indexes)
            raise
        return made

    def use(self, indexes: Mapping[str, Index]) -> None:
        """Have these indexes from now on, and no others."""
        self._indexes, self._being_made = dict(indexes), {}
        self.collections = {index.definition.collection for index in indexes.values()}

    async def _fill(self, index: Index) -> None:
        await self._database.transact(_nothing)  # its turn comes after those who did not know of the collection yet
        key, user_id = "", ""
        while True:
            rows = await self._database.all(
                _QUERIES.list_all,
                StoredObject,
                collection=index.definition.collection,
                after_key=key,
                after_user_id=user_id,
                limit=PAGE_MAX,
            )
            for number, stored in enumerate(rows, start=1):
                self._take_in(index, stored.key, partial(index.fill, stored))
                if number % INDEXED_PER_TURN == 0:
                    await asyncio.sleep(0)
            if len(rows) < PAGE_MAX:
                break
            key, user_id = rows[-1].key, rows[-1].user_id
        index.filled()

    def _all(self) -> list[Index]:
        return list(dict.fromkeys([*self._indexes.values(), *self._being_made.values()]))

    # -- what has changed

    def changes(self, tx: Tx, ids: Iterable[ObjectId]) -> None:
        """A transaction changes these objects: once it is committed, the indexes follow."""
        followed = [id_ for id_ in ids if id_.collection in self.collections]
        if followed:
            tx.then(partial(self._changed, followed))

    def _changed(self, ids: list[ObjectId]) -> None:
        self._note(ids)
        self._bus.publish(SUBJECT, _encode(_Changed(self._node, ids)))

    def _hear(self, subject: str, data: bytes) -> None:
        news = _decode(data)
        if news.node != self._node:
            self._note(id_ for id_ in news.ids if id_.collection in self.collections)

    def _note(self, ids: Iterable[ObjectId]) -> None:
        self._waiting.update(dict.fromkeys(ids))
        self._read_on()

    def _read_on(self) -> None:
        if self._waiting and self._reading is None and self._timer is None:
            ids, self._waiting = list(self._waiting), {}
            self._reading = asyncio.ensure_future(self._read(ids))

    async def _read(self, ids: list[ObjectId]) -> None:
        owned: dict[tuple[str, str], list[str]] = {}
        for id_ in ids:
            owned.setdefault((id_.user_id, id_.collection), []).append(id_.key)
        taken_in = 0
        try:
            for (user_id, collection), keys in owned.items():
                for start in range(0, len(keys), INDEXED_PER_TURN):
                    some = keys[start : start + INDEXED_PER_TURN]
                    await self._read_some(user_id, collection, some)
                    taken_in += len(some)
                    if taken_in >= INDEXED_PER_TURN:
                        taken_in = 0
                        await asyncio.sleep(0)
        except Exception:
            self._log.exception("changed objects could not be read for their indexes; they are read again")
            self._waiting.update(dict.fromkeys(ids))
            self._timer = self._clock.call_later(RETRY_SECONDS, self._try_again)
            self._reading = None
        else:
            self._reading = None
            self._read_on()

    async def _read_some(self, user_id: str, collection: str, keys: list[str]) -> None:
        rows = await self._database.all(
            _QUERIES.find_keys, StoredObject, user_id=user_id, collection=collection, keys=keys
        )
        found = {stored.key: stored for stored in rows}
        for index in self._all():
            if index.definition.collection != collection:
                continue
            for key in keys:
                stored = found.get(key)
                change = partial(index.remove, key, user_id) if stored is None else partial(index.put, stored)
                self._take_in(index, key, change)

    def _try_again(self) -> None:
        self._timer = None
        self._read_on()

    def _take_in(self, index: Index, key: str, change: Callable[[], None]) -> None:
        try:
            change()
        except Exception:  # the game's own `accepts`
            self._log.exception("an object could not be indexed", index=index.definition.name, key=key)

    async def _up_to_date(self) -> None:
        """Wait for what has changed until now. Raises Unavailable when that cannot be read."""
        for _ in range(2):  # what is being read, and then all that waits
            reading = self._reading
            if reading is not None:
                await asyncio.wait([reading])
        if self._timer is not None:
            raise Unavailable

    # -- searching

    def get(self, name: str) -> Index:
        """The index of that name. Raises NotFound."""
        index = self._indexes.get(name)
        if index is None:
            raise NotFound(f"There is no storage index called {name!r}.")
        return index

    async def search(self, index: Index, wanted: Wanted) -> tuple[list[Entry], str]:
        """A page of what fits, and the cursor of the next."""
        await self._up_to_date()
        return await bit_by_bit(index.search(wanted))


async def _nothing(tx: Tx) -> None:
    pass
