"""Settings: declared once as data, filled from defaults, a TOML file, the environment and the command line.

A section is a frozen dataclass whose fields are made by `setting`. From the sections come the parser, the
help on the command line and the reference in the docs. Whoever declares a section also reads it:
`config.section(EdgeSettings).port`. Where there may be several of a kind, a field made by `tables` holds each by a
name that the operator chooses: `[identity.openid.xbox]`.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import msgspec

from supergame.core.errors import BadInput

ENVIRONMENT_PREFIX = "SUPERGAME_"

ANY: Final = "<name>"
"""Stands in a setting's full name for the name of a table that operators choose."""

_chosen_name = re.compile(r"[a-z0-9]+").fullmatch


class Section:
    """Base of every section; `section` is its name in files (`[edge]`) and variables (`SUPERGAME_EDGE_PORT`)."""

    section: ClassVar[str]


S = TypeVar("S", bound=Section)


class BadSetting(BadInput):
    """A setting is unknown or malformed."""


def setting(default: Any, text: str, *, minimum: float | None = None, choices: Sequence[Any] = ()) -> Any:
    """Declare one setting: its default, one sentence of help, and what values it may have."""
    metadata = {"help": text, "minimum": minimum, "choices": tuple(choices)}
    if isinstance(default, list | tuple | dict):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


def tables(kind: type[Any]) -> Any:
    """Declare tables by name, each a `kind`: a frozen dataclass whose fields are made by `setting`. At first none."""
    return field(default_factory=dict, metadata={"each": kind})


@dataclass(frozen=True)
class Setting:
    """One row of the table of settings, as help and docs show it."""

    name: str
    kind: Any
    default: Any
    help: str
    minimum: float | None
    choices: tuple[Any, ...]

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return ENVIRONMENT_PREFIX + self.name.replace(".", "_").upper()

    def parse(self, value: Any, source: str) -> Any:
        """Turn what a file, a variable or an option holds into the setting's type, or raise BadSetting."""
        if isinstance(value, str) and typing.get_origin(self.kind) in (tuple, list):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str) and self.kind is bool:
            value = {"1": True, "true": True, "yes": True, "on": True}.get(
                value.lower(),
                {"0": False, "false": False, "no": False, "off": False}.get(value.lower(), value),
            )
        try:
            parsed = msgspec.convert(value, self.kind, strict=not isinstance(value, str))
        except msgspec.ValidationError:
            kind = getattr(self.kind, "__name__", str(self.kind))
            raise BadSetting(f"{source}: {self.name} has to be of type {kind}, not {value!r}.") from None
        if self.minimum is not None and not parsed >= self.minimum:  # what is not a number is below, too
            raise BadSetting(f"{source}: {self.name} has to be at least {self.minimum}, not {parsed!r}.")
        if self.choices and parsed not in self.choices:
            raise BadSetting(f"{source}: {self.name} is one of {', '.join(map(str, self.choices))}, not {parsed!r}.")
        return parsed


def table(sections: Iterable[type[Section]]) -> dict[str, Setting]:
    """Every setting by its full name (`edge.port`), in the order of declaration."""
    rows: dict[str, Setting] = {}
    for section in sections:
        rows |= _rows(section.section, section)
    return rows


def _rows(prefix: str, kind: type[Any]) -> dict[str, Setting]:
    rows: dict[str, Setting] = {}
    hints = typing.get_type_hints(kind)
    for item in dataclasses.fields(kind):
        name = f"{prefix}.{item.name}"
        meta = item.metadata
        if "each" in meta:
            rows |= _rows(f"{name}.{ANY}", meta["each"])
            continue
        default = item.default_factory() if callable(item.default_factory) else item.default
        rows[name] = Setting(name, hints[item.name], default, meta["help"], meta["minimum"], meta["choices"])
    return rows


