"""The keys of a node: made at the first start and kept in the data folder, unless the settings name them."""

from __future__ import annotations

import dataclasses
import os
import tomllib
from pathlib import Path
from typing import Any

from supergame.console import ConsoleSettings
from supergame.core.config import BadSetting, Config
from supergame.core.errors import Unavailable
from supergame.core.ids import Ids
from supergame.edge import EdgeSettings
from supergame.features.recovery import RecoverySettings

KEYS_FILE = "keys.toml"
SIGNING_KEYS = ("session_key", "refresh_key")
CONSOLE_KEY = "console_key"
RECOVERY_KEY = "recovery_key"
OWN_KEYS = (*SIGNING_KEYS, CONSOLE_KEY, RECOVERY_KEY)
SHOWN_KEYS = ("server_key", "http_key")
"""Keys that clients and other servers show; their published defaults are for development."""

KEY_CHARACTERS_MIN = 16
"""A shorter one can be guessed at leisure by whoever holds a token, or a copy of the database."""


def published(config: Config, names: tuple[str, ...] = SHOWN_KEYS) -> list[str]:
    """Which keys still have the value that everybody can read in the documentation."""
    edge = config.section(EdgeSettings)
    return [f"edge.{name}" for name in names if getattr(edge, name) == getattr(EdgeSettings(), name)]


def short(config: Config) -> list[str]:
    """Which secret keys of the settings are too short; empty ones are nobody's, or made at the first start."""
    edge = config.section(EdgeSettings)
    secrets = {
        "edge.session_key": edge.session_key,
        "edge.refresh_key": edge.refresh_key,
        "edge.http_key": edge.http_key,
        "console.key": config.section(ConsoleSettings).key,
        "recovery.key": config.section(RecoverySettings).key,
    }
    return [name for name, key in secrets.items() if 0 < len(key) < KEY_CHARACTERS_MIN]


def with_own_keys(config: Config, folder: Path, ids: Ids) -> Config:
    """The settings with this installation's own keys: those that sign, that of operators, that of secrets at rest.

    What the settings name themselves is left alone. Raises BadSetting for a broken keys file, Unavailable
    when it cannot be written.
    """
    file = folder / KEYS_FILE
    kept = read_keys(file)
    if any(name not in kept for name in OWN_KEYS):
        kept = {name: kept.get(name) or ids.secret() for name in OWN_KEYS}
        _write(file, kept)
    edge, console = config.section(EdgeSettings), config.section(ConsoleSettings)
    missing = [name.partition(".")[2] for name in published(config, SIGNING_KEYS)]
    own: dict[str, Any] = {name: kept[name] for name in missing}
    edge = dataclasses.replace(edge, **own)
    recovery = config.section(RecoverySettings)
    if recovery.key == RecoverySettings().key:
        recovery = dataclasses.replace(recovery, key=kept[RECOVERY_KEY])
    return config.replace(edge).replace(ConsoleSettings(console.key or kept[CONSOLE_KEY])).replace(recovery)


def read_keys(file: Path) -> dict[str, str]:
    """The kept keys by name; none when there is no such file. Raises BadSetting."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BadSetting(f"{file}: cannot be read ({error}).") from None
    return {name: value for name, value in content.items() if isinstance(value, str)}


def _write(file: Path, keys: dict[str, str]) -> None:
    """Write the file whole or not at all, for nobody's eyes but its owner's. Raises Unavailable."""
    lines = ["# Whoever has these can be any player or operator. Keep them, and keep them secret.\n"]
    lines += [f'{name} = "{value}"\n' for name, value in keys.items()]
    new = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.writelines(lines)
        new.replace(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written ({error.strerror}).") from None
