"""The player about whom everything is held, on a database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.features.privacy.holdings import Story, told

from supergame.store import Database


@pytest.fixture
async def story(sqlite: Database) -> AsyncIterator[Story]:
    async with told(sqlite) as story:
        yield story


@pytest.fixture
async def each_story(twin: Database) -> AsyncIterator[Story]:
    async with told(twin) as story:
        yield story
