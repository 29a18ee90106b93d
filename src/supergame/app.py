"""Puts a node together: foundations, features in their order, the game, the edge. It alone knows all others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from supergame import __version__
from supergame.bus import Bus, Directory, MemoryBus, MemoryDirectory
from supergame.console import ConsoleSettings, Players
from supergame.core.clock import Clock, SystemClock
from supergame.core.config import Config, Section, setting
from supergame.core.feature import Feature, Ground
from supergame.core.ids import Ids, RandomIds
from supergame.core.log import get_log
from supergame.core.telemetry import Metrics
from supergame.edge import Edge, EdgeSettings
from supergame.features import FEATURES
from supergame.game import Game, Services
from supergame.game.runtime import Runtime
from supergame.store import Database, Events, MigrationSet, StoreSettings, load_migrations, open_database

__all__ = ["SECTIONS", "Node", "NodeSettings", "migration_sets"]

PART_STOP_SECONDS_MAX = 5.0  # what a part of the node gets to stop, beyond the grace of matches and clients


@dataclass(frozen=True)
class NodeSettings(Section):
    """The node itself."""

    section: ClassVar[str] = "node"

    name: str = setting("supergame", "Name of this node; part of the ids of what it owns, so it never changes.")
    data: str = setting("data", "Folder for the database and the keys.")
    log_level: str = setting(
        "info", "Least important lines that are logged.", choices=("debug", "info", "warning", "error")
    )
    log_form: str = setting("auto", "How lines are logged.", choices=("auto", "console", "json"))


SECTIONS: Sequence[type[Section]] = (
    NodeSettings,
    EdgeSettings,
    StoreSettings,
    ConsoleSettings,
    *(section for feature in FEATURES for section in feature.settings),
)
"""Every section of settings there is."""


def migration_sets(events: Events, features: Sequence[Feature] = FEATURES) -> list[MigrationSet]:
    """The tables of the outbox and of every feature, in order."""
    return [
        events.migrations,
        *(load_migrations(feature.name, feature.migrations) for feature in features if feature.migrations),
    ]


class Node:
    """One server process: `await node.start()`, `node.port`, `await node.stop()`."""

    def __init__(
        self,
        config: Config,
        *,
        database: Database,
        clock: Clock | None = None,
        ids: Ids | None = None,
        bus: Bus | None = None,
        directory: Directory | None = None,
        features: Sequence[Feature] = FEATURES,
    ) -> None:
        self.config = config
        name = config.section(NodeSettings).name
        self.clock: Clock = clock or SystemClock()
        self.ids: Ids = ids or RandomIds(name)
        self.bus: Bus = bus or MemoryBus()
        self.database = database
        self.metrics = Metrics()
        self.log = get_log(node=name)
        self.events = Events(database, self.clock, self.ids, name)
        self.edge = Edge(
            config.section(EdgeSettings),
            clock=self.clock,
            ids=self.ids,
            log=self.log,
            metrics=self.metrics,
            version=__version__,
        )
        self._features = features
        ground = Ground(
            node=name,
            config=config,
            clock=self.clock,
            ids=self.ids,
            log=self.log,
            metrics=self.metrics,
            database=database,
            events=self.events,
            bus=self.bus,
            directory=directory or MemoryDirectory(),
            edge=self.edge,
            data=Path(config.section(NodeSettings).data),
        )
        self._by_name: dict[str, Any] = {}
        self._started: list[tuple[str, Any]] = []
        self._announced = self._stopped = False
        for feature in features:
            self._add(feature, ground)
        self.services = Services(
            **self._by_name,
            bus=self.bus,
            clock=self.clock,
            config=config,
            database=database,
            ids=self.ids,
            metrics=self.metrics,
            sessions=self.edge.sessions,
        )
        key = config.section(ConsoleSettings).key
        Players(key, self.services.accounts, self.edge.sessions, self.log).add_to(self.edge.router)
        self.runtime = Runtime(ground, self.edge.router, self.services)

    @classmethod
    async def open(cls, config: Config) -> Node:
        """A node on the database that the settings name. Raises InUse where another node runs on it."""
        settings = config.section(NodeSettings)
        clock, ids = SystemClock(), RandomIds(settings.name)
        database = await open_database(config.section(StoreSettings), Path(settings.data), clock=clock, ids=ids)
        return cls(config, database=database, clock=clock, ids=ids)

    def _add(self, feature: Feature, ground: Ground) -> None:
        needs = {name: self._by_name[name] for name in feature.needs}
        service = self._by_name[feature.name] = feature.service(ground, **needs)
        for operation, handler in feature.routes.items():
            self.edge.router.add_operation(operation, handler, service)
        for message, handler in feature.messages.items():
            self.edge.router.add_message(message, handler, service)
        for event, method in feature.within.items():
            self.events.within(event, getattr(service, method))
        for event, method in feature.hears.items():
            self.events.hear(event, getattr(service, method))
        if feature.exports is not None:
            self._by_name["accounts"].add_export(feature.name, getattr(service, feature.exports))

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.edge.port

    async def start(self, game: Game | None = None) -> None:
        """Bring the database up to date, start the features, put the game in, and open the port last.

        When any of that fails, what was begun is stopped again, the database is closed, and the error goes on.
        """
        try:
            await self.database.migrate(migration_sets(self.events, self._features))
            for name, service in self._by_name.items():
                self._started.append((name, service))
                if hasattr(service, "start"):
                    await service.start()
            (await self.runtime.prepare(game or Game("nothing", folder=".")))()
            await self.services.matches.resume()
            self.events.start()
            await self.runtime.announce("start")
            self._announced = True
            await self.edge.start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take no new connections, let matches save themselves, tell the clients, and finish what was begun.

        Matches and clients get `edge.grace_seconds`, clients at least half of it; a login that is under way is still
        answered. Then everything is let go of; what fails or hangs meanwhile is logged. Stopping twice is stopping
        once.
        """
        if self._stopped:
            return
        self._stopped = True
        grace_seconds = self.config.section(EdgeSettings).grace_seconds
        deadline = self.clock.monotonic() + grace_seconds
        self.edge.close_door()
        if self._announced:
            await self._end("the game", self.runtime.announce("stop"))
        await self._end("matches", self.services.matches.drain(), 2 * grace_seconds)
        left_seconds = max(grace_seconds / 2, deadline - self.clock.monotonic())
        await self._end("edge", self.edge.stop(left_seconds), left_seconds)
        for name, service in reversed(self._started):
            if hasattr(service, "stop"):
                await self._end(name, service.stop())
        await self._end("the game", self.runtime.drain())
        await self._end("events", self.events.stop())
        await self._end("bus", self.bus.close())
        await self.database.close()

    async def _end(self, part: str, work: Awaitable[object], seconds: float = 0.0) -> None:
        """Wait for a part of the node to end, `seconds` and PART_STOP_SECONDS_MAX at most; the rest ends regardless."""
        try:
            async with asyncio.timeout(seconds + PART_STOP_SECONDS_MAX):
                await work
        except TimeoutError:
            self.log.error("did not stop in time", part=part)
        except Exception:
            self.log.exception("could not be stopped properly", part=part)
