"""Named queries out of `.sql` files, one text for SQLite and PostgreSQL.

A file holds one query after the other::

    -- name: find_user
    -- Who logs in with this device; one row, by primary key.
    SELECT id, username FROM users WHERE id = :id;

The comment under the name becomes `query.why`. Parameters are `:name`. A sequence goes after IN or NOT IN, as
`WHERE id IN (:ids*)`; it may be empty. PostgreSQL infers a parameter's type from where it stands; where nothing
tells (`:cursor IS NULL`), write `CAST(:cursor AS TEXT)`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from supergame.store import dialect
from supergame.store.dialect import BadSql, Token

SEQUENCE_ITEMS_MAX = 10_000  # SQLite takes 32,766 variables in a statement
_NAME = re.compile(r"--\s*name:\s*(.*?)\s*$")
_WRITING = frozenset(("INSERT", "UPDATE", "DELETE"))


class Query:
    """One statement with its name, its reason and its parameters, compiled for both databases.

    `names` are its parameters, `sequences` those among them that take a sequence, `writes` says whether it
    changes rows. Two queries are equal only if they are the same object.
    """

    __slots__ = (
        "_order",
        "_sqlite_pieces",
        "name",
        "names",
        "postgres_text",
        "sequences",
        "sqlite_text",
        "text",
        "why",
        "writes",
    )

    def __init__(self, name: str, text: str, why: str = "") -> None:
        """Parse `text`. Raises BadSql where it is empty, holds two statements or a sequence out of place."""
        try:
            found = dialect.statements(text)
            if len(found) != 1:
                raise BadSql(f"a query is one statement, here are {len(found)}")
            statement = found[0]
            _check_sequences(statement)
        except BadSql as error:
            raise BadSql(f"{name}: {error}") from None
        self.name, self.why, self.text = name, why, dialect.text(statement)
        self._order = tuple(dict.fromkeys(token.name for token in statement if token.name))
        self.names = frozenset(self._order)
        self.sequences = frozenset(token.name for token in statement if token.kind == "sequence")
        self.writes = any(token.keyword in _WRITING for token in statement)
        self.postgres_text = _postgres(statement, self._order)
        self.sqlite_text = "" if self.sequences else self.text
        self._sqlite_pieces = tuple(
            (token.name, "") if token.kind == "sequence" else ("", token.text) for token in statement
        )

    def __repr__(self) -> str:
        return f"<Query {self.name}>"

    def for_sqlite(self, parameters: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Text and bindings for SQLite. Raises TypeError where the parameters are not exactly `names`."""
        if parameters.keys() != self.names:
            raise self.misfit(parameters)
        if not self.sequences:
            return self.sqlite_text, parameters
        bindings = dict(parameters)
        sizes = []
        for name in self._order:
            if name in self.sequences:
                items = self._sequence(name, bindings.pop(name))
                size = _room(len(items))
                # The rest of the room repeats the last item: IN does not mind, and few texts have to be prepared.
                bindings.update((f"{name}__{i}", items[min(i, len(items) - 1)]) for i in range(size))
                sizes.append((name, size))
        return _sqlite_expanded(self, tuple(sizes)), bindings

    def for_postgres(self, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """Text and arguments for PostgreSQL. Raises TypeError where the parameters are not exactly `names`."""
        if parameters.keys() != self.names:
            raise self.misfit(parameters)
        if not self.sequences:
            return self.postgres_text, [parameters[name] for name in self._order]
        arguments = [
            self._sequence(name, parameters[name]) if name in self.sequences else parameters[name]
            for name in self._order
        ]
        return self.postgres_text, arguments

    def misfit(self, parameters: Mapping[str, Any]) -> TypeError:
        """The error that says which parameters are missing and which are unknown."""
        missing = sorted(self.names - parameters.keys())
        unknown = sorted(parameters.keys() - self.names)
        parts = [f"missing {', '.join(missing)}"] if missing else []
        parts += [f"unknown {', '.join(unknown)}"] if unknown else []
        return TypeError(f"query {self.name}: {'; '.join(parts)}")

    def _sequence(self, name: str, value: Any) -> Sequence[Any]:
        if isinstance(value, str | bytes):
            raise TypeError(f"query {self.name}: {name} is a sequence, not {type(value).__name__}")
        items = value if isinstance(value, list | tuple) else list(value)
        if len(items) > SEQUENCE_ITEMS_MAX:
            raise ValueError(f"query {self.name}: {name} has {len(items)} items, at most {SEQUENCE_ITEMS_MAX} go")
        return items

    def sqlite_expanded(self, sizes: Mapping[str, int]) -> str:
        """The text for SQLite with so many variables for each sequence."""
        return "".join(
            text or "(" + ", ".join(f":{name}__{i}" for i in range(sizes[name])) + ")"
            for name, text in self._sqlite_pieces
        ).strip()


@lru_cache(maxsize=1024)
def _sqlite_expanded(query: Query, sizes: tuple[tuple[str, int], ...]) -> str:
    return query.sqlite_expanded(dict(sizes))


def _room(count: int) -> int:
    """The next power of two, so that sequences of all lengths share few prepared statements."""
    return 1 << (count - 1).bit_length() if count else 0


def _check_sequences(statement: Sequence[Token]) -> None:
    kinds: dict[str, str] = {}
    before = ""
    for token in statement:
        if token.kind == "sequence" and before != "IN":
            raise BadSql(f"{token.text} has to stand after IN or NOT IN")
        if token.name and kinds.setdefault(token.name, token.kind) != token.kind:
            raise BadSql(f":{token.name} is used both as a sequence and as one value")
        if token.kind != "space":
            before = token.keyword


def _postgres(statement: Sequence[Token], order: Sequence[str]) -> str:
    """`:name` becomes `$n`; IN (:ids*) becomes = ANY($n), NOT IN becomes <> ALL($n): one text for all lengths."""
    parts: list[str] = []
    words: list[int] = []  # where in `parts` the keywords stand
    for token in statement:
        if token.kind == "sequence":
            negated = len(words) > 1 and parts[words[-2]].upper() == "NOT"
            del parts[words[-2 if negated else -1] :]
            words = []
            parts.append(f"{'<> ALL' if negated else '= ANY'}(${order.index(token.name) + 1})")
        elif token.kind == "parameter":
            parts.append(f"${order.index(token.name) + 1}")
            words = []
        else:
            if token.kind != "space":
                words = [*words, len(parts)] if token.kind == "word" else []
            parts.append(token.text)
    return "".join(parts).strip()


class Queries:
    """The queries of one file, each an attribute: `queries.find_user`."""

    def __init__(self, source: str, found: Sequence[Query]) -> None:
        self._source = source
        for query in found:
            setattr(self, query.name, query)
        self._all = tuple(found)

    def __getattr__(self, name: str) -> Query:
        near = difflib.get_close_matches(name, [query.name for query in self.__dict__.get("_all", ())], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise AttributeError(f"{self.__dict__.get('_source', 'queries')} has no query {name}{hint}")

    def __iter__(self) -> Iterator[Query]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


@cache  # every module of a feature asks for the same file
def load_queries(package: str, filename: str = "queries.sql") -> Queries:
    """Read the queries of a package's `.sql` file. Raises BadSql with the file and query that are wrong."""
    return parse_queries(files(package).joinpath(filename).read_text(encoding="utf-8"), f"{package}/{filename}")


def parse_queries(content: str, source: str) -> Queries:
    """Read queries out of a text; `source` is what errors call it."""
    found: dict[str, Query] = {}
    for name, lines in _sections(content, source):
        if not name.isidentifier() or name.startswith("_"):
            raise BadSql(f"{source}: {name!r} cannot be the name of a query")
        if name in found:
            raise BadSql(f"{source}: there are two queries called {name}")
        comments = []
        for line in lines:
            if not line.strip().startswith("--"):
                break
            comments.append(line.strip().removeprefix("--").strip())
        try:
            found[name] = Query(name, "\n".join(lines), " ".join(comments))
        except BadSql as error:
            raise BadSql(f"{source}: {error}") from None
    return Queries(source, list(found.values()))


def _sections(content: str, source: str) -> Iterator[tuple[str, list[str]]]:
    name: str | None = None
    lines: list[str] = []
    for line in content.splitlines():
        heading = _NAME.match(line)
        if heading is None:
            lines.append(line)
            if name is None and line.strip() and not line.strip().startswith("--"):
                raise BadSql(f"{source}: {line.strip()!r} stands before the first '-- name:'")
            continue
        if name is not None:
            yield name, lines
        name, lines = heading[1], []
    if name is not None:
        yield name, lines
