"""A lobby where players can be told things."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.features.lobby import Lobby

from supergame.core.feature import Feature
from supergame.features import accounts, notifications

FEATURES = (accounts.feature, notifications.feature)


@pytest.fixture
def features() -> Sequence[Feature]:
    return FEATURES


@pytest.fixture
def service(lobby: Lobby) -> notifications.Notifications:
    found: notifications.Notifications = lobby.services["notifications"]
    return found
