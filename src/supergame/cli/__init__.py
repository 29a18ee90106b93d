"""The command line: `supergame serve`, `supergame dev`, `supergame demo`, and what an operator needs.

Exit codes: 0 done, 1 it could not be done (a sentence says why), 2 the command was not understood.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from supergame import __version__
from supergame.cli.output import fail
from supergame.core.errors import SupergameError

app = typer.Typer(
    name="supergame",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Build, run and grow an online game, with the server's side of it written in Python.",
    epilog="Start with `supergame demo`, then `supergame new mygame`.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"supergame {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


@app.command("version")
def show_version() -> None:
    """Show the version."""
    typer.echo(f"supergame {__version__}")


def main() -> None:
    """Run the command line. A user's mistake gets a sentence, never a traceback."""
    from supergame.cli import bots, new, operate, serve

    for module in (serve, new, bots, operate):
        module.register(app)
    try:
        app()
    except SupergameError as error:
        fail(error.message)
    except KeyboardInterrupt:
        sys.exit(130)
