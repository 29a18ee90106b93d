"""SQL cut into tokens, so that nothing inside a string or a comment is mistaken for a part of the statement.

The dialect is what SQLite and PostgreSQL both read. Beyond plain SQL it has

* `:name` parameters, and `IN (:names*)` for a sequence (see `supergame.store.queries`);
* four column types, TEXT, BIGINT (63 bits and a sign), BYTEA and DOUBLE PRECISION, which `sqlite_schema` and
  `postgres_schema` turn into what each database calls them. Text sorts by its UTF-8 bytes in both.

Not in it, because only one of the two has it or they disagree: dollar quotes, `E'...'` strings, casts with
`::` (write CAST), DEFERRABLE constraints (they fail at COMMIT, where many callers share one), locks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<comment>   --[^\n]* | /\*.*?\*/ )
  | (?P<string>    '(?:[^']|'')*' )
  | (?P<quoted>    "(?:[^"]|"")*" )
  | (?P<cast>      :: )
  | (?P<sequence>  \(\s*:(?P<items>[A-Za-z_]\w*)\*\s*\) )
  | (?P<parameter> :(?P<name>[A-Za-z_]\w*) )
  | (?P<word>      [^\W\d]\w* )
  | (?P<space>     \s+ )
  | (?P<end>       ; )
  | (?P<open>      ' | " | /\* )
  | (?P<other>     \w+ | . )
    """,
    re.VERBOSE | re.DOTALL,
)


class BadSql(ValueError):
    """A text does not fit the dialect; the message names it and says why."""


class Token(NamedTuple):
    """One piece of a statement; `name` is set where `kind` is parameter or sequence."""

    kind: str
    text: str
    name: str = ""

    @property
    def keyword(self) -> str:
        """The word in capitals, or nothing where it is no bare word."""
        return self.text.upper() if self.kind == "word" else ""


def tokens(sql: str) -> Iterator[Token]:
    """Cut `sql` into tokens whose texts join to `sql` again. Raises BadSql at a quote that never closes."""
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "other"
        if kind in ("items", "sequence"):
            yield Token("sequence", match[0], match["items"])
        elif kind in ("name", "parameter"):
            yield Token("parameter", match[0], match["name"])
        elif kind == "open":
            raise BadSql(f"{match[0]} is opened and never closed, at {sql[match.start() : match.start() + 40]!r}")
        else:
            yield Token(kind, match[0])


def statements(sql: str) -> list[list[Token]]:
    """The statements of a script, each as its tokens without comments; empty ones are left out."""
    found: list[list[Token]] = [[]]
    for token in tokens(sql):
        if token.kind == "end":
            found.append([])
        elif token.kind == "comment":
            found[-1].append(Token("space", "\n" if "\n" in token.text else " "))
        else:
            found[-1].append(token)
    return [statement for statement in found if text(statement)]


def text(statement: Iterable[Token]) -> str:
    """A statement's text again, without blanks at its ends."""
    return "".join(token.text for token in statement).strip()


def sqlite_schema(sql: str) -> list[str]:
    """A migration's statements as SQLite wants them: its own type names, and every table STRICT."""
    return [_sqlite_statement(statement) for statement in statements(sql)]


def _sqlite_statement(statement: list[Token]) -> str:
    words = [token.keyword for token in statement if token.kind != "space"]
    names = {"BIGINT": "INTEGER", "BYTEA": "BLOB", "DOUBLE": "REAL"}
    changed = [
        Token("word", names.get(token.keyword, token.text)) if token.kind == "word" else token
        for token in statement
        if token.keyword != "PRECISION"
    ]
    strict = " STRICT" if words[:2] == ["CREATE", "TABLE"] else ""
    return text(changed) + strict


def postgres_schema(sql: str) -> list[str]:
    """A migration's statements as PostgreSQL wants them: text columns sorted by their bytes."""
    return [_postgres_statement(statement) for statement in statements(sql)]


def _postgres_statement(statement: list[Token]) -> str:
    words = [token.keyword for token in statement if token.kind != "space"]
    if words[:2] not in (["CREATE", "TABLE"], ["ALTER", "TABLE"]):
        return text(statement)
    parts, before = [], ""
    for token in statement:
        column = token.keyword == "TEXT" and before != "AS"  # CAST(... AS TEXT) takes no collation
        parts.append('TEXT COLLATE "C"' if column else token.text)
        before = token.keyword if token.kind != "space" else before
    return "".join(parts).strip()


def check_schema(sql: str) -> None:
    """Raise BadSql where a migration uses what the two databases do not share."""
    for statement in statements(sql):
        for token in statement:
            if token.kind == "cast":
                raise BadSql("a cast is written CAST(x AS type)")
            if token.kind in ("parameter", "sequence"):
                raise BadSql(f"a migration takes no parameters, but there is {token.text}")
            if token.keyword in ("DEFERRABLE", "DEFERRED"):
                raise BadSql("constraints are checked at once: DEFERRABLE would fail other callers' commits")
            if token.keyword in _FOREIGN_TYPES:
                raise BadSql(f"columns are TEXT, BIGINT, BYTEA or DOUBLE PRECISION, not {token.text}")


_FOREIGN_TYPES = frozenset(
    """
    INT INTEGER SMALLINT SERIAL BIGSERIAL BLOB REAL FLOAT NUMERIC DECIMAL VARCHAR CHAR BOOLEAN BOOL JSON JSONB UUID
    TIMESTAMP TIMESTAMPTZ STRICT AUTOINCREMENT
    """.split()  # noqa: SIM905, a list of words reads better as one
)
