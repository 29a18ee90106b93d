"""A search index over the objects of a collection: what it holds of each, and how they are found and ordered.

It lives in memory and is a plain function of the objects it was given. A search begins with the fewest objects that
have a value the query must have, and stops for breath now and then, so that others may run.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from sortedcontainers import SortedList  # type: ignore[import-untyped]

from supergame.core.clock import MICROSECONDS
from supergame.core.errors import BadInput
from supergame.core.steps import Steps
from supergame.features.storage.model import StoredObject
from supergame.protocol import cursor as cursors
from supergame.protocol.document import Document, flatten
from supergame.protocol.query import parse
from supergame.protocol.querytree import Exactly, Number, QueryTree

FIELDS_MAX: Final = 32
"""Fields of an object's value that one index holds."""
ENTRIES_MAX: Final = 1_000_000
"""The largest `max_entries`."""
VALUE_BYTES_MAX: Final = 8_192
"""The indexed fields of one object, as JSON. Queries are asked about them again and again, and in memory they are many
times as large."""
WORK_PER_STEP: Final = 5_000
"""Clauses asked of objects before others are let run: a few milliseconds."""
WORK_PER_OBJECT: Final = 4
"""What it takes to look at an object beside that, in clauses."""

_POSTED: Final = ("key", "user_id", "value")
"""The first words of the fields whose values are looked up, beside being asked about."""


@dataclass(frozen=True, kw_only=True)
class StorageIndex:
    """What an index is to hold: objects of one collection, or only those of one `key` in it.

    Queries ask about `value.<field>` for the `fields` (at the top of the value), and about `key`, `user_id`,
    `version`, `read`, `write`, and the Unix seconds `create_time` and `update_time`. Results can be ordered by the
    latter two, by `key`, and by those of the `fields` that are `sortable`. Of more than `max_entries` objects, those
    written longest ago are left out, and so are those whose `fields` take more than VALUE_BYTES_MAX. An `index_only`
    index answers with the indexed fields alone, without reading the objects. Where `accepts(object)` is given, it
    says which objects belong.

    Raises BadInput for what makes no sense.
    """

    name: str
    collection: str
    fields: tuple[str, ...]
    key: str = ""
    sortable: tuple[str, ...] = ()
    max_entries: int = 10_000
    index_only: bool = False
    accepts: Callable[[StoredObject], bool] | None = None

    def __post_init__(self) -> None:
        if not self.name or not self.collection:
            raise BadInput("A storage index needs a name and a collection.")
        if not 1 <= len(self.fields) <= FIELDS_MAX:
            raise BadInput(f"Storage index {self.name!r}: 1 to {FIELDS_MAX} fields, please.")
        if not set(self.sortable) <= set(self.fields):
            raise BadInput(f"Storage index {self.name!r}: what is sortable has to be among the fields.")
        if not 1 <= self.max_entries <= ENTRIES_MAX:
            raise BadInput(f"Storage index {self.name!r}: max_entries has to be 1 to {ENTRIES_MAX}.")

    def holds(self, stored: StoredObject) -> bool:
        """Whether an object belongs into the index."""
        if self.key and stored.key != self.key:
            return False
        return self.accepts is None or self.accepts(stored)


Id: TypeAlias = tuple[str, str]
"""An object's key and owner."""


class Entry(NamedTuple):
    """What an index knows of one object. `stored.value` holds the indexed fields alone."""

    stored: StoredObject
    document: Document


Placed: TypeAlias = tuple[tuple[Any, ...], Entry]
"""An entry, and before it what it is sorted by."""


class Wanted(NamedTuple):
    """A search: which objects, in which order, from where on, and who asks."""

    query: QueryTree
    order: Sequence[str]
    after: tuple[Any, ...] | None
    limit: int
    may_read: Callable[[StoredObject], bool]
    mark: str
    """What ties a cursor to its search."""


