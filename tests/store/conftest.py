"""A database of each kind with one table, for the store's contract tests."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.store.items import ITEMS
from tests.store.postgres_server import postgres_server, postgres_url

from supergame.core.clock import SystemClock
from supergame.store import Database
from supergame.store.postgres import PostgresDatabase
from supergame.store.sqlite import SqliteDatabase

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A file with the table `items`."""
    database = await SqliteDatabase.open(tmp_path / "items.db", clock=SystemClock())
    await database.migrate([ITEMS])
    yield database
    await database.close()


@pytest.fixture
async def memory() -> AsyncIterator[SqliteDatabase]:
    """The same in memory."""
    database = await SqliteDatabase.memory(clock=SystemClock())
    await database.migrate([ITEMS])
    yield database
    await database.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    """The same in PostgreSQL."""
    database = await PostgresDatabase.open(postgres_url, clock=SystemClock(), jitter=random.Random(1))
    await database.migrate([ITEMS])
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "memory", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """Each twin in turn: what is shown with it holds for all."""
    found: Database = request.getfixturevalue(request.param)
    return found
