"""Options that fill the settings, shared by the commands that need a node's settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from supergame.core.config import BadSetting, Config

CONFIG_FILE = "supergame.toml"

DataOption = Annotated[Path | None, typer.Option("--data", help="Folder for the database and the keys.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help=f"Settings file; {CONFIG_FILE} in this folder is read by itself.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any setting, such as edge.port=7000.")
]
DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="postgresql://... instead of the SQLite file in the data folder.")
]


def load_settings(config: Path | None = None, assignments: list[str] | None = None, **options: Any) -> Config:
    """Settings from the file, the environment and the command line; `options` are by name with `__` for the dot."""
    from supergame.app import SECTIONS

    if config is None and Path(CONFIG_FILE).is_file():
        config = Path(CONFIG_FILE)
    chosen: dict[str, Any] = {}
    for assignment in assignments or []:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise BadSetting(f"--set {assignment}: write it as NAME=VALUE, such as edge.port=7000.")
        chosen[name.strip()] = value
    chosen |= {name.replace("__", "."): _plain(value) for name, value in options.items() if value is not None}
    return Config.load(SECTIONS, file=config, environment=os.environ, options=chosen)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
