"""`supergame migrate`, `backup` and `restore`: what an operator does to the data of a node."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from supergame.cli.settings import ConfigOption, DatabaseOption, DataOption, SetOption, load_settings

ArchiveArgument = Annotated[Path, typer.Argument(help="The archive, such as monday.zip.")]


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
    restored = read_archive(archive, folder, force=force)
    typer.echo(f"Restored {folder} as it was on {restored.made}.")
    if restored.returned:
        typer.echo(f"Accounts that were deleted since: {restored.returned}. The next start deletes them again.")


def _data_folder(data: Path | None, config: Path | None) -> Path:
    from supergame.app import NodeSettings

    return Path(load_settings(config, node__data=data).section(NodeSettings).data)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (migrate, backup, restore):
        app.command()(command)
