"""What all connections of one node share: limits, timers, the router, and who is connected."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from supergame.core.clock import Clock
from supergame.core.ids import Ids
from supergame.core.log import Log
from supergame.core.telemetry import Metrics
from supergame.edge.limits import Address, Addresses, Rate
from supergame.edge.router import Router
from supergame.edge.session import Outbox
from supergame.edge.sessions import Sessions
from supergame.edge.settings import EdgeSettings
from supergame.edge.tokens import Tokens
from supergame.edge.wheel import Timed, Wheel

T = TypeVar("T")


class Connection(Timed, Protocol):
    """A connection as the port sees it: an HTTP one, the socket it became, or a gRPC call under way."""

    def drain(self) -> None:
        """Finish what is under way and end, the node is stopping."""

    def abort(self) -> None:
        """End now."""


class Port:
    """The shared part. Made once per node by `Edge`."""

    def __init__(
        self,
        settings: EdgeSettings,
        *,
        clock: Clock,
        ids: Ids,
        log: Log,
        metrics: Metrics,
        tokens: Tokens,
        sessions: Sessions,
        router: Router,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.ids = ids
        self.log = log
        self.tokens = tokens
        self.sessions = sessions
        self.router = router
        self.wheel = Wheel(clock, log)
        request_rate = Rate(clock, settings.requests_per_second_max, settings.requests_burst_max)
        self.addresses = Addresses(request_rate, settings.addresses_max, settings.trusted_proxies)
        self.message_rate = Rate(clock, settings.messages_per_second_max, settings.messages_burst_max)
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.draining = False
        self.empty = asyncio.Event()
        self.bytes_in = metrics.counter("supergame_received_bytes", "Bytes of requests received.")
        self.limited = metrics.counter("supergame_limited", "Requests and messages refused by a rate limit.")
        self.cut_off = metrics.counter("supergame_cut_off", "Connections ended because they broke a limit.")
        bytes_out = metrics.counter("supergame_sent_bytes", "Bytes of messages sent to sockets.")
        frames_out = metrics.counter("supergame_sent_messages", "Messages sent to sockets.")
        self.outbox = Outbox(
            settings.send_queue_bytes_max, settings.send_queue_messages_max, n_bytes=bytes_out, n_frames=frames_out
        )
        metrics.gauge("supergame_connections", "Open connections.", lambda: len(self.connections))
        metrics.gauge("supergame_sessions", "Open sessions.", lambda: len(sessions))

    def admit(self, connection: Connection, peer: str) -> Address | None:
        """Let a new connection in, or not: None when there are too many in all, or from its address."""
        address = self.addresses.of(peer)
        full = self.draining or len(self.connections) >= self.settings.connections_max
        if not full and not self.addresses.trusts(peer):
            crowded = address.connections >= self.settings.connections_per_address_max
            full = crowded or not address.bucket.take()
        if full:
            self.limited.value += 1
            return None
        address.connections += 1
        self.connections.add(connection)
        self.empty.clear()
        return address

    def replace(self, old: Connection, new: Connection) -> None:
        """A connection has become a socket."""
        self.wheel.cancel(old)
        self.connections.discard(old)
        self.connections.add(new)

    def release(self, connection: Connection, address: Address) -> None:
        """A connection is gone."""
        self.wheel.cancel(connection)
        self.connections.discard(connection)
        address.connections -= 1
        if not self.connections:
            self.empty.set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something to its end, even when the connection it belongs to goes away."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task
