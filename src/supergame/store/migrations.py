"""Migrations: numbered SQL per feature, applied once, in order, forward only.

A feature's `migrations/` folder holds `0001_accounts.sql`, `0002_...`, written in the dialect of
`supergame.store.dialect`. What was applied is recorded with a checksum of its text in the table
`supergame_migrations`, by the same transaction that applied it. An applied file is never changed again: a
later number changes what it made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from supergame.core.errors import Internal
from supergame.store import dialect
from supergame.store.dialect import BadSql

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")

# Read before any migration is there, so it is made by IF NOT EXISTS and never changes.
TABLES = """
CREATE TABLE IF NOT EXISTS supergame_migrations (
    feature TEXT NOT NULL,
    number BIGINT NOT NULL,
    title TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at_us BIGINT NOT NULL,
    PRIMARY KEY (feature, number)
);
"""


class SchemaMismatch(Internal):
    """The database does not fit this version of the code."""


class Migration(NamedTuple):
    """One step: its number, what it does in a few words, and its SQL."""

    number: int
    title: str
    sql: str

    @property
    def checksum(self) -> str:
        """What tells this text from any other; blanks and comments do not count."""
        bare = [
            " ".join(token.text for token in statement if token.kind != "space")
            for statement in dialect.statements(self.sql)
        ]
        return hashlib.sha256(";".join(bare).encode()).hexdigest()


class MigrationSet:
    """The migrations of one feature, numbered from 1 without gaps."""

    def __init__(self, name: str, migrations: Sequence[tuple[int, str, str]]) -> None:
        """Check numbers and dialect. Raises BadSql naming what is wrong."""
        self.name = name
        self.migrations = tuple(Migration(*migration) for migration in migrations)
        for place, migration in enumerate(self.migrations, 1):
            if migration.number != place:
                raise BadSql(f"{name}: migration {migration.number:04} should have number {place:04}")
            try:
                dialect.check_schema(migration.sql)
            except BadSql as error:
                raise BadSql(f"{name}: migration {migration.number:04} {migration.title}: {error}") from None

    def missing(self, applied: Mapping[int, str]) -> tuple[Migration, ...]:
        """Which are to be applied, given number -> checksum of those that were. Raises SchemaMismatch."""
        newest = max(applied, default=0)
        if newest > len(self.migrations):
            raise SchemaMismatch(
                f"The database is newer than this code: {self.name} has migration {newest:04}, "
                f"the code knows {len(self.migrations):04}. Start a newer version."
            )
        for migration in self.migrations:
            if applied.get(migration.number, migration.checksum) != migration.checksum:
                raise SchemaMismatch(
                    f"Migration {migration.number:04} {migration.title} of {self.name} was changed after it was "
                    "applied. Restore its text and add a new one instead."
                )
        return tuple(migration for migration in self.migrations if migration.number not in applied)


def load_migrations(name: str, package: str) -> MigrationSet:
    """Read the `NNNN_title.sql` files of a package's folder. Raises BadSql naming a file that does not fit."""
    return load_migrations_folder(name, files(package))


def load_migrations_folder(name: str, folder: Traversable) -> MigrationSet:
    """Read the `NNNN_title.sql` files of a folder. Raises BadSql naming a file that does not fit."""
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".sql"):
            continue
        match = _FILE.fullmatch(entry.name)
        if match is None:
            raise BadSql(f"{name}: {entry.name} is not named like 0001_what_it_does.sql")
        found.append((int(match[1]), match[2].replace("_", " "), entry.read_text(encoding="utf-8")))
    return MigrationSet(name, found)


def applied_by_feature(rows: Sequence[tuple[str, int, str]]) -> dict[str, dict[int, str]]:
    """Sort recorded rows (feature, number, checksum) by feature: number -> checksum."""
    sorted_rows: dict[str, dict[int, str]] = {}
    for feature, number, checksum in rows:
        sorted_rows.setdefault(feature, {})[number] = checksum
    return sorted_rows
