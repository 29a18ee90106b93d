"""The HTTP operation by which clients report events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from supergame.edge import Caller
from supergame.features.events.service import CustomEvents
from supergame.protocol.events import Event


def report(service: CustomEvents, caller: Caller, request: Event) -> None:
    """Report an event; that it comes from a client is for the server to say."""
    service.report(caller, request.name, request.properties, request.timestamp)


ROUTES: Final[Mapping[str, Callable[..., Any]]] = {"Event": report}
