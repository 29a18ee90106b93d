"""What the commands print: answers on stdout; sentences about the work, and what went wrong, on stderr.

Rich is loaded by those who draw with it, not by everybody: a node that starts has nothing to draw.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console


@cache
def out() -> Console:
    """Where answers go."""
    from rich.console import Console

    return Console()


@cache
def err() -> Console:
    """Where tables that live, bars and the like go."""
    from rich.console import Console

    return Console(stderr=True)


def fail(message: str, code: int = 1) -> NoReturn:
    """Say why it cannot be done, and leave."""
    _say("Error", typer.colors.RED, message)
    sys.exit(code)


def warn(message: str) -> None:
    """Say what the user should know."""
    _say("Note", typer.colors.YELLOW, message)


def _say(word: str, colour: str, message: str) -> None:
    typer.echo(f"{typer.style(f'{word}:', fg=colour, bold=True)} {message}", err=True)
