"""One node's worth of accounts: the real service on a real database, with a clock moved by hand."""

from __future__ import annotations

from collections.abc import Sequence

from supergame.bus import MemoryBus, MemoryDirectory
from supergame.core.clock import ManualClock
from supergame.core.config import Config
from supergame.core.feature import Ground
from supergame.core.ids import SeededIds
from supergame.core.log import get_log
from supergame.core.telemetry import Counter, Metrics
from supergame.edge import EdgeSettings, Session
from supergame.edge.server import Edge
from supergame.edge.session import Outbox
from supergame.features.accounts import Accounts, AccountsSettings, Login, feature
from supergame.store import Database, Events, MigrationSet, load_migrations

MIGRATIONS = load_migrations("accounts", "supergame.features.accounts.migrations")
QUICK = AccountsSettings(password_memory_kib=8, password_rounds=1)


class Wire:
    """The far end of a socket: remembers why it was closed."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    def write(self, data: bytes) -> None:
        """Nothing of interest is sent to these sockets."""

    def close(self, code: int, reason: str) -> None:
        self.closed.append(reason)


class House:
    """`await House.open(database)`; several may share a database and a bus, as nodes do."""

    def __init__(
        self,
        database: Database,
        clock: ManualClock | None = None,
        bus: MemoryBus | None = None,
        settings: AccountsSettings = QUICK,
        seed: int = 1,
    ) -> None:
        self.database = database
        self.clock = clock or ManualClock()
        self.bus = bus or MemoryBus()
        self.ids = SeededIds(seed)
        self.events = Events(database, self.clock, self.ids, f"node{seed}")
        edge_settings = EdgeSettings(host="127.0.0.1", port=0, grpc=False)
        log, metrics = get_log(), Metrics()
        self.edge = Edge(edge_settings, clock=self.clock, ids=self.ids, log=log, metrics=metrics)
        self.tokens, self.sessions = self.edge.tokens, self.edge.sessions
        self.accounts = Accounts(
            Ground(
                node=f"node{seed}",
                config=Config({EdgeSettings: edge_settings, AccountsSettings: settings}),
                clock=self.clock,
                ids=self.ids,
                log=log,
                metrics=metrics,
                database=database,
                events=self.events,
                bus=self.bus,
                directory=MemoryDirectory(),
                edge=self.edge,
            )
        )
        for operation, handler in feature.routes.items():
            self.edge.router.add_operation(operation, handler, self.accounts)

    @classmethod
    async def open(
        cls,
        database: Database,
        clock: ManualClock | None = None,
        bus: MemoryBus | None = None,
        settings: AccountsSettings = QUICK,
        seed: int = 1,
        more: Sequence[MigrationSet] = (),
    ) -> House:
        house = cls(database, clock, bus, settings, seed)
        await database.migrate([house.events.migrations, MIGRATIONS, *more])
        house.events.start()
        await house.accounts.start()
        return house

    async def close(self) -> None:
        await self.accounts.stop()
        await self.events.settle()

    async def player(self, name: str) -> Login:
        """An account that logs in with the device `device-of-<name>`."""
        return await self.accounts.authenticate_device(f"device-of-{name}", username=name)

    def connect(self, token: str) -> Wire:
        """Open a socket with a session token, as the edge does."""
        claims = self.tokens.verify(token)
        wire = Wire()
        self.sessions.add(
            Session(
                id=self.ids.session_id(),
                user_id=claims.user_id,
                username=claims.username,
                wire=wire,
                outbox=Outbox(1024, 1024, n_bytes=Counter(), n_frames=Counter()),
                family=claims.family,
                issued_us=claims.issued_us,
            )
        )
        return wire
