"""What a capability brings to the server: one value, read once when a node is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from supergame.core.clock import Clock
from supergame.core.config import Config, Section
from supergame.core.ids import Ids
from supergame.core.log import Log
from supergame.core.telemetry import Metrics


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every service stands on. From `database` on, the types are known where they are used."""

    node: str
    config: Config
    clock: Clock
    ids: Ids
    log: Log
    metrics: Metrics
    database: Any
    events: Any
    bus: Any
    directory: Any
    edge: Any
    data: Path = Path("data")
    """The folder that the node may keep files in; it need not exist yet."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One capability.

    * `service(ground, **needs)` makes its service; `needs` name features before it in the list.
    * `routes`: HTTP operation's name -> handler(service, caller, request).
    * `messages`: realtime message's name -> handler(service, session, message).
    * `hears`: event type -> service method called after the commit, at least once.
    * `within`: event type -> service method(tx, event) called inside the transaction that raised the event.
    * `exports`: service method `async (tx, user_id) -> mapping`: all that is kept on a player, for the archive they
      may ask for; plain values that JSON can hold.
    * `settings`: sections it declares; `migrations`: the package that holds its SQL files.
    * A service may have `async start()` and `async stop()`: called in list order, and in reverse.
    """

    name: str
    service: Callable[..., Any]
    needs: Sequence[str] = ()
    routes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    messages: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    hears: Mapping[type, str] = field(default_factory=dict)
    within: Mapping[type, str] = field(default_factory=dict)
    exports: str | None = None
    settings: Sequence[type[Section]] = ()
    migrations: str | None = None