class Index:
    """The objects of one StorageIndex."""

    def __init__(self, definition: StorageIndex) -> None:
        self.definition = definition
        self._entries: dict[Id, Entry] = {}
        self._by_age: SortedList[tuple[int, str, str]] = SortedList()
        self._posted: dict[str, dict[str | float, dict[Id, None]]] = {}
        self._touched: set[Id] | None = set()
        """While it is filled from the database: what has changed meanwhile, and so is known better."""

    def __len__(self) -> int:
        return len(self._entries)

    # -- what is in it

    def fill(self, stored: StoredObject) -> None:
        """Take in what was read from the collection, unless a change that was told of is newer."""
        assert self._touched is not None
        if (stored.key, stored.user_id) not in self._touched:
            self._put(stored)

    def filled(self) -> None:
        """The whole collection was read."""
        self._touched = None

    def put(self, stored: StoredObject) -> None:
        """An object was written."""
        self._touch(stored.key, stored.user_id)
        self._put(stored)

    def remove(self, key: str, user_id: str) -> None:
        """An object is gone; harmless when it is not in the index."""
        self._touch(key, user_id)
        self._drop((key, user_id))

    def _touch(self, key: str, user_id: str) -> None:
        if self._touched is not None:
            self._touched.add((key, user_id))

    def _put(self, stored: StoredObject) -> None:
        id_ = stored.key, stored.user_id
        age = stored.update_us, *id_
        self._drop(id_)
        full = len(self._entries) >= self.definition.max_entries
        if (full and age < self._by_age[0]) or not self.definition.holds(stored):
            return
        whole = _fields_of(stored.value)
        value = msgspec.json.encode({name: whole[name] for name in self.definition.fields if name in whole})
        if len(value) > VALUE_BYTES_MAX:
            return
        document = flatten(
            {
                "value": msgspec.json.decode(value),
                "collection": stored.collection,
                "key": stored.key,
                "user_id": stored.user_id,
                "version": stored.version,
                "read": stored.permission_read,
                "write": stored.permission_write,
                "create_time": stored.create_us / MICROSECONDS,
                "update_time": stored.update_us / MICROSECONDS,
            }
        )
        self._entries[id_] = Entry(msgspec.structs.replace(stored, value=value.decode()), document)
        self._by_age.add(age)
        for field, term in _terms(document):
            self._posted.setdefault(field, {}).setdefault(term, {})[id_] = None
        if full:
            self._drop(self._by_age[0][1:])

    def _drop(self, id_: Id) -> None:
        entry = self._entries.pop(id_, None)
        if entry is None:
            return
        self._by_age.remove((entry.stored.update_us, *id_))
        for field, term in set(_terms(entry.document)):
            terms = self._posted[field]
            del terms[term][id_]
            if not terms[term]:
                del terms[term]
            if not terms:  # players may make up names within the fields that are indexed
                del self._posted[field]

    # -- searching it

    def wanted(
        self, query: str, order: Sequence[str], cursor: str, limit: int, may_read: Callable[[StoredObject], bool]
    ) -> Wanted:
        """A search by a query's text, ordered by fields (`value.level`, descending with a minus before it).

        Raises BadInput for a query, an order or a cursor that does not fit.
        """
        sortable = {"key", "create_time", "update_time", *(f"value.{name}" for name in self.definition.sortable)}
        for field in order:
            if field.removeprefix("-") not in sortable:
                raise BadInput(f"Storage index {self.definition.name!r} cannot be ordered by {field!r}.")
        mark = sha256(msgspec.json.encode([self.definition.name, query, order])).hexdigest()[:16]
        return Wanted(parse(query), order, _read_cursor(cursor, mark, order) if cursor else None, limit, may_read, mark)

    def search(self, wanted: Wanted) -> Steps[tuple[list[Entry], str]]:
        """Find a page of what fits, the best first where no order is given."""
        rank = wanted.query.rank
        after = None if wanted.after is None else _place(wanted.order, *wanted.after)
        found: list[Placed] = []
        work, work_each = 0, WORK_PER_OBJECT + wanted.query.work
        for id_ in self._fewest(wanted.query):
            work += work_each
            if work > WORK_PER_STEP:
                work = 0
                found = _first(found, wanted.limit + 1)
                yield
            entry = self._entries.get(id_)
            if entry is None or not wanted.may_read(entry.stored):
                continue
            score = rank(entry.document)
            if score is None:
                continue
            place = _place(wanted.order, *_marks(wanted.order, entry, score))
            if after is None or after < place:
                found.append((place, entry))
        page = _first(found, wanted.limit + 1)
        entries = [entry for _, entry in page[: wanted.limit]]
        if len(page) <= wanted.limit:
            return entries, ""
        last = entries[-1]
        return entries, _write_cursor(wanted.mark, _marks(wanted.order, last, rank(last.document) or 0.0))

    def _fewest(self, query: QueryTree) -> list[Id]:
        """Objects among which are all that can fit: the fewest of those that have a value the query must have."""
        fewest: Sequence[Collection[Id]] = [self._entries]
        for clause in query.required:
            if clause.field is None or clause.field.partition(".")[0] not in _POSTED:
                continue
            posted = self._posted.get(clause.field, {})
            match clause.test:
                case Exactly(text):
                    terms: Sequence[str | float] = [text]
                case Number(text):
                    terms = [text, clause.test.value]
                case _:
                    continue
            having = [posted[term] for term in terms if term in posted]
            if sum(map(len, having)) < sum(map(len, fewest)):
                fewest = having
        ids = chain(*fewest)
        return list(ids if len(fewest) < 2 else dict.fromkeys(ids))


