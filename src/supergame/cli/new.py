"""`supergame new`: a small game to start from, with its own test."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from supergame.cli.output import fail

TEMPLATE = "supergame.cli.template"


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to make; its name becomes the game's name.")],
) -> None:
    """Make a small game: a function, a hook, a match, a leaderboard, a page, and a test that passes."""
    name = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    if not name or name[0].isdigit():
        fail(f"{folder.name!r} cannot be a game's name; take letters, digits and underscores, a letter first.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fail(f"{folder} is there already and not empty.")
    try:
        written = _write(name, folder)
    except OSError as error:
        fail(f"{folder} cannot be made ({error.strerror}).")
    typer.echo(f"Made {folder}:")
    for path in written:
        typer.echo(f"  {path.relative_to(folder)}")
    typer.echo(f"\nNext:\n  cd {folder}\n  supergame dev game.py\n  python -m pytest")


def _write(name: str, folder: Path) -> list[Path]:
    """Fill the template in; `.txt` endings keep tools from taking it for code of ours."""
    written = []
    for entry in sorted(files(TEMPLATE).iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".txt"):
            continue
        path = folder / entry.name.removesuffix(".txt").replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(entry.read_text(encoding="utf-8").replace("GAME_NAME", name), encoding="utf-8")
        written.append(path)
    return written


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(new)
