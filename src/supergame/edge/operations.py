"""The operations of the protocol over HTTP: from the declaration to a target that a route can hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from supergame.core.errors import BadInput
from supergame.core.telemetry import Metrics
from supergame.edge.calls import After, Call, with_hooks
from supergame.edge.failures import Failures
from supergame.edge.guard import Guard
from supergame.edge.hooks import Hooks
from supergame.edge.request import Request, Response
from supergame.edge.routes import Target
from supergame.protocol.json import encode
from supergame.protocol.operation import Auth, Binding, Operation
from supergame.protocol.rpc import Rpc

JSON_TYPE = "application/json"


class Operations:
    """Makes targets of operations, with the game's hooks around the handlers."""

    def __init__(self, guard: Guard, failures: Failures, metrics: Metrics, after: After) -> None:
        self._guard = guard
        self._failures = failures
        self._metrics = metrics
        self._after = after

    def target(self, operation: Operation[Any, Any], binding: Binding, call: Call, hooks: Hooks) -> Target:
        """The target of one binding of an operation."""
        hooked = with_hooks(call, *hooks.of(operation.name), self._after)
        if operation.response is Rpc:
            return self._target(operation, _rpc_reader(operation, binding), hooked, _rpc_answer)
        decode = operation.decoder(binding)
        return self._target(
            operation, lambda request: decode(request.params, request.query, request.body), hooked, _answer
        )

    def _target(
        self,
        operation: Operation[Any, Any],
        read: Callable[[Request], Any],
        call: Call,
        render: Callable[[Request, Any], Response],
    ) -> Target:
        count = self._metrics.counter("supergame_requests", "HTTP requests.", "operation", operation.name)
        failed = self._metrics.counter(
            "supergame_requests_failed", "HTTP requests answered with an error.", "operation", operation.name
        )
        seconds = self._metrics.histogram(
            "supergame_request_seconds", "Time to answer a request, waiting included.", "operation", operation.name
        )
        authenticate = self._guard.of(operation.auth)
        rpc = operation.auth is Auth.SESSION_OR_HTTP_KEY
        failures = self._failures
        answer_type = operation.response

        def refuse(request: Request, error: Exception) -> Response:
            failed.value += 1
            return failures.http(request, error, rpc=rpc)

        async def finish(request: Request, waiting: Awaitable[Any], began: float) -> Response:
            try:
                return render(request, await waiting)
            except Exception as error:
                return refuse(request, error)
            finally:
                seconds.observe(perf_counter() - began)

        def target(request: Request) -> Response | Awaitable[Response]:
            count.value += 1
            began = perf_counter()
            try:
                caller = authenticate(request)
                answer = call(caller, read(request))
                if answer is not None and answer.__class__ is not answer_type and hasattr(answer, "__await__"):
                    return finish(request, answer, began)
                response = render(request, answer)
            except Exception as error:
                response = refuse(request, error)
            seconds.observe(perf_counter() - began)
            return response

        return target


def _answer(request: Request, answer: Any) -> Response:
    return Response(b"{}" if answer is None else encode(answer), 200, JSON_TYPE)


def _rpc_reader(operation: Operation[Any, Any], binding: Binding) -> Callable[[Request], Any]:
    """Rpcs take their payload as a JSON string, or with `?unwrap` the body as it is; GET brings none."""
    decode = operation.decoder(binding)

    def read(request: Request) -> Any:
        if binding.body is not None and b"unwrap" in request.query and "unwrap" in request.query_params:
            try:
                return Rpc(request.params["id"], request.body.decode())
            except UnicodeDecodeError:
                raise BadInput("The body is not UTF-8") from None
        return decode(request.params, request.query, request.body)

    return read


def _rpc_answer(request: Request, answer: Any) -> Response:
    payload = answer.payload if answer is not None else ""
    if b"unwrap" in request.query and "unwrap" in request.query_params:
        return Response(payload, 200, request.headers.get("content-type") or JSON_TYPE)
    return Response(b'{"payload":%b}' % encode(payload), 200, JSON_TYPE)  # said even when it is empty
