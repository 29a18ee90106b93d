"""Leaderboards in a whole node, on a database of each kind."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from supergame import testing
from supergame.core.clock import SystemClock
from supergame.features.leaderboards import Leaderboards
from supergame.store import Database
from supergame.store.postgres import PostgresDatabase
from supergame.store.sqlite import SqliteDatabase

Reopen = Callable[[], Awaitable[Database]]


@pytest.fixture
def leaderboards(node: testing.RunningNode) -> Leaderboards:
    return node.services.leaderboards


@pytest.fixture
def each_leaderboards(each_node: testing.RunningNode) -> Leaderboards:
    return each_node.services.leaderboards


@pytest.fixture(params=["sqlite", "postgres"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """Opens a database of each kind, again and again the same, as a node does that starts anew."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""

    async def open_again() -> Database:
        if url:
            return await PostgresDatabase.open(url, clock=SystemClock(), jitter=random.Random(1))
        return await SqliteDatabase.open(tmp_path / "data.db", clock=SystemClock())

    return open_again
