"""An issuer, stand-ins of the platforms, and nodes that trust them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.features.identity.issuer import Issuer, serving
from tests.features.identity.platforms import Platforms

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.store import Database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def issuer(clock: ManualClock) -> AsyncIterator[Issuer]:
    """An issuer of id tokens whose clock is the test's."""
    found = Issuer(clock.now_seconds)
    async with serving(found.application()) as found.url:
        yield found


@pytest.fixture
async def platforms(clock: ManualClock) -> AsyncIterator[Platforms]:
    """Stand-ins of Apple, Facebook, Game Center, Google and Steam."""
    found = Platforms(clock.now_seconds)
    async with serving(found.application()) as found.url:
        yield found


@pytest.fixture
async def node(platforms: Platforms, clock: ManualClock) -> AsyncIterator[testing.RunningNode]:
    """A node that trusts the stand-ins."""
    async with testing.node(settings=platforms.settings(), clock=clock) as node:
        yield node


@pytest.fixture
async def each_node(twin: Database, platforms: Platforms, clock: ManualClock) -> AsyncIterator[testing.RunningNode]:
    """The same on each kind of database in turn."""
    async with testing.node(settings=platforms.settings(), clock=clock, database=twin) as node:
        yield node
