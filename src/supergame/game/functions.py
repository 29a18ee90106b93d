"""Functions of the game as the server calls them: payloads become typed arguments, answers become payloads.

A function is `f(ctx)` or `f(ctx, argument)`. The argument's annotation says what the payload is:

* `str`, or none: the payload as it came; `bytes`: its UTF-8
* a msgspec Struct, dataclass, TypedDict, list, dict, int...: JSON of that shape, checked

What it returns is sent as it is when it is text (or bytes, of UTF-8), as JSON otherwise, and as an empty payload
when it is None.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from supergame.core.errors import BadInput
from supergame.game.context import Context
from supergame.game.services import Services
from supergame.protocol.openapi import Extra
from supergame.protocol.operation import Auth

AuthorFunction = Callable[..., Any]

_UNSAID = (Any, str, bytes, type(None), inspect.Parameter.empty)
"""Annotations that say nothing about the shape of a payload."""


class BadGame(BadInput):
    """The game's code does not fit together."""


@dataclass(frozen=True)
class RpcFunction:
    """One rpc: its id, the author's function, the types of argument and answer (None where there is none)."""

    name: str
    function: AuthorFunction
    argument: Any
    answer: Any
    decode: Callable[[str], Any] | None

    @classmethod
    def of(cls, name: str, function: AuthorFunction) -> RpcFunction:
        """Read the types off the function's signature. Raises BadGame when it cannot be an rpc."""
        where = f"rpc {name!r}"
        try:
            parameters = list(inspect.signature(function).parameters.values())
            hints = typing.get_type_hints(function, include_extras=True)
        except (TypeError, ValueError, NameError) as error:
            raise BadGame(f"{where}: its annotations cannot be read ({error}).") from error
        positional = [
            parameter
            for parameter in parameters
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        ]
        if len(positional) not in (1, 2) or len(positional) != len(parameters):
            raise BadGame(
                f"{where} takes the context and at most one argument, such as `def {name}(ctx, order: Order)`."
            )
        argument = hints.get(positional[1].name, str) if len(positional) == 2 else None
        return cls(name, function, argument, hints.get("return"), _decoder(where, argument))

    def bind(self, services: Services) -> Callable[[Any, str], Awaitable[str] | str]:
        """The form in which the server calls it: (caller, payload) -> payload."""
        function, decode = self.function, self.decode

        def call(caller: Any, payload: str) -> Awaitable[str] | str:
            ctx = Context.of(services, caller)
            answer = function(ctx) if decode is None else function(ctx, decode(payload))
            if isinstance(answer, str):  # asking this first saves asking whether to wait, which takes longer
                return answer
            return _finish(answer) if inspect.isawaitable(answer) else to_payload(answer)

        return call

    @property
    def described(self) -> Extra:
        """How `/openapi.json` shows it: called with `?unwrap`, where body and answer are what they are."""
        return Extra(
            name=f"rpc_{self.name}",
            method="POST",
            path=f"/v2/rpc/{self.name}",
            summary=(inspect.getdoc(self.function) or "").partition("\n\n")[0].replace("\n", " "),
            request=_describable(self.argument),
            response=_describable(self.answer),
            flags=("unwrap",),
            auth=Auth.SESSION_OR_HTTP_KEY,
        )


def _describable(kind: Any) -> Any:
    """The type, if it has a shape that a schema can show."""
    if kind is None or kind in _UNSAID:
        return None
    try:
        msgspec.json.schema_components([kind])
    except (TypeError, RuntimeError):
        return None
    return kind


async def _finish(answer: Awaitable[Any]) -> str:
    return to_payload(await answer)


def to_payload(answer: Any) -> str:
    """Text and bytes as they are, nothing for None, anything else as JSON."""
    if isinstance(answer, str):
        return answer
    if answer is None:
        return ""
    return (answer if isinstance(answer, bytes) else msgspec.json.encode(answer)).decode()


def _decoder(where: str, argument: Any) -> Callable[[str], Any] | None:
    if argument is None:
        return None
    if argument is str:
        return _as_it_is
    if argument is bytes:
        return str.encode
    try:
        decoder = msgspec.json.Decoder(argument)
        msgspec.json.schema_components([argument])  # refuses the classes that no JSON could ever be read as
    except (TypeError, RuntimeError) as error:
        kind = getattr(argument, "__name__", argument)
        raise BadGame(f"{where}: a payload cannot become {kind}; take a msgspec Struct or a dataclass.") from error

    def decode(payload: str) -> Any:
        try:
            return decoder.decode(payload or "{}")
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            raise BadInput(f"Invalid payload: {error}") from None

    return decode


def _as_it_is(payload: str) -> str:
    return payload
