"""A node in its own process for the tests of one module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.acceptance.platforms import PlatformsBeside
from tests.acceptance.server import Server


@pytest.fixture(scope="module")
def platforms() -> Iterator[PlatformsBeside]:
    """The platforms that players may come from."""
    with PlatformsBeside() as platforms:
        yield platforms


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, platforms: PlatformsBeside) -> Iterator[Server]:
    """A real server with the acceptance game, a matchmaker in a hurry, and tokens that outlive the tests."""
    settings = {
        "matchmaker.interval_seconds": 0.1,
        "edge.token_seconds": 7_200,
        "edge.refresh_token_seconds": 86_400,
        **platforms.settings(),
    }
    with Server(tmp_path_factory.mktemp("node"), settings=settings) as server:
        yield server
