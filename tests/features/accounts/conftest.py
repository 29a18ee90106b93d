"""Accounts on a database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.features.accounts.house import House

from supergame.features.accounts import Accounts
from supergame.store import Database


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
