"""`supergame migrate`, `backup`, `restore` and `players`: what an operator needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supergame.cli.output import out
from supergame.cli.settings import ConfigOption, DatabaseOption, DataOption, SetOption, load_settings

if TYPE_CHECKING:
    from rich.table import Table

ArchiveArgument = Annotated[Path, typer.Argument(help="The archive, such as monday.zip.")]
PlayerArgument = Annotated[str, typer.Argument(help="The player's id or username.")]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="The node to ask, such as https://game.example; else the one here.")
]
KeyOption = Annotated[
    str | None, typer.Option("--key", envvar="SUPERGAME_CONSOLE_KEY", help="console.key; else the data folder's.")
]

players = typer.Typer(no_args_is_help=True, help="Find, show, ban, unban and disconnect players of a running node.")


def migrate(
    data: DataOption = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    settings: SetOption = None,
) -> None:
    """Bring the database up to date. A node does this by itself when it starts."""
    loaded = load_settings(config, settings, node__data=data, store__database=database)

    async def work() -> list[str]:
        from supergame.app import Node, migration_sets

        node = await Node.open(loaded)
        try:
            return await node.database.migrate(migration_sets(node.events))
        finally:
            await node.database.close()

    applied = asyncio.run(work())
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo("The database is up to date." if applied else "The database was up to date already.")


def backup(archive: ArchiveArgument, data: DataOption = None, config: ConfigOption = None) -> None:
    """Write a consistent archive of the data folder, while the node runs or not."""
    from supergame.cli.archive import write_archive

    folder = _data_folder(data, config)
    size = write_archive(folder, archive)
    typer.echo(f"Wrote {archive} ({size:,} bytes).")


def restore(
    archive: ArchiveArgument,
    data: DataOption = None,
    config: ConfigOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the data that is there.")] = False,
) -> None:
    """Put the archive's data into the data folder, once it has been checked. The node must not run."""
    from supergame.cli.archive import read_archive

    folder = _data_folder(data, config)
    made = read_archive(archive, folder, force=force)
    typer.echo(f"Restored {folder} as it was on {made}.")


def _data_folder(data: Path | None, config: Path | None) -> Path:
    from supergame.app import NodeSettings

    return Path(load_settings(config, node__data=data).section(NodeSettings).data)


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


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (migrate, backup, restore):
        app.command()(command)
    app.add_typer(players, name="players")