_fields_of: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _first(found: list[Placed], number: int) -> list[Placed]:
    return heapq.nsmallest(number, found, key=lambda placed: placed[0])


def _terms(document: Document) -> Iterable[tuple[str, str | float]]:
    for field, value in document.items():
        if field.partition(".")[0] in _POSTED:
            for one in value if isinstance(value, list) else (value,):
                if isinstance(one, str | float):
                    yield field, one


def _marks(order: Sequence[str], entry: Entry, score: float) -> tuple[Any, ...]:
    """What decides an object's place: the values it is ordered by, or its score, and who it is."""
    values: list[Any] = []
    for field in order:
        value = entry.document.get(field.removeprefix("-"))
        value = value[0] if isinstance(value, list) else value
        if isinstance(value, float):  # JSON, and so a cursor, knows nothing infinite
            value = min(max(value, -sys.float_info.max), sys.float_info.max)
        values.append(value if isinstance(value, str | float) else None)
    return (*(values if order else [-score]), entry.stored.key, entry.stored.user_id)


def _place(order: Sequence[str], *marks: Any) -> tuple[Any, ...]:
    """Those marks as something that sorts: numbers before texts, what has no value last, either way."""
    directions = [field.startswith("-") for field in order] or [False]
    *values, key, user_id = marks
    return (*(_sortable(value, down) for value, down in zip(values, directions, strict=True)), key, user_id)


def _sortable(value: Any, down: bool) -> tuple[int, Any]:
    if value is None:
        return 2, 0
    if isinstance(value, str):
        return 1, _Down(value) if down else value
    return 0, -value if down else value


class _Down(str):
    """A text that sorts the other way round."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


def _write_cursor(mark: str, marks: tuple[Any, ...]) -> str:
    return cursors.encode([mark, *marks])


def _read_cursor(cursor: str, mark: str, order: Sequence[str]) -> tuple[Any, ...]:
    own_mark, *values = cursors.decode(cursor, list[str | float | None]) or [None]
    fits = len(values) == max(1, len(order)) + 2 and all(isinstance(part, str) for part in values[-2:])
    if own_mark != mark or not fits:
        raise BadInput("Invalid cursor.")
    return tuple(values)
