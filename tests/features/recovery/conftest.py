"""A node whose letters go into a folder, on a database of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.features.recovery.desk import Desk

from supergame.store import Database


@pytest.fixture
async def desk(sqlite: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with Desk.open(sqlite, tmp_path / "letters") as desk:
        yield desk


@pytest.fixture
async def each_desk(twin: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with Desk.open(twin, tmp_path / "letters") as desk:
        yield desk
