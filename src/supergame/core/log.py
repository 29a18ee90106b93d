"""Structured logs: one event a line, for people on a terminal and as JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

# structlog draws tracebacks with rich when it finds it, for which every start of a node would pay 0.1 s.
_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402
from structlog.types import FilteringBoundLogger as Log  # noqa: E402

if _rich is None:
    del sys.modules["rich"]
else:
    sys.modules["rich"] = _rich

__all__ = ["Log", "configure", "get_log"]


def configure(*, level: str = "info", form: str = "auto", stream: TextIO | None = None) -> None:
    """Set up the process's logs; `form` is `console`, `json`, or `auto` (console on a terminal)."""
    out = stream or sys.stderr
    if form == "auto":
        form = "console" if out.isatty() else "json"
    renderers: list[structlog.types.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if form == "console"
        else [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str, skipkeys=True),
        ]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )


def get_log(**fields: object) -> Log:
    """A log whose every line carries `fields`."""
    log: Log = structlog.get_logger(**fields)
    return log
