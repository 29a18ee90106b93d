"""The router: what answers which request and which message; the game's part can be swapped while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from supergame.core.errors import SupergameError
from supergame.core.ids import Ids
from supergame.core.log import Log
from supergame.core.telemetry import Metrics
from supergame.edge.calls import After, Call
from supergame.edge.failures import Failures
from supergame.edge.guard import Guard
from supergame.edge.hooks import Hooks
from supergame.edge.operations import Operations, Unary
from supergame.edge.realtime import Messages
from supergame.edge.request import Request, Response
from supergame.edge.routes import Routes, Target
from supergame.edge.session import Session
from supergame.edge.settings import EdgeSettings
from supergame.edge.static import StaticFiles
from supergame.edge.tokens import Tokens
from supergame.protocol.catalogue import MESSAGES, OPERATIONS
from supergame.protocol.operation import Operation, Realtime

RawHandler: TypeAlias = Callable[[Request], Response | Awaitable[Response]]


class RawRoute(NamedTuple):
    """A route of a game's own: `RawRoute("POST", "/hooks/{shop}", handler)`."""

    method: str
    pattern: str
    handler: RawHandler


class StaticFolder(NamedTuple):
    """Files of a game's own: `StaticFolder("/", folder)`."""

    prefix: str
    folder: Path


class _Bound(NamedTuple):
    operation: Operation[Any, Any]
    call: Call


class Router:
    """Every route and message of the node.

    Features add operations and messages when the node is put together. What a game brings (raw routes, files,
    hooks) is set as a whole by `swap`, in one step between two requests.
    """

    def __init__(self, settings: EdgeSettings, tokens: Tokens, log: Log, ids: Ids, metrics: Metrics) -> None:
        self.failures = Failures(log, ids)
        self.after = After(log)
        self.messages = Messages(self.failures, metrics, self.after)
        self._operations = Operations(Guard(settings, tokens), self.failures, metrics, self.after)
        self._bound: dict[str, _Bound] = {}
        self._raw: list[RawRoute] = []
        self._static: list[StaticFolder] = []
        self._game_raw: tuple[RawRoute, ...] = ()
        self._game_static: tuple[StaticFolder, ...] = ()
        self._hooks = Hooks()
        self._routes = Routes()
        self._unary: dict[str, Unary] = {}
        self._files = StaticFiles(settings.static_cache_bytes_max)

    @property
    def operations(self) -> list[Operation[Any, Any]]:
        """The operations that are offered, in the order they were added."""
        return [bound.operation for bound in self._bound.values()]

    def add_operation(self, name: str, handler: Callable[..., Any], service: Any) -> None:
        """Let `handler(service, caller, request)` answer an operation. Raises ValueError for an unknown name."""
        if name not in OPERATIONS:
            raise ValueError(f"The protocol has no operation {name}")
        if name in self._bound:
            raise ValueError(f"{name} has a handler already")
        bound = self._bound[name] = _Bound(OPERATIONS[name], partial(handler, service))
        self._route(self._routes, bound)

    def add_message(self, name: str, handler: Callable[..., Any], service: Any) -> None:
        """Let `handler(service, session, message)` handle a message. Raises ValueError for an unknown name."""
        if name not in MESSAGES:
            raise ValueError(f"The protocol has no message {name}")
        declared: Realtime[Any] = MESSAGES[name]
        self.messages.add(declared, partial(handler, service))

    def add_raw(self, method: str, pattern: str, handler: RawHandler) -> None:
        """Let `handler(request)` answer a route that is not in the protocol."""
        self._routes.add(method, pattern, self._raw_target(handler))
        self._raw.append(RawRoute(method, pattern, handler))

    def add_static(self, prefix: str, folder: Path) -> None:
        """Serve the files of a folder below a path."""
        self._static.append(StaticFolder(prefix, folder))
        self._files.mount((*self._static, *self._game_static))

    def swap(
        self,
        *,
        raw: Sequence[RawRoute] = (),
        static: Sequence[StaticFolder] = (),
        hooks: Hooks | None = None,
    ) -> None:
        """Set the whole of what a game brings, in place of what was set before.

        Raises ValueError for routes that do not fit, and for hooks around what does not exist; nothing has
        changed then.
        """
        hooks = hooks or Hooks()
        for name in (*hooks.before, *hooks.after):
            if name not in OPERATIONS and name not in MESSAGES:
                raise ValueError(f"There is no operation or message called {name} that could have a hook")
        before = self._game_raw, self._game_static, self._hooks
        self._game_raw, self._game_static, self._hooks = tuple(raw), tuple(static), hooks
        try:
            self._build()
        except ValueError:
            self._game_raw, self._game_static, self._hooks = before
            raise
        self.messages.set_hooks(hooks)

    def unary(self, name: str) -> Unary:
        """What answers the gRPC calls of an operation that is offered, made at its first call."""
        found = self._unary.get(name)
        if found is None:
            operation, call = self._bound[name]
            found = self._unary[name] = self._operations.unary(operation, call, self._hooks)
        return found

    def receive(self, session: Session, data: bytes) -> Awaitable[None] | None:
        """Handle one message of a session; what it returns has to be awaited before its next one. Never raises."""
        return self.messages.receiver(session.codec)(session, data)

    def _build(self) -> None:
        routes = Routes()
        for bound in self._bound.values():
            self._route(routes, bound)
        for raw in (*self._raw, *self._game_raw):
            routes.add(raw.method, raw.pattern, self._raw_target(raw.handler))
        self._files.mount((*self._static, *self._game_static))
        self._routes = routes
        self._unary = {}

    def _route(self, routes: Routes, bound: _Bound) -> None:
        for binding in bound.operation.bindings:
            target = self._operations.target(bound.operation, binding, bound.call, self._hooks)
            routes.add(binding.method, binding.path, target)

    def _raw_target(self, handler: RawHandler) -> Target:
        async def finish(request: Request, waiting: Awaitable[Response]) -> Response:
            try:
                return _response(await waiting)
            except Exception as error:
                return self.failures.http(request, error)

        def target(request: Request) -> Response | Awaitable[Response]:
            try:
                answer = handler(request)
                if isinstance(answer, Awaitable):
                    return finish(request, answer)
                return _response(answer)
            except Exception as error:
                return self.failures.http(request, error)

        return target

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        """Answer a request; what it returns may have to be awaited. Never raises."""
        method = request.method
        found = self._routes.find(method, request.path)
        if found is None and method == "HEAD":
            found = self._routes.find("GET", request.path)
        if found is not None:
            target, request.params = found
            return target(request)
        if method in ("GET", "HEAD"):
            file = self._files.find(request)
            if file is not None:
                return file
        return self._nowhere(request)

    def _nowhere(self, request: Request) -> Response:
        methods = self._routes.methods(request.path)
        if methods:
            response = self.failures.http(request, MethodNotAllowed())
            response.status = 405
            response.headers = {"Allow": ", ".join(methods)}
            return response
        if request.path == "/" and request.method in ("GET", "HEAD"):
            return Response()
        return self.failures.http(request, NoSuchRoute())


def _response(answer: object) -> Response:
    if not isinstance(answer, Response):
        raise TypeError(f"A route has to return a Response, not {type(answer).__name__}")
    return answer


class NoSuchRoute(SupergameError):
    """Not Found"""

    code = 5


class MethodNotAllowed(SupergameError):
    """Method Not Allowed"""

    code = 12
