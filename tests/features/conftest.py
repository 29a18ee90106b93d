"""Databases for the features' tests: SQLite in memory, and where SQL matters a real PostgreSQL too."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from tests.store.postgres_server import postgres_server, postgres_url

from supergame.core.clock import SystemClock
from supergame.store import Database
from supergame.store.postgres import PostgresDatabase
from supergame.store.sqlite import SqliteDatabase

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture
async def sqlite() -> AsyncIterator[Database]:
    database = await SqliteDatabase.memory(clock=SystemClock())
    yield database
    await database.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    database = await PostgresDatabase.open(postgres_url, clock=SystemClock(), jitter=random.Random(1))
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def twin(request: pytest.FixtureRequest) -> Database:
    """Each kind of database in turn."""
    found: Database = request.getfixturevalue(request.param)
    return found
