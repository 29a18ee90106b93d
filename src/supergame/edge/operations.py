"""The operations of the protocol over HTTP and gRPC: from the declaration to what answers a request.

Whichever way a request comes, the same happens to it: it is counted, its caller is looked at, the game's hooks run
around the handler. The ways differ in how a request is read and an answer or an error is written.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlencode

from supergame.core.errors import BadInput
from supergame.core.telemetry import Metrics
from supergame.edge.calls import After, Call, with_hooks
from supergame.edge.failures import Failures, Refusal
from supergame.edge.guard import Authenticate, Guard
from supergame.edge.hooks import Hooks
from supergame.edge.request import Caller, Request, Response
from supergame.edge.routes import Target
from supergame.protocol import protobuf
from supergame.protocol.json import encode
from supergame.protocol.operation import Auth, Binding, Operation
from supergame.protocol.rpc import Rpc
from supergame.protocol.types import Empty, Message

JSON_TYPE = "application/json"

A = TypeVar("A")
Reply: TypeAlias = bytes | Refusal
"""What a gRPC call is answered with."""
Unary: TypeAlias = Callable[[Request], Reply | Awaitable[Reply]]
"""Answers the gRPC calls of one operation; never raises."""


class Operations:
    """Makes answers of operations, with the game's hooks around the handlers."""

    def __init__(self, guard: Guard, failures: Failures, metrics: Metrics, after: After) -> None:
        self._guard = guard
        self._failures = failures
        self._metrics = metrics
        self._after = after

    def target(self, operation: Operation[Any, Any], binding: Binding, call: Call, hooks: Hooks) -> Target:
        """What answers the requests that come to one binding of an operation."""
        authenticate, failures = self._guard.of(operation.auth), self._failures
        if operation.response is Rpc:
            return self._answers(
                operation,
                authenticate,
                _rpc_reader(operation, binding),
                self._hooked(operation, call, hooks),
                _rpc_answer,
                lambda request, error: failures.http(request, error, rpc=True),
            )
        decode = operation.decoder(binding)
        return self._answers(
            operation,
            authenticate,
            lambda request: decode(request.params, request.query, request.body),
            self._hooked(operation, call, hooks),
            _answer,
            failures.http,
        )

    def unary(self, operation: Operation[Any, Any], call: Call, hooks: Hooks) -> Unary:
        """What answers the gRPC calls of an operation: a `Request` whose body is the message in protobuf."""
        message: type[Message] = operation.request
        decode = protobuf.decoder(message)
        authenticate = self._guard.of(operation.auth)
        if operation.auth is Auth.SESSION_OR_HTTP_KEY:
            authenticate = _with_http_key(decode, authenticate)
        return self._answers(
            operation,
            authenticate,
            lambda request: decode(request.body),
            self._hooked(operation, call, hooks),
            _packed,
            self._failures.grpc,
        )

    def _hooked(self, operation: Operation[Any, Any], call: Call, hooks: Hooks) -> Call:
        return with_hooks(call, *hooks.of(operation.name), self._after)

    def _answers(
        self,
        operation: Operation[Any, Any],
        authenticate: Authenticate,
        read: Callable[[Request], Any],
        call: Call,
        render: Callable[[Request, Any], A],
        fail: Callable[[Request, Exception], A],
    ) -> Callable[[Request], A | Awaitable[A]]:
        count = self._metrics.counter("supergame_requests", "Requests and gRPC calls.", "operation", operation.name)
        failed = self._metrics.counter(
            "supergame_requests_failed", "Those answered with an error.", "operation", operation.name
        )
        seconds = self._metrics.histogram(
            "supergame_request_seconds", "Time to answer a request, waiting included.", "operation", operation.name
        )
        answer_type = operation.response

        def refuse(request: Request, error: Exception) -> A:
            failed.value += 1
            return fail(request, error)

        async def finish(request: Request, waiting: Awaitable[Any], began: float) -> A:
            try:
                return render(request, await waiting)
            except Exception as error:
                return refuse(request, error)
            finally:
                seconds.observe(perf_counter() - began)

        def answers(request: Request) -> A | Awaitable[A]:
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

        return answers


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


def _packed(request: Request, answer: Any) -> Reply:
    return protobuf.encode(_EMPTY if answer is None else answer)


_EMPTY = Empty()


def _with_http_key(decode: Callable[[bytes], Any], authenticate: Authenticate) -> Authenticate:
    """The key that HTTP has in the query string is a field of the message here."""

    def check(request: Request) -> Caller:
        key = decode(request.body).http_key
        if key:
            request.query = urlencode({"http_key": key}).encode()
        return authenticate(request)

    return check
