"""What the features' tests stand on: SQLite in memory, where SQL matters a real PostgreSQL too, and nodes on them.

A folder that wants a lobby (a node without a network) says in its `features` which features are in it.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence

import pytest
from tests.features.lobby import Lobby
from tests.store.postgres_server import postgres_server, postgres_url

from supergame import testing
from supergame.core.clock import SystemClock
from supergame.core.feature import Feature
from supergame.store import Database, StoreSettings
from supergame.store.postgres import PostgresDatabase
from supergame.store.sqlite import SqliteDatabase

__all__ = ["postgres_server", "postgres_url"]


PATIENT = StoreSettings(wait_seconds_max=60)
"""Crowds that come at once wait for each other, on a busy machine for longer than players would."""


@pytest.fixture
async def sqlite() -> AsyncIterator[Database]:
    database = await SqliteDatabase.memory(clock=SystemClock())
    yield database
    await database.close()


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    database = await PostgresDatabase.open(postgres_url, clock=SystemClock(), jitter=random.Random(1), settings=PATIENT)
    yield database
    await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def twin(request: pytest.FixtureRequest) -> Database:
    """Each kind of database in turn."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def node(sqlite: Database) -> AsyncIterator[testing.RunningNode]:
    """A node on SQLite."""
    async with testing.node(database=sqlite) as node:
        yield node


@pytest.fixture
async def each_node(twin: Database) -> AsyncIterator[testing.RunningNode]:
    """A node on each kind of database in turn."""
    async with testing.node(database=twin) as node:
        yield node


@pytest.fixture
async def lobby(sqlite: Database, features: Sequence[Feature]) -> AsyncIterator[Lobby]:
    """A lobby on SQLite."""
    found = await Lobby.open(features, sqlite)
    yield found
    await found.close()


@pytest.fixture
async def each_lobby(twin: Database, features: Sequence[Feature]) -> AsyncIterator[Lobby]:
    """A lobby on each kind of database in turn."""
    found = await Lobby.open(features, twin)
    yield found
    await found.close()
