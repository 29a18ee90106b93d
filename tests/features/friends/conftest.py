"""A lobby where players can make friends."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.features.lobby import Lobby

from supergame.core.feature import Feature
from supergame.features import accounts, friends, notifications

FEATURES = (accounts.feature, notifications.feature, friends.feature)


@pytest.fixture
def features() -> Sequence[Feature]:
    return FEATURES


@pytest.fixture
def service(lobby: Lobby) -> friends.Friends:
    found: friends.Friends = lobby.services["friends"]
    return found