class Config:
    """The settings of one node, each section by its type."""

    def __init__(self, sections: Mapping[type[Section], Section]) -> None:
        self._sections = dict(sections)

    def section(self, kind: type[S]) -> S:
        """The settings of one section."""
        return typing.cast(S, self._sections[kind])

    def replace(self, section: Section) -> Config:
        """The same settings but for one section."""
        return Config({**self._sections, type(section): section})

    @classmethod
    def load(
        cls,
        sections: Sequence[type[Section]],
        *,
        file: Path | None = None,
        environment: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Config:
        """Fill the sections: defaults, then the TOML file, then variables, then options by full name.

        Raises BadSetting with a sentence that names the setting and where it came from.
        """
        rows = table(sections)
        values: dict[str, Any] = {}
        if file is not None:
            values |= _from_file(file, rows)
        values |= _from_environment(environment or {}, rows)
        for name, value in (options or {}).items():
            values[name] = _row(rows, name, "command line").parse(value, "command line")
        return cls({kind: _filled(kind, kind.section, values) for kind in sections})


def _filled(kind: type[Any], prefix: str, values: Mapping[str, Any]) -> Any:
    """One section or table, with those of its values that were given."""
    given: dict[str, Any] = {}
    for item in dataclasses.fields(kind):
        name = f"{prefix}.{item.name}"
        if "each" in item.metadata:
            start = name + "."
            chosen = sorted({full[len(start) :].split(".")[0] for full in values if full.startswith(start)})
            given[item.name] = {key: _filled(item.metadata["each"], start + key, values) for key in chosen}
        elif name in values:
            given[item.name] = values[name]
    return kind(**given)


def _row(rows: Mapping[str, Setting], name: str, source: str) -> Setting:
    if name in rows and ANY not in name:
        return rows[name]
    start, _, last = name.rpartition(".")
    start, _, key = start.rpartition(".")
    row = rows.get(f"{start}.{ANY}.{last}")
    if row is not None:
        if not _chosen_name(key):
            raise BadSetting(f"{source}: {name}: the name of a table has only lower-case letters and digits.")
        return dataclasses.replace(row, name=name)
    near = difflib.get_close_matches(name, rows, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise BadSetting(f"{source}: there is no setting called {name}.{hint}")


def _from_file(file: Path, rows: Mapping[str, Setting]) -> dict[str, Any]:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSetting(f"{file}: cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{file}: is not valid TOML ({error}).") from None
    values = {}
    for section, entries in content.items():
        if not isinstance(entries, dict):
            raise BadSetting(f"{file}: {section} stands outside a [section].")
        for name, value in _flat(section, entries, rows, str(file)):
            values[name] = _row(rows, name, str(file)).parse(value, str(file))
    return values


def _flat(
    prefix: str, entries: Mapping[str, Any], rows: Mapping[str, Setting], source: str
) -> Iterator[tuple[str, Any]]:
    """Every entry by its full name, those of tables in the section included."""
    for key, value in entries.items():
        name = f"{prefix}.{key}"
        if not any(row.startswith(f"{name}.{ANY}.") for row in rows):
            yield name, value
            continue
        for chosen, inner in value.items() if isinstance(value, dict) else [(key, value)]:
            if not isinstance(inner, dict) or not inner:
                raise BadSetting(f"{source}: {name} holds tables such as [{name}.example], with settings in them.")
            yield from _flat(f"{name}.{chosen}", inner, rows, source)


def _from_environment(environment: Mapping[str, str], rows: Mapping[str, Setting]) -> dict[str, Any]:
    by_variable = {row.variable: row for row in rows.values()}
    values = {}
    for variable, value in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        row = by_variable.get(variable) or _chosen_by_variable(variable, by_variable)
        if row is None:
            near = difflib.get_close_matches(variable, by_variable, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise BadSetting(f"environment: there is no setting for {variable}.{hint}")
        values[row.name] = row.parse(value, f"environment variable {variable}")
    return values


def _chosen_by_variable(variable: str, by_variable: Mapping[str, Setting]) -> Setting | None:
    """The setting of a table whose name is part of the variable's."""
    for general, row in by_variable.items():
        start, any_name, end = general.partition(ANY.upper())
        if any_name and variable.startswith(start) and variable.endswith(end):
            key = variable[len(start) : -len(end)].lower()
            if _chosen_name(key):
                return dataclasses.replace(row, name=row.name.replace(ANY, key))
    return None
