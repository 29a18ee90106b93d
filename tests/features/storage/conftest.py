"""Storage in a whole node, on a database of each kind."""

from __future__ import annotations

import pytest

from supergame import testing
from supergame.features.storage import Storage

ALICE = "aaaaaaaa-0000-4000-8000-000000000000"
BOB = "bbbbbbbb-0000-4000-8000-000000000000"


@pytest.fixture
def alice() -> str:
    return ALICE


@pytest.fixture
def bob() -> str:
    return BOB


@pytest.fixture
def storage(node: testing.RunningNode) -> Storage:
    return node.services.storage


@pytest.fixture
def each_storage(each_node: testing.RunningNode) -> Storage:
    return each_node.services.storage
