"""Puts a node together: foundations, features in their order, the game, the edge. It alone knows all others."""

from __future__ import annotations

from collections.abc import Sequence
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
        *(
            load_migrations(feature.name, feature.migrations)
            for feature in features
            if feature.migrations
        ),
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
        )
        self._by_name: dict[str, Any] = {}
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

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self.edge.port

    async def start(self, game: Game | None = None) -> None:
        """Bring the database up to date, start the features, put the game in, and open the port last."""
        await self.database.migrate(migration_sets(self.events, self._features))
        for service in self._by_name.values():
            if hasattr(service, "start"):
                await service.start()
        (await self.runtime.prepare(game or Game("nothing", folder=".")))()
        await self.services.matches.resume()
        self.events.deliver()
        await self.runtime.announce("start")
        await self.edge.start()

    async def stop(self) -> None:
        """Let matches save themselves, tell the clients, finish what was begun, and let go of everything."""
        await self.runtime.announce("stop")
        await self.services.matches.drain()
        await self.edge.stop()
        for service in reversed(self._by_name.values()):
            if hasattr(service, "stop"):
                await service.stop()
        await self.runtime.drain()
        await self.events.settle()
        await self.bus.close()
        await self.database.close()
