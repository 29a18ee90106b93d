"""Migrations: applied once, in order, whoever comes first; and what does not fit is refused."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.store.items import count

from supergame.core.clock import ManualClock, SystemClock
from supergame.store import BadSql, Database, MigrationSet, Query, SchemaMismatch, load_migrations
from supergame.store.postgres import PostgresDatabase
from supergame.store.sqlite import SqliteDatabase

ONE = (1, "pets", "CREATE TABLE pets (id TEXT PRIMARY KEY, name TEXT NOT NULL)")
TWO = (2, "ages", "ALTER TABLE pets ADD COLUMN age BIGINT NOT NULL DEFAULT 0; CREATE INDEX pets_age ON pets (age)")
PETS = Query("pets", "SELECT count(*) FROM pets WHERE age = 0")
RECORDS = Query("records", "SELECT count(*) FROM supergame_migrations WHERE applied_at_us > 0")


async def test_what_is_missing_is_applied_once(database: Database) -> None:
    toys = MigrationSet("toys", [(1, "toys", "CREATE TABLE toys (id TEXT PRIMARY KEY)")])
    assert await database.migrate([MigrationSet("pets", [ONE]), toys]) == ["pets 0001 pets", "toys 0001 toys"]
    assert await database.migrate([MigrationSet("pets", [ONE, TWO]), toys]) == ["pets 0002 ages"]
    assert await database.migrate([MigrationSet("pets", [ONE, TWO]), toys]) == []
    assert await database.one(PETS, count) == 0
    assert await database.one(RECORDS, count) == 4  # with the fixture's own


async def test_a_changed_migration_is_refused(database: Database) -> None:
    await database.migrate([MigrationSet("pets", [ONE])])
    respaced = (1, "pets", ONE[2].replace("(id", "(\n  id") + "; -- now with a comment")
    assert await database.migrate([MigrationSet("pets", [respaced])]) == []
    changed = (1, "pets", ONE[2].replace("name", "label"))
    with pytest.raises(SchemaMismatch, match="0001 pets of pets was changed after it was applied"):
        await database.migrate([MigrationSet("pets", [changed])])


async def test_a_newer_database_is_refused(database: Database) -> None:
    await database.migrate([MigrationSet("pets", [ONE, TWO])])
    with pytest.raises(SchemaMismatch, match="pets has migration 0002, the code knows 0001"):
        await database.migrate([MigrationSet("pets", [ONE])])


async def test_nothing_is_half_applied(database: Database) -> None:
    """One migration of a start fails: none of them is kept."""
    broken = MigrationSet("toys", [(1, "toys", "CREATE TABLE toys (id TEXT); CREATE TABLE items (id TEXT)")])
    with pytest.raises(Exception, match="items"):
        await database.migrate([MigrationSet("pets", [ONE]), broken])
    assert await database.migrate([MigrationSet("pets", [ONE])]) == ["pets 0001 pets"]


RACER = """
import asyncio, random, sys
from pathlib import Path
from supergame.core.clock import SystemClock
from supergame.core.ids import SeededIds
from supergame.store import MigrationSet, StoreSettings, open_database

steps = [(i, f"step {i}", f"CREATE TABLE t{i} (id TEXT PRIMARY KEY)") for i in range(1, 21)]

async def main():
    settings = StoreSettings(database=sys.argv[1])
    database = await open_database(settings, Path(sys.argv[2]), clock=SystemClock(), ids=SeededIds(), exclusive=False)
    sys.stdin.readline()
    print(len(await database.migrate([MigrationSet("race", steps)])))
    await database.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_processes_may_migrate_at_once(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else ""
    command = [sys.executable, "-c", RACER, url, str(tmp_path)]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = [racer.communicate()[0].strip() for racer in racers]
    assert sorted(answers) == ["0", "20"]


async def test_many_nodes_may_migrate_an_empty_postgres_at_once(postgres_url: str) -> None:
    nodes = [
        await PostgresDatabase.open(postgres_url, clock=SystemClock(), jitter=random.Random(seed)) for seed in range(5)
    ]
    applied = await asyncio.gather(*(node.migrate([MigrationSet("pets", [ONE, TWO])]) for node in nodes))
    assert sorted(map(len, applied)) == [0, 0, 0, 0, 2]
    for node in nodes:
        await node.close()


async def test_a_record_says_when() -> None:
    database = await SqliteDatabase.memory(clock=ManualClock(start_us=42))
    await database.migrate([MigrationSet("pets", [ONE])])
    assert await database.one(Query("when", "SELECT applied_at_us FROM supergame_migrations"), count) == 42
    await database.close()


def test_a_folder_of_files_is_a_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0002_price_tags.sql").write_text("ALTER TABLE wares ADD COLUMN price BIGINT")
    (folder / "0001_wares.sql").write_text("CREATE TABLE wares (id TEXT)")
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    found = load_migrations("shop", "shop.migrations")
    assert [(step.number, step.title) for step in found.migrations] == [(1, "wares"), (2, "price tags")]

    (folder / "3_oops.sql").write_text("")
    with pytest.raises(BadSql, match=r"shop: 3_oops\.sql is not named like"):
        load_migrations("shop", "shop.migrations")


def test_numbers_have_no_gaps_and_sql_fits_the_dialect() -> None:
    with pytest.raises(BadSql, match="migration 0002 should have number 0001"):
        MigrationSet("pets", [TWO])
    with pytest.raises(BadSql, match="pets: migration 0001 flags: columns are TEXT, BIGINT"):
        MigrationSet("pets", [(1, "flags", "CREATE TABLE flags (up BOOLEAN)")])
