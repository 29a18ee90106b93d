"""What the commands print: sentences on stderr, answers on stdout."""

from __future__ import annotations

import sys
from typing import NoReturn

from rich.console import Console

out = Console()
err = Console(stderr=True)


def fail(message: str, code: int = 1) -> NoReturn:
    """Say why it cannot be done, and leave."""
    err.print("[bold red]Error:[/]", end=" ")
    err.print(message, markup=False, highlight=False)
    sys.exit(code)


def warn(message: str) -> None:
    """Say what the user should know."""
    err.print("[bold yellow]Note:[/]", end=" ")
    err.print(message, markup=False, highlight=False)
