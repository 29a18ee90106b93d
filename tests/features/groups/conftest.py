"""A lobby where players can make groups and talk in them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.features.lobby import Lobby

from supergame.core.feature import Feature
from supergame.features import accounts, chat, friends, groups, notifications, presence

FEATURES = (
    presence.feature,
    accounts.feature,
    notifications.feature,
    friends.feature,
    chat.feature,
    groups.feature,
)


@pytest.fixture
def features() -> Sequence[Feature]:
    return FEATURES


@pytest.fixture
def service(lobby: Lobby) -> groups.Groups:
    found: groups.Groups = lobby.services["groups"]
    return found


@pytest.fixture
def each_service(each_lobby: Lobby) -> groups.Groups:
    found: groups.Groups = each_lobby.services["groups"]
    return found
