"""A whole node in memory that somebody means harm to, and a player who must not notice."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.acceptance.server import GAME
from tests.store.postgres_server import postgres_server, postgres_url

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.protocol.chat import ChannelMessage
from supergame.store import Database
from supergame.store.postgres import PostgresDatabase
from supergame.testing import Player, RunningNode

__all__ = ["postgres_server", "postgres_url"]

SETTINGS = {"edge.requests_per_second_max": 0, "edge.messages_per_second_max": 0}
"""The limits on how much is sent would hide what is sent."""


@pytest.fixture
async def complaints() -> AsyncIterator[list[str]]:
    """What goes wrong inside: lines logged as errors, and what nobody caught. It has to stay empty."""
    found: list[str] = []

    def uncaught(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        found.append(context["message"] + ("" if error is None else "".join(traceback.format_exception(error))))

    asyncio.get_running_loop().set_exception_handler(uncaught)
    with capture_logs() as logged:
        yield found
    for line in logged:
        if line["log_level"] in ("error", "critical"):
            error = line.get("exc_info")
            trace = "".join(traceback.format_exception(error)) if isinstance(error, BaseException) else ""
            found.append(f"{line}\n{trace}")
    assert found == []


@pytest.fixture
def twin() -> str:
    """The kind of database below the node; a test may ask for the other by parametrizing."""
    return "sqlite"


@pytest.fixture
async def postgres(postgres_url: str, clock: ManualClock) -> PostgresDatabase:
    return await PostgresDatabase.open(postgres_url, clock=clock, jitter=random.Random(1))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(request: pytest.FixtureRequest, twin: str) -> Database | None:
    """The database of the node, which closes it; None is SQLite in memory."""
    return None if twin == "sqlite" else request.getfixturevalue(twin)


@pytest.fixture
async def node(complaints: list[str], database: Database | None, clock: ManualClock) -> AsyncIterator[RunningNode]:
    async with testing.node(GAME, settings=SETTINGS, database=database, clock=clock) as node:
        yield node


@pytest.fixture
async def ann(node: RunningNode) -> AsyncIterator[Player]:
    """A player beside the harm: connected before it, and at the end still there and served."""
    ann = await node.player("ann", status=True)
    channel = await ann.socket.join_chat("lobby")
    session_id = next(iter(node.services.sessions.of_user(ann.user_id))).id
    yield ann
    assert next(iter(node.services.sessions.of_user(ann.user_id))).id == session_id
    ack = await ann.socket.send_chat(channel.id, {"text": "still here"})
    while (await ann.socket.next(ChannelMessage)).message_id != ack.message_id:
        pass
    await ann.client.write_object(ann.session, "bag", "gold", {"coins": 7})
    stored = await ann.client.read_object(ann.session, "bag", "gold")
    assert stored is not None
    assert stored.value == '{"coins":7}'


@pytest.fixture(params=[1, 2, 3])
def seed(request: pytest.FixtureRequest) -> int:
    """Each seed is another run of the same test."""
    return int(request.param)
