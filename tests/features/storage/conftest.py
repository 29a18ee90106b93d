"""Storage in a whole node, on a database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from supergame import testing
from supergame.features.storage import Storage
from supergame.store import Database

ALICE = "aaaaaaaa-0000-4000-8000-000000000000"
BOB = "bbbbbbbb-0000-4000-8000-000000000000"


@pytest.fixture
def alice() -> str:
    return ALICE


@pytest.fixture
def bob() -> str:
    return BOB


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
def storage(node: testing.RunningNode) -> Storage:
    return node.services.storage


@pytest.fixture
def each_storage(each_node: testing.RunningNode) -> Storage:
    return each_node.services.storage
