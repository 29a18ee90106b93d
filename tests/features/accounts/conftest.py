"""Accounts on a database of each kind."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from tests.features.accounts.house import House
from tests.store.postgres_server import postgres_server, postgres_url

from supergame.core.clock import SystemClock
from supergame.features.accounts import Accounts
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
    """Each kind of database in turn, for what depends on transactions or on SQL."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def house(sqlite: Database) -> AsyncIterator[House]:
    """Accounts on SQLite."""
    found = await House.open(sqlite)
    yield found
    await found.close()


@pytest.fixture
async def each_house(twin: Database) -> AsyncIterator[House]:
    """Accounts on each kind of database in turn."""
    found = await House.open(twin)
    yield found
    await found.close()


@pytest.fixture
def accounts(house: House) -> Accounts:
    return house.accounts
