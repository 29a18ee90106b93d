"""The store: connections, transactions and migrations, in a SQLite twin and a PostgreSQL twin.

It knows no feature's tables. A feature brings `queries.sql` and `migrations/`, and calls `Database`.
"""

from supergame.store.database import BrokenRule, Database, Duplicate, InUse, Tx
from supergame.store.dialect import BadSql
from supergame.store.migrations import MigrationSet, SchemaMismatch, load_migrations
from supergame.store.queries import Queries, Query, load_queries

__all__ = [
    "BadSql",
    "BrokenRule",
    "Database",
    "Duplicate",
    "InUse",
    "MigrationSet",
    "Queries",
    "Query",
    "SchemaMismatch",
    "Tx",
    "load_migrations",
    "load_queries",
]
