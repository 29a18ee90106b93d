"""Puts a game into a running node, and swaps it for newer code between two turns of the loop.

`prepare` does all that can fail or has to wait; `apply` then changes everything at once, without waiting, or
changes nothing at all.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from supergame.core.errors import SupergameError
from supergame.core.feature import Ground
from supergame.edge import Hooks, RawRoute, Request, Response, Router, Session, StaticFolder
from supergame.features.events import ReportedEvent
from supergame.features.jobs import Job, every, on_cron
from supergame.features.rpc import Function
from supergame.game.context import Context
from supergame.game.functions import AuthorFunction
from supergame.game.game import BadGame, Game, Route, Schedule
from supergame.game.hooks import bind_hooks
from supergame.game.services import Services
from supergame.store import BadSql, Tx, load_migrations_folder


@dataclass(frozen=True)
class _InRouter:
    """What a game has in the edge's router."""

    routes: Sequence[RawRoute] = ()
    statics: Sequence[StaticFolder] = ()
    hooks: Hooks = field(default_factory=Hooks)


class Runtime:
    """The game that a node runs at the moment."""

    def __init__(self, ground: Ground, router: Router, services: Services) -> None:
        self._ground, self._router, self._services = ground, router, services
        self.game = Game("nothing", folder=".")
        self._in_router = _InRouter()
        self._tasks: set[asyncio.Task[None]] = set()
        services.sessions.on_open(self._session_started)
        services.sessions.on_close(self._session_ended)
        services.leaderboards.on_reset(self._leaderboard_reset)
        services.events.listen(self._event_reported)
        for kind in self.game.listeners_within:
            ground.events.within(kind, self._within)
        services.accounts.add_export("game", self._export)

    # -- installing and swapping -----------------------------------------------------------------------------

    async def prepare(self, game: Game) -> Callable[[], None]:
        """Check a game and make what it needs in the database; gives the function that puts it in place.

        Raises a SupergameError that says what does not fit; nothing is changed then. So does the function.
        """
        services = self._services
        functions: dict[str, Function] = {name: rpc.bind(services) for name, rpc in game.rpcs.items()}
        jobs = [self._job(schedule) for schedule in game.schedules]
        described = [rpc.described for rpc in game.rpcs.values()]
        in_router = _InRouter(
            [RawRoute(route.method, route.path, self._route(route)) for route in game.routes],
            [StaticFolder(static.prefix, static.folder) for static in game.statics],
            bind_hooks(game.befores, game.afters, services),
        )
        if game.migrations_folder is not None:
            try:
                migrations = load_migrations_folder(f"game_{game.name}", game.migrations_folder)
            except BadSql as error:
                raise BadGame(f"{error}.") from error
            await self._ground.database.migrate([migrations])
        for board in game.leaderboards.values():
            await services.leaderboards.create(
                board.id,
                sort=board.sort,
                operator=board.operator,
                reset=board.reset,
                authoritative=board.authoritative,
                metadata=board.metadata,
            )
        indexes = await services.storage.indexes.make(game.storage_indexes.values())

        def apply() -> None:
            self._swap(in_router)
            try:
                services.matches.use(game.matches, services)
            except SupergameError:
                self._swap(self._in_router)
                raise
            services.rpc.use(functions)
            services.jobs.use(jobs)
            services.storage.indexes.use(indexes)
            services.matchmaker.use(self._matched(game))
            self._ground.edge.game_operations = described
            self.game, self._in_router = game, in_router

        return apply

    def _swap(self, parts: _InRouter) -> None:
        try:
            self._router.swap(raw=parts.routes, static=parts.statics, hooks=parts.hooks)
        except ValueError as error:
            raise BadGame(f"{error}.") from error

    def _job(self, schedule: Schedule) -> Job:
        def run() -> Any:
            return schedule.function(Context(self._services))

        if schedule.cron is not None:
            return on_cron(schedule.name, schedule.cron, run)
        return every(schedule.name, schedule.seconds or 0.0, run)

    def _route(self, route: Route) -> Callable[[Request], Response | Awaitable[Response]]:
        def handle(request: Request) -> Response | Awaitable[Response]:
            answer = route.handler(Context(self._services, address=request.address, http=request), request)
            return _finish_route(answer) if inspect.isawaitable(answer) else _to_response(answer)

        return handle

    def _matched(self, game: Game) -> Callable[[Any], Any] | None:
        function = game.matched
        if function is None:
            return None
        return lambda tickets: function(Context(self._services), tickets)

    # -- the server's life -----------------------------------------------------------------------------------

    async def announce(self, event: str, *args: Any, ctx: Context | None = None) -> None:
        """Tell the game's listeners of an event; what they raise is logged."""
        for function in self.game.listeners[event]:
            await self._call(event, function, ctx or Context(self._services), *args)

    async def _call(self, event: str, function: AuthorFunction, *args: Any) -> None:
        try:
            answer = function(*args)
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            self._ground.log.exception("a listener of the game failed", game_event=event)

    def _session_started(self, session: Session) -> None:
        self._tell("session_start", session)

    def _session_ended(self, session: Session) -> None:
        self._tell("session_end", session)

    def _tell(self, event: str, session: Session) -> None:
        if self.game.listeners[event]:
            task = asyncio.ensure_future(self.announce(event, ctx=Context.of(self._services, session)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for the listeners that are under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _leaderboard_reset(self, leaderboard: Any) -> None:
        await self.announce("leaderboard_reset", leaderboard)

    async def _within(self, tx: Tx, event: Any) -> None:
        for function in self.game.listeners_within[type(event)]:
            await function(tx, event)

    async def _export(self, tx: Tx, user_id: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        for function in self.game.exporters:
            told |= await function(tx, user_id)
        return told

    async def _event_reported(self, event: ReportedEvent) -> None:
        ctx = Context(self._services, user_id=event.user_id, username=event.username)
        await self.announce("event", event, ctx=ctx)


async def _finish_route(answer: Awaitable[Any]) -> Response:
    return _to_response(await answer)


def _to_response(answer: Any) -> Response:
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, str | bytes):
        return Response(answer)
    if answer is None:
        return Response(b"", 204)
    return Response(msgspec.json.encode(answer), content_type="application/json")
