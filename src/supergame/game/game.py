"""The value that a game's author fills: what the game adds to the server."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast, overload

from supergame.core.errors import BadInput
from supergame.features import matches
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.storage import StorageIndex, StoredObject
from supergame.game.functions import AuthorFunction, BadGame, RpcFunction
from supergame.game.services import Services
from supergame.protocol.catalogue import MESSAGES, OPERATIONS
from supergame.protocol.operation import EXTENSIONS
from supergame.store.queries import Queries, parse_queries

__all__ = ["BadGame", "Game", "Leaderboard", "Match", "Route", "Schedule", "Static"]

F = TypeVar("F", bound=AuthorFunction)
M = TypeVar("M", bound=type[matches.Match])

EVENTS = ("start", "stop", "session_start", "session_end", "leaderboard_reset", "event")


class Match(matches.Match):
    """An authoritative match with the server's services at hand; see its base for the callbacks."""

    @property
    def services(self) -> Services:
        """Everything the server offers to game code."""
        return cast(Services, self._host.services)


@dataclass(frozen=True)
class Route:
    """An HTTP route of the game's own: `handler(ctx, request) -> Response | str | bytes | JSON`."""

    method: str
    path: str
    handler: AuthorFunction


@dataclass(frozen=True)
class Static:
    """Files the game serves under a prefix."""

    prefix: str
    folder: Path


@dataclass(frozen=True)
class Schedule:
    """A job: every so many seconds, or by a cron expression."""

    name: str
    function: AuthorFunction
    seconds: float | None = None
    cron: str | None = None


@dataclass(frozen=True)
class Leaderboard:
    """A leaderboard the game wants to be there."""

    id: str
    sort: str
    operator: str
    reset: str | None
    authoritative: bool
    metadata: dict[str, Any]


