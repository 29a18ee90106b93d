"""The command line: `supergame serve`, `supergame dev`, `supergame demo`, and what an operator needs.

Exit codes: 0 done, 1 it could not be done (a sentence says why), 2 the command was not understood.
"""

from __future__ import annotations

from typing import Annotated

import typer

from supergame import __version__
from supergame.cli.output import fail
from supergame.core.errors import SupergameError


def make_app() -> typer.Typer:
    """All commands."""
    from supergame.cli import bots, new, operate, players, serve

    app = typer.Typer(
        name="supergame",
        add_completion=False,
        invoke_without_command=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        help="Build, run and grow an online game, with the server's side of it written in Python.",
        epilog="Start with `supergame demo`, then `supergame new mygame`.",
    )
    app.callback()(_options)
    for module in (serve, new, bots, operate, players):
        module.register(app)
    app.command("version")(show_version)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        show_version()
        raise typer.Exit


def _options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def show_version() -> None:
    """Show the version."""
    typer.echo(f"supergame {__version__}")


def main() -> None:
    """Run the command line. A user's mistake gets a sentence, never a traceback."""
    try:
        make_app()()
    except SupergameError as error:
        fail(error.message)
