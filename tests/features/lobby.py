"""A node without a network: real features on a real database, with sessions whose wire is a list that a test reads.

lobby = await Lobby.open([presence.feature, accounts.feature, chat.feature], database)
alice = await lobby.player("alice")
answer = await alice.ask("channel_join", target="hall")
assert await alice.heard() == [...]
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from supergame.bus import Bus, MemoryBus, MemoryDirectory
from supergame.core.clock import ManualClock
from supergame.core.config import Config, Section
from supergame.core.feature import Feature, Ground
from supergame.core.ids import SeededIds
from supergame.core.log import get_log
from supergame.core.telemetry import Counter, Metrics
from supergame.edge import BINARY, PROTOBUF, EdgeSettings, Request, Router, Session, Sessions, Tokens
from supergame.edge.session import Outbox
from supergame.features.accounts import AccountsSettings
from supergame.protocol.catalogue import ENVELOPE
from supergame.protocol.json import encode
from supergame.protocol.protobuf import builder
from supergame.store import Database, Events, load_migrations

ANSWER_SECONDS_MAX = 10
CHEAP_PASSWORDS = {"accounts.password_memory_kib": 8, "accounts.password_rounds": 1}


class WireEnd:
    """The client's end of a session."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self.session: Session | None = None
        self.closed: tuple[int, str] | None = None
        self.written = asyncio.Event()
        self._bytes = b""

    def write(self, data: bytes) -> None:
        self._bytes += data
        self.written.set()

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)
        assert self.session is not None
        self._sessions.remove_soon(self.session)

    def read(self) -> list[dict[str, Any]]:
        """Every message since the last call, oldest first."""
        data, self._bytes = self._bytes, b""
        found = []
        while data:
            start = {126: 4, 127: 10}.get(data[1], 2)
            size = data[1] if start == 2 else int.from_bytes(data[2:start], "big")
            found.append(_heard(data[0], data[start : start + size]))
            data = data[start + size :]
        return found


def _heard(head: int, payload: bytes) -> dict[str, Any]:
    """What a frame says, as JSON has it in either encoding."""
    if head != BINARY:
        return json.loads(payload)
    cid, name, body = PROTOBUF.split(payload)
    message = {name: json.loads(encode(builder(ENVELOPE[name][1])(body)))} if name else {}
    return message | ({"cid": cid.decode()} if cid else {})


