"""A game with one match class, and a node that runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.features.matches.recorder import Recorder

from supergame import testing
from supergame.game import Game


@pytest.fixture
def game() -> Game:
    game = Game("test", folder=Path(__file__).parent)
    game.match("recorder")(Recorder)
    return game


@pytest.fixture
async def node(game: Game) -> AsyncIterator[testing.RunningNode]:
    async with testing.node(game) as node:
        yield node
