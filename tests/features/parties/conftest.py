"""A lobby where players can gather in parties, with other settings where a test wants them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest
from tests.features.lobby import Lobby, Player

from supergame.core.feature import Feature
from supergame.features import accounts, matches, matchmaker, parties, presence
from supergame.store import Database

FEATURES = (presence.feature, accounts.feature, matches.feature, matchmaker.feature, parties.feature)

OpenLobby = Callable[..., Awaitable[Lobby]]


@pytest.fixture
def features() -> Sequence[Feature]:
    return FEATURES


@pytest.fixture
def service(lobby: Lobby) -> parties.Parties:
    found: parties.Parties = lobby.services["parties"]
    return found


@pytest.fixture
def ann(lobby: Lobby) -> Player:
    return lobby.enter("ann")


@pytest.fixture
def bob(lobby: Lobby) -> Player:
    return lobby.enter("bob")


@pytest.fixture
def cat(lobby: Lobby) -> Player:
    return lobby.enter("cat")


@pytest.fixture
async def lobby_with(sqlite: Database) -> AsyncIterator[OpenLobby]:
    """Opens lobbies with settings of `parties`, given by name."""
    opened: list[Lobby] = []

    async def lobby_with(**settings: Any) -> Lobby:
        named = {f"parties.{name}": value for name, value in settings.items()}
        opened.append(await Lobby.open(FEATURES, sqlite, settings=named))
        return opened[-1]

    yield lobby_with
    for lobby in opened:
        await lobby.close()