class Player:
    """One session of a user, what it was sent, and what it may ask over HTTP."""

    def __init__(self, lobby: Lobby, session: Session, wire: WireEnd, token: str = "") -> None:
        self.lobby, self.session, self.wire, self.token = lobby, session, wire, token
        self.id, self.username = session.user_id, session.username
        self.presence = {"user_id": session.user_id, "session_id": session.id, "username": session.username}
        """How others see this session."""
        self._inbox: list[dict[str, Any]] = []
        self._asked = 0
        self._handling: asyncio.Future[None] | None = None

    async def heard(self) -> list[dict[str, Any]]:
        """What has come since the last call, once the loop has nothing more to do with it."""
        for _ in range(4):  # events are made in the next turn, and written in the one after
            await asyncio.sleep(0)
        self._inbox += self.wire.read()
        inbox, self._inbox = self._inbox, []
        return inbox

    async def hears(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many messages, and give all that have come."""
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while True:
                self.wire.written.clear()
                self._inbox = await self.heard()
                if len(self._inbox) >= count:
                    return await self.heard()
                await self.wire.written.wait()

    async def ask(self, name: str, **body: Any) -> dict[str, Any]:
        """Send a message and give the answer; what else has come is kept for `heard`."""
        cid = self.tell(name, **body)
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            while True:
                self.wire.written.clear()
                self._inbox = await self.heard()
                for place, message in enumerate(self._inbox):
                    if message.get("cid") == cid:
                        del self._inbox[place]["cid"]
                        return self._inbox.pop(place)
                await self.wire.written.wait()

    def tell(self, name: str, **body: Any) -> str:
        """Send a message without waiting for the answer; gives its cid."""
        self._asked += 1
        cid = str(self._asked)
        waiting = self.lobby.router.receive(self.session, json.dumps({"cid": cid, name: body}).encode())
        if waiting is not None:
            self._handling = asyncio.ensure_future(waiting)
        return cid

    async def http(self, method: str, path: str, **query: Any) -> tuple[int, Any]:
        """Send a request with this player's token; gives status and body."""
        request = Request(
            method,
            path,
            urlencode(query, doseq=True).encode(),
            {b"authorization": f"Bearer {self.token}".encode()},
        )
        answer = self.lobby.router.answer(request)
        if inspect.isawaitable(answer):
            answer = await answer
        return answer.status, json.loads(answer.body)


class Lobby:
    """The sessions of a node, and its services by name."""

    def __init__(
        self,
        database: Database | None = None,
        *,
        bus: Bus | None = None,
        node: str = "node1",
        sections: Iterable[type[Section]] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        kinds = list(dict.fromkeys([EdgeSettings, AccountsSettings, *sections]))
        config = Config.load(kinds, options={**CHEAP_PASSWORDS, **(settings or {})})
        edge_settings = config.section(EdgeSettings)
        self.clock, self.ids = ManualClock(), SeededIds(int(node[-1]), node)
        self.metrics, self.log = Metrics(), get_log(part="test")
        self.bus = bus or MemoryBus()
        self.sessions = Sessions(self.log)
        self.tokens = Tokens(edge_settings, self.clock, self.ids)
        self.tokens.on_revoked(self.sessions.revoked)
        self.router = Router(edge_settings, self.tokens, self.log, self.ids, self.metrics)
        self.services: dict[str, Any] = {}
        self._outbox = Outbox(1_000_000, 10_000, n_bytes=Counter(), n_frames=Counter())
        self.events = Events(database, self.clock, self.ids, node) if database is not None else None
        self.ground = Ground(
            node=node,
            config=config,
            clock=self.clock,
            ids=self.ids,
            log=self.log,
            metrics=self.metrics,
            database=database,
            events=self.events,
            bus=self.bus,
            directory=MemoryDirectory(),
            edge=SimpleNamespace(sessions=self.sessions, tokens=self.tokens, router=self.router),
        )

    @classmethod
    async def open(
        cls,
        features: Sequence[Feature],
        database: Database,
        *,
        bus: Bus | None = None,
        node: str = "node1",
        settings: Mapping[str, Any] | None = None,
    ) -> Lobby:
        """A node with these features, on a database that may be shared with other nodes.

        `settings` are by full name, for these features and the edge: `{"groups.groups_max": 3}`.
        """
        sections = [section for feature in features for section in feature.settings]
        lobby = cls(database, bus=bus, node=node, sections=sections, settings=settings)
        assert lobby.events is not None
        sets = [lobby.events.migrations]
        for feature in features:
            needs = {name: lobby.services[name] for name in feature.needs}
            service = lobby.services[feature.name] = feature.service(lobby.ground, **needs)
            for name, handler in feature.routes.items():
                lobby.router.add_operation(name, handler, service)
            for name, handler in feature.messages.items():
                lobby.router.add_message(name, handler, service)
            for event, method in feature.within.items():
                lobby.events.within(event, getattr(service, method))
            if feature.exports is not None:
                lobby.services["accounts"].add_export(feature.name, getattr(service, feature.exports))
            for event, method in feature.hears.items():
                lobby.events.hear(event, getattr(service, method))
            if feature.migrations:
                sets.append(load_migrations(feature.name, feature.migrations))
        await database.migrate(sets)
        for service in lobby.services.values():
            if hasattr(service, "start"):
                await service.start()
        lobby.events.start()
        return lobby

    async def close(self) -> None:
        """Stop the services."""
        for service in reversed(self.services.values()):
            if hasattr(service, "stop"):
                await service.stop()
        await self.bus.close()

    async def player(self, username: str, **session: Any) -> Player:
        """Somebody logs in, with a new account if need be, and connects."""
        accounts = self.services["accounts"]
        login = await accounts.authenticate_device(f"device-of-{username}", username=username)
        pair = await accounts.begin_session(login)
        return self.enter(username, user_id=login.user_id, token=pair.token, **session)

    def enter(self, username: str, *, user_id: str = "", token: str = "", **session: Any) -> Player:
        """A session opens, for an account or for nobody in particular."""
        wire = WireEnd(self.sessions)
        opened = Session(
            id=self.ids.session_id(),
            user_id=user_id or self.ids.uuid(),
            username=username,
            wire=wire,
            outbox=self._outbox,
            **session,
        )
        wire.session = opened
        self.sessions.add(opened)
        return Player(self, opened, wire, token)
