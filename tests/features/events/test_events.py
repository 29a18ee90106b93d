"""Events: reported by clients and game code, told to the game's listeners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tests.features.lobby import Lobby

from supergame import testing
from supergame.client import RequestFailed
from supergame.core.errors import BadInput, TooMany
from supergame.features import events
from supergame.features.events import NAME_BYTES_MAX, PROPERTIES_BYTES_MAX, CustomEvents, ReportedEvent
from supergame.game import Context, Game
from supergame.protocol.events import Event
from supergame.protocol.types import Empty
from supergame.store import Database


@pytest.fixture
async def lobby(sqlite: Database) -> AsyncIterator[Lobby]:
    found = await Lobby.open([events.feature], sqlite, settings={"events.waiting_bytes_max": 400})
    yield found
    await found.close()


async def test_a_clients_event_reaches_the_game() -> None:
    game, heard = Game("events", folder="."), []

    @game.on("event")
    async def note(ctx: Context, event: ReportedEvent) -> None:
        heard.append((ctx.username, event.name, event.properties, event.time, event.external))

    @game.on("event")
    def fail(ctx: Context, event: ReportedEvent) -> None:
        raise RuntimeError("a deliberate mistake")

    async with testing.node(game) as node:
        ann = await node.player("ann")
        time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        request = Event("level_done", {"level": "3"}, time)
        await ann.client.call("Event", request, Empty, ann.session)
        node.services.events.send("season_over")
        await node.services.events.settle()
        now = datetime.fromtimestamp(node.clock.now_seconds(), UTC)
        assert heard == [("ann", "level_done", {"level": "3"}, time, True), ("", "season_over", {}, now, False)]


async def test_an_event_needs_a_name_and_a_decent_size() -> None:
    async with testing.node() as node:
        ann = await node.player("ann")
        for event in (Event(), Event("n" * (NAME_BYTES_MAX + 1)), Event("big", {"p": "v" * PROPERTIES_BYTES_MAX})):
            with pytest.raises(RequestFailed) as refused:
                await ann.client.call("Event", event, Empty, ann.session)
            assert refused.value.code == BadInput.code


async def test_without_a_listener_events_only_count(lobby: Lobby) -> None:
    service: CustomEvents = lobby.services["events"]
    for _ in range(10):
        service.send("unheard")
    assert "supergame_events_total 10.0" in lobby.metrics.render().decode()
    assert "supergame_events_waiting 0.0" in lobby.metrics.render().decode()


async def test_what_cannot_wait_is_refused_and_the_rest_told_before_the_end(lobby: Lobby) -> None:
    service: CustomEvents = lobby.services["events"]
    told: list[str] = []
    begin = asyncio.Event()

    async def listen(event: ReportedEvent) -> None:
        await begin.wait()
        told.append(event.name)

    service.listen(listen)
    service.send("one", {"at": "x" * 50})
    service.send("two", {"at": "x" * 50})
    with pytest.raises(TooMany) as refused:
        service.send("three")
    assert refused.value.retry_seconds == 1
    begin.set()
    await service.stop()
    assert told == ["one", "two"]


async def test_a_player_may_report_only_so_many() -> None:
    async with testing.node(settings={"events.burst_max": 2, "events.per_second_max": 0.5}) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        for player in (ann, bob, ann):
            await player.client.call("Event", Event("tick"), Empty, player.session)
        with pytest.raises(RequestFailed, match="Too many events") as refused:
            await ann.client.call("Event", Event("tick"), Empty, ann.session)
        assert refused.value.code == TooMany.code
