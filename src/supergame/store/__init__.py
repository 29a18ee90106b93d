"""The store: connections, transactions and migrations, in a SQLite twin and a PostgreSQL twin.

It knows no feature's tables. A feature brings `queries.sql` and `migrations/`, and calls `Database`.
"""

from __future__ import annotations

from pathlib import Path

from supergame.core.clock import Clock
from supergame.core.ids import Ids
from supergame.store.database import BrokenRule, Database, Duplicate, InUse, Tx
from supergame.store.dialect import BadSql
from supergame.store.migrations import MigrationSet, SchemaMismatch, load_migrations, load_migrations_folder
from supergame.store.outbox import Events
from supergame.store.queries import Queries, Query, load_queries
from supergame.store.settings import StoreSettings

__all__ = [
    "BadSql",
    "BrokenRule",
    "Database",
    "Duplicate",
    "Events",
    "InUse",
    "MigrationSet",
    "Queries",
    "Query",
    "SchemaMismatch",
    "StoreSettings",
    "Tx",
    "load_migrations",
    "load_migrations_folder",
    "load_queries",
    "open_database",
]

DATA_FILE = "supergame.db"  # its name in the data folder


async def open_database(
    settings: StoreSettings, data_folder: Path, *, clock: Clock, ids: Ids, exclusive: bool = True
) -> Database:
    """Open the database that the settings name: PostgreSQL, or else the data folder's SQLite file.

    `exclusive` is for a node: InUse is raised where another one has the file. Commands that look or change
    something beside a running node say False. Raises Unavailable where the database cannot be opened.
    """
    if settings.database:
        from supergame.store.postgres import PostgresDatabase  # a node without it need not load the driver

        return await PostgresDatabase.open(settings.database, clock=clock, jitter=ids.random(), settings=settings)
    from supergame.store.sqlite import SqliteDatabase

    return await SqliteDatabase.open(data_folder / DATA_FILE, clock=clock, settings=settings, exclusive=exclusive)
