"""Settings: declared once as data, filled from defaults, a TOML file, the environment and the command line.

A section is a frozen dataclass whose fields are made by `setting`. From the sections come the parser, the
help on the command line and the reference in the docs. Whoever declares a section also reads it:
`config.section(EdgeSettings).port`.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec

from supergame.core.errors import BadInput

ENVIRONMENT_PREFIX = "SUPERGAME_"


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
        hints = typing.get_type_hints(section)
        for item in dataclasses.fields(typing.cast(Any, section)):
            default = item.default_factory() if callable(item.default_factory) else item.default
            name = f"{section.section}.{item.name}"
            meta = item.metadata
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
        return cls({kind: kind(**_of_section(kind.section, values)) for kind in sections})


def _of_section(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    prefix = section + "."
    return {name[len(prefix) :]: value for name, value in values.items() if name.startswith(prefix)}


def _row(rows: Mapping[str, Setting], name: str, source: str) -> Setting:
    if name in rows:
        return rows[name]
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
        for key, value in entries.items():
            name = f"{section}.{key}"
            values[name] = _row(rows, name, str(file)).parse(value, str(file))
    return values


def _from_environment(environment: Mapping[str, str], rows: Mapping[str, Setting]) -> dict[str, Any]:
    by_variable = {row.variable: row for row in rows.values()}
    values = {}
    for variable, value in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        row = by_variable.get(variable)
        if row is None:
            near = difflib.get_close_matches(variable, by_variable, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise BadSetting(f"environment: there is no setting for {variable}.{hint}")
        values[row.name] = row.parse(value, f"environment variable {variable}")
    return values
