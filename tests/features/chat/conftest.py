"""A lobby where players can talk."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.features.lobby import Lobby

from supergame.features import accounts, chat, notifications, presence
from supergame.store import Database

FEATURES = (presence.feature, accounts.feature, notifications.feature, chat.feature)


@pytest.fixture
async def lobby(sqlite: Database) -> AsyncIterator[Lobby]:
    found = await Lobby.open(FEATURES, sqlite)
    yield found
    await found.close()


@pytest.fixture
async def each_lobby(twin: Database) -> AsyncIterator[Lobby]:
    """A lobby on each kind of database in turn."""
    found = await Lobby.open(FEATURES, twin)
    yield found
    await found.close()


@pytest.fixture
def service(lobby: Lobby) -> chat.Chat:
    found: chat.Chat = lobby.services["chat"]
    return found
