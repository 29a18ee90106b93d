"""A node for each test of the edge."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.edge.wire import Node, running


@pytest.fixture
async def start() -> AsyncIterator[Callable[..., Awaitable[Node]]]:
    """Start a node with some settings: `node = await start(idle_seconds_max=5)`."""
    async with AsyncExitStack() as stack:

        async def start_one(node: Node | None = None, **settings: Any) -> Node:
            return await stack.enter_async_context(running(node or Node(**settings)))

        yield start_one


@pytest.fixture
async def node(start: Callable[..., Awaitable[Node]]) -> Node:
    """A node as it comes."""
    return await start()
