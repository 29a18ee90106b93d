"""A lobby where players can talk."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.features.lobby import Lobby

from supergame.core.feature import Feature
from supergame.features import accounts, chat, friends, notifications, presence

FEATURES = (presence.feature, accounts.feature, notifications.feature, friends.feature, chat.feature)


@pytest.fixture
def features() -> Sequence[Feature]:
    return FEATURES


@pytest.fixture
def service(lobby: Lobby) -> chat.Chat:
    found: chat.Chat = lobby.services["chat"]
    return found
