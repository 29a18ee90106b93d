"""What is really in a database: every row of every table, and which of them mention somebody."""

from __future__ import annotations

from typing import Any

from supergame.store import Database, Query
from supergame.store.sqlite import SqliteDatabase

Rows = list[dict[str, Any]]

_SQLITE_COLUMNS = Query(
    "columns",
    "SELECT t.name, c.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c "
    "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' ORDER BY t.name, c.cid",
)
_POSTGRES_COLUMNS = Query(
    "columns",
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
)


def _pair(table: str, column: str) -> tuple[str, str]:
    return table, column


async def all_rows(database: Database) -> dict[str, Rows]:
    """Every row by table; the store's own notes on migrations are left out."""
    query = _SQLITE_COLUMNS if isinstance(database, SqliteDatabase) else _POSTGRES_COLUMNS
    columns: dict[str, list[str]] = {}
    for table, column in await database.all(query, _pair):
        columns.setdefault(table, []).append(column)
    return {
        table: [
            dict(zip(names, values, strict=True))
            for values in await database.all(Query("rows", f"SELECT {', '.join(names)} FROM {table}"), _tuple)
        ]
        for table, names in columns.items()
        if not table.startswith("supergame_migrations")
    }


def _tuple(*columns: Any) -> tuple[Any, ...]:
    return columns


def mentioning(rows: Rows, *traces: str) -> Rows:
    """The rows of which some column holds one of these texts."""
    return [row for row in rows if any(trace in str(value) for value in row.values() for trace in traces)]


async def tables_that_mention(database: Database, *traces: str) -> set[str]:
    """The tables with such rows."""
    return {table for table, rows in (await all_rows(database)).items() if mentioning(rows, *traces)}
