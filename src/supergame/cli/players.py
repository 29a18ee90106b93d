"""`supergame players`: what an operator does about players, through a running node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supergame.cli.output import fail, out
from supergame.cli.settings import ConfigOption, DataOption

if TYPE_CHECKING:
    from rich.table import Table

PlayerArgument = Annotated[str, typer.Argument(help="The player's id or username.")]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="The node to ask, such as https://game.example; else the one here.")
]
KeyOption = Annotated[
    str | None, typer.Option("--key", envvar="SUPERGAME_CONSOLE_KEY", help="console.key; else the data folder's.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")]

players = typer.Typer(no_args_is_help=True, help="Find, show, ban, export, delete and merge players of a running node.")


@players.command()
def find(
    text: Annotated[str, typer.Argument(help="An id, or how a username, email address or device's id begins.")],
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many to show at most.")] = 20,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Find players."""
    from supergame.cli.console import Console

    rows = Console.of(url, key, data, config).find(text, limit)
    if not rows:
        typer.echo("Nobody was found.")
        return
    lines = [
        (row.username, row.user_id, "online" * row.online, "banned" * row.banned, row.email, row.created)
        for row in rows
    ]
    if out().is_terminal:
        out().print(_table(lines))
    else:  # for programs: one player a line, columns apart by tabs
        for line in lines:
            typer.echo("\t".join(map(_printable, line)))


def _table(lines: Sequence[tuple[str, ...]]) -> Table:
    from rich.markup import escape
    from rich.table import Column, Table

    table = Table("username", Column("id", no_wrap=True), "online", "banned", "email", "created")
    for line in lines:
        table.add_row(*(escape(_printable(value)) for value in line))
    return table


def _printable(text: str) -> str:
    """Players choose what they are called; their choice is not to move the operator's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


@players.command()
def show(
    player: PlayerArgument,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Show all that is known of a player."""
    import msgspec

    from supergame.cli.console import Console

    details = msgspec.structs.asdict(Console.of(url, key, data, config).show(player))
    width = max(map(len, details))
    for name, value in details.items():
        shown = ", ".join(value) if isinstance(value, list) else str(value)
        typer.echo(f"{name:<{width}}  {_printable(shown)}")


def _action(name: str, text: str, done: str) -> None:
    def act(
        player: PlayerArgument,
        url: UrlOption = None,
        key: KeyOption = None,
        data: DataOption = None,
        config: ConfigOption = None,
    ) -> None:
        from supergame.cli.console import Console

        answer = Console.of(url, key, data, config).act(player, name)
        typer.echo(done.format(**answer))

    players.command(name, help=text)(act)


_action("ban", "Close an account: no login, no token, no socket, until unbanned.", "{username} is banned.")
_action("unban", "Open a closed account again.", "{username} may play again.")
_action("disconnect", "Close a player's sockets; they may come back.", "{username}: {count} sockets closed.")


@players.command()
def export(
    player: PlayerArgument,
    out_file: Annotated[Path | None, typer.Option("--out", help="The file to write; else it is printed.")] = None,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Give everything that is kept on a player, as JSON."""
    from supergame.cli.console import Console

    if out_file is not None and out_file.exists():
        fail(f"{out_file} is there already.")
    archive = Console.of(url, key, data, config).export(player)
    if out_file is None:
        typer.echo(archive)
        return
    try:
        out_file.touch(mode=0o600, exist_ok=False)  # nobody else's to read
        out_file.write_bytes(archive)
    except OSError as error:
        fail(f"{out_file} cannot be written ({error.strerror}).")
    typer.echo(f"Wrote {out_file} ({len(archive):,} bytes).")


@players.command()
def delete(
    player: PlayerArgument,
    yes: YesOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Delete an account and all that belongs to it, for good."""
    from supergame.cli.console import Console

    console = Console.of(url, key, data, config)
    found = console.show(player)
    if not yes:
        typer.confirm(f"Delete {_printable(found.username)} ({found.user_id}) for good?", abort=True)
    console.act(found.user_id, "delete")
    typer.echo(f"{_printable(found.username)} is deleted.")


@players.command()
def merge(
    player: Annotated[str, typer.Argument(help="The player who is given up: an id or username.")],
    into: Annotated[str, typer.Argument(help="The player who gets it all: an id or username.")],
    yes: YesOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
) -> None:
    """Move all that one account has into another one of the same person, and delete the first."""
    from supergame.cli.console import Console

    console = Console.of(url, key, data, config)
    given_up, kept = console.show(player), console.show(into)
    names = f"{_printable(given_up.username)} ({given_up.user_id})", f"{_printable(kept.username)} ({kept.user_id})"
    if not yes:
        typer.confirm(f"Merge {names[0]} into {names[1]} for good?", abort=True)
    console.act(given_up.user_id, "merge", into=kept.user_id)
    typer.echo(f"{names[0]} is merged into {names[1]}.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(players, name="players")