class Game:
    """What a game adds to the server. Its decorators only note things down; `supergame serve` reads them."""

    def __init__(self, name: str = "game", *, folder: Path | str | None = None) -> None:
        self.name = name
        self.folder = Path(folder) if folder is not None else _callers_folder()
        """Where relative paths start: the folder of the file that made this object."""
        self.rpcs: dict[str, RpcFunction] = {}
        self.befores: dict[str, list[AuthorFunction]] = {}
        self.afters: dict[str, list[AuthorFunction]] = {}
        self.matches: dict[str, type[matches.Match]] = {}
        self.routes: list[Route] = []
        self.statics: list[Static] = []
        self.schedules: list[Schedule] = []
        self.listeners: dict[str, list[AuthorFunction]] = {event: [] for event in EVENTS}
        self.leaderboards: dict[str, Leaderboard] = {}
        self.storage_indexes: dict[str, StorageIndex] = {}
        self.migrations_folder: Path | None = None
        self.listeners_within: dict[type, list[AuthorFunction]] = {AccountDeleted: [], AccountMerged: []}
        self.exporters: list[AuthorFunction] = []
        self.matched: Callable[..., Awaitable[str | None] | str | None] | None = None

    # -- functions and hooks ---------------------------------------------------------------------------------

    @overload
    def rpc(self, name: F) -> F: ...

    @overload
    def rpc(self, name: str) -> Callable[[F], F]: ...

    def rpc(self, name: str | F) -> F | Callable[[F], F]:
        """Offer a function to clients: `@game.rpc`, or `@game.rpc("other_name")`.

        The payload is decoded by the second parameter's annotation, the answer encoded by what it is; see
        `supergame.game.functions`. Raise a SupergameError to refuse.
        """
        if not isinstance(name, str):
            self._add_rpc(name.__name__, name)
            return name

        def add(function: F) -> F:
            self._add_rpc(name, function)
            return function

        return add

    def _add_rpc(self, name: str, function: AuthorFunction) -> None:
        name = name.lower()
        if name in self.rpcs:
            raise BadGame(f"There are two rpcs called {name!r}.")
        self.rpcs[name] = RpcFunction.of(name, function)

    def before(self, operation: str) -> Callable[[F], F]:
        """Run `hook(ctx, request)` before an operation (`WriteStorageObjects`) or message (`match_join`).

        Return None to leave the request as it is (you may change it in place), another request to replace it,
        or raise: `Refused("...")` refuses with that text, `Disabled()` says the operation does not exist here.
        """
        return self._hook(self.befores, operation)

    def after(self, operation: str) -> Callable[[F], F]:
        """Run `hook(ctx, request, response)` once the answer is on its way; what it raises is only logged."""
        return self._hook(self.afters, operation)

    def _hook(self, hooks: dict[str, list[AuthorFunction]], operation: str) -> Callable[[F], F]:
        known = OPERATIONS.keys() | MESSAGES.keys()
        if operation not in known:
            near = difflib.get_close_matches(operation, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadGame(f"There is no operation or message called {operation!r}.{hint}")

        def add(function: F) -> F:
            hooks.setdefault(operation, []).append(function)
            return function

        return add

    # -- matches ---------------------------------------------------------------------------------------------

    def match(self, name: str) -> Callable[[M], M]:
        """Offer a `Match` subclass under a name: `services.matches.create(name, params)` starts one."""

        def add(kind: M) -> M:
            if not issubclass(kind, matches.Match):
                raise BadGame(f"Match class {name!r} has to be a subclass of supergame.game.Match.")
            if not 1 <= kind.tick_rate <= matches.TICK_RATE_MAX:
                raise BadGame(f"Match class {name!r}: tick_rate has to be 1 to {matches.TICK_RATE_MAX}.")
            if name in self.matches:
                raise BadGame(f"There are two match classes called {name!r}.")
            self.matches[name] = kind
            return kind

        return add

    def matchmaker_matched(self, function: F) -> F:
        """Let `function(ctx, tickets)` say what matched players get: a match's id, or None for a relayed match."""
        self.matched = function
        return function

    # -- HTTP ------------------------------------------------------------------------------------------------

    def route(self, method: str, path: str) -> Callable[[F], F]:
        """Serve an HTTP route of the game's own (a webhook, a status page): `handler(ctx, request)`."""
        if not path.startswith("/") or path == "/ws" or path.startswith(("/v2/", EXTENSIONS)):
            raise BadGame(
                f"{path!r} cannot be a route of the game: begin with a slash, /ws, /v2/ and /v3/ are the server's."
            )

        def add(function: F) -> F:
            self.routes.append(Route(method.upper(), path, function))
            return function

        return add

    def get(self, path: str) -> Callable[[F], F]:
        """Serve GET requests; see `route`."""
        return self.route("GET", path)

    def post(self, path: str) -> Callable[[F], F]:
        """Serve POST requests; see `route`."""
        return self.route("POST", path)

    def static(self, prefix: str, folder: Path | str) -> None:
        """Serve the files of a folder (relative to the game's file) under a prefix such as "/"."""
        path = self.folder / folder
        if not path.is_dir():
            raise BadGame(f"The static folder {path} does not exist.")
        self.statics.append(Static(prefix, path))

    # -- time and events -------------------------------------------------------------------------------------

    def every(self, seconds: float) -> Callable[[F], F]:
        """Run `job(ctx)` every so many seconds; one run at a time."""

        def add(function: F) -> F:
            return self._schedule(function, Schedule(function.__name__, function, seconds=seconds))

        return add

    def cron(self, expression: str) -> Callable[[F], F]:
        """Run `job(ctx)` by a cron expression in UTC: five fields, six with seconds first, or a name like `@daily`."""

        def add(function: F) -> F:
            return self._schedule(function, Schedule(function.__name__, function, cron=expression))

        return add

    def _schedule(self, function: F, schedule: Schedule) -> F:
        if any(other.name == schedule.name for other in self.schedules):
            raise BadGame(f"There are two jobs called {schedule.name!r}.")
        self.schedules.append(schedule)
        return function

    def on(self, event: str) -> Callable[[F], F]:
        """Hear of `start`, `stop`, `session_start`, `session_end`, `leaderboard_reset` or `event`.

        Each is `listener(ctx)`; a reset also brings the leaderboard: `listener(ctx, leaderboard)`, and an event that
        a client or game code has reported brings a `ReportedEvent`: `listener(ctx, event)`.
        """
        if event not in self.listeners:
            raise BadGame(f"There is no event called {event!r}; there are {', '.join(EVENTS)}.")

        def add(function: F) -> F:
            self.listeners[event].append(function)
            return function

        return add

    def within(self, event: type[AccountDeleted] | type[AccountMerged]) -> Callable[[F], F]:
        """Be part of an account's deletion or merging, for tables of the game's own: `await listener(tx, event)`.

        It runs in the same transaction, so it awaits nothing but `tx`, and what it raises undoes the whole.
        """
        if event not in self.listeners_within:
            raise BadGame(f"A game can be part of AccountDeleted and AccountMerged, not of {event!r}.")

        def add(function: F) -> F:
            self.listeners_within[event].append(function)
            return function

        return add

    def exports(self, function: F) -> F:
        """Add to the archives of players what such tables hold: `await function(tx, user_id)` gives a dict.

        The archive has it in its part `game`.
        """
        self.exporters.append(function)
        return function

    # -- data ------------------------------------------------------------------------------------------------

    def leaderboard(
        self,
        id: str,  # noqa: A002 - what the protocol calls it
        *,
        sort: str = "desc",
        operator: str = "best",
        reset: str | None = None,
        authoritative: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Have a leaderboard, made at the start if it is not there.

        `sort` is asc or desc; `operator` best, set, incr or decr; `reset` a cron expression in UTC. Only game
        code writes to an `authoritative` one.
        """
        self.leaderboards[id] = Leaderboard(id, sort, operator, reset, authoritative, metadata or {})

    def storage_index(
        self,
        name: str,
        collection: str,
        fields: Sequence[str],
        *,
        key: str = "",
        sortable: Sequence[str] = (),
        max_entries: int = 10_000,
        index_only: bool = False,
        accepts: Callable[[StoredObject], bool] | None = None,
    ) -> None:
        """Have a search index over the objects of a collection: `services.storage.index_list(name, query)`.

        See `supergame.features.storage.StorageIndex` for what each of these says.
        """
        if name in self.storage_indexes:
            raise BadGame(f"There are two storage indexes called {name!r}.")
        try:
            self.storage_indexes[name] = StorageIndex(
                name=name,
                collection=collection,
                fields=tuple(fields),
                key=key,
                sortable=tuple(sortable),
                max_entries=max_entries,
                index_only=index_only,
                accepts=accepts,
            )
        except BadInput as error:
            raise BadGame(error.message) from None

    def migrations(self, folder: Path | str) -> None:
        """Have tables of the game's own: a folder of `NNNN_title.sql` files, applied in order at the start."""
        path = self.folder / folder
        if not path.is_dir():
            raise BadGame(f"The migrations folder {path} does not exist.")
        self.migrations_folder = path

    def queries(self, file: Path | str = "queries.sql") -> Queries:
        """Named queries for such tables, from a file beside the game's; `supergame.store.queries` has the form."""
        path = self.folder / file
        if not path.is_file():
            raise BadGame(f"The file of queries {path} does not exist.")
        return parse_queries(path.read_text(encoding="utf-8"), str(path))


def _callers_folder() -> Path:
    frame = sys._getframe(2)
    return Path(frame.f_globals.get("__file__", "game.py")).resolve().parent
