"""A whole node in memory, players with real clients, and a clock moved by hand: for a game's tests, and our own.

```python
async def test_a_race_needs_two(game):
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        match_id = await node.services.matches.create("race")
        await ann.socket.join_match(match_id)
        await bob.socket.join_match(match_id)
        await node.advance(seconds=3)
        assert node.services.matches.get(match_id).size == 2
```

Everything is real but time and chance: a database, a port on loopback, sockets. The same seed gives the same ids.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from supergame.app import SECTIONS, Node
from supergame.client import Client, Session, Socket
from supergame.core.clock import ManualClock
from supergame.core.config import Config
from supergame.core.ids import SeededIds
from supergame.game import Game, Services
from supergame.game.loading import load_game
from supergame.store import Database
from supergame.store.sqlite import SqliteDatabase

__all__ = ["Player", "RunningNode", "node"]


@dataclass(frozen=True)
class Player:
    """A logged-in player with an open socket."""

    client: Client
    session: Session
    socket: Socket

    @property
    def user_id(self) -> str:
        """The player's account."""
        return self.session.user_id

    @property
    def username(self) -> str:
        """The player's name."""
        return self.session.username


class RunningNode:
    """A started node, and what a test does with it."""

    def __init__(self, node: Node, clock: ManualClock) -> None:
        self.node, self.clock = node, clock
        self._clients: list[Client] = []
        self._sockets: list[Socket] = []

    @property
    def services(self) -> Services:
        """What game code would call."""
        return self.node.services

    @property
    def port(self) -> int:
        """The port on loopback that it listens on."""
        return self.node.port

    def client(self) -> Client:
        """A client of this node; it is closed when the node is."""
        client = Client("127.0.0.1", self.port, clock=self.clock)
        self._clients.append(client)
        return client

    async def player(
        self,
        username: str,
        *,
        status: bool = False,
        reconnect: bool = False,
        encoding: Literal["json", "protobuf"] = "json",
    ) -> Player:
        """Log in a player of that name (made if there is none) and open a socket."""
        client = self.client()
        session = await client.authenticate_device(f"device-of-{username}", username=username)
        socket = await client.connect(session, status=status, reconnect=reconnect, encoding=encoding)
        self._sockets.append(socket)
        return Player(client, session, socket)

    async def advance(self, seconds: float) -> None:
        """Move the clock: timers, ticks and jobs that fall due run in order."""
        await self.clock.advance(seconds)

    async def close(self) -> None:
        """Close the players' connections, then the node."""
        for socket in self._sockets:
            await socket.close()
        for client in self._clients:
            await client.close()
        await self.node.stop()


@asynccontextmanager
async def node(
    game: Game | Path | str | None = None,
    *,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    database: Database | None = None,
    clock: ManualClock | None = None,
) -> AsyncIterator[RunningNode]:
    """Start a node with a game (or the file of one); it is stopped, and forgotten, at the end.

    `settings` are by full name: `{"matchmaker.interval_seconds": 1}`. There is no gRPC unless `edge.grpc` says
    so. Pass `database` and `clock` to start a second node on what a first one left behind.
    """
    clock = clock or ManualClock()
    options = {
        "edge.host": "127.0.0.1",
        "edge.port": 0,
        "edge.grpc": False,
        "edge.grace_seconds": 0,
        **(settings or {}),
    }
    config = Config.load(SECTIONS, options=options)
    if isinstance(game, str | Path):
        game = load_game(Path(game))
    started = Node(
        config,
        database=database or await SqliteDatabase.memory(clock=clock),
        clock=clock,
        ids=SeededIds(seed),
    )
    running = RunningNode(started, clock)
    try:
        await started.start(game)
        yield running
    finally:
        await running.close()
