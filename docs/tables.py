"""The tables of the reference, made from the code while the pages are built: nothing in them can be out of date.

In a page, `{made}` with a name stands for one of them:

    ```{made} settings
    ```
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from docs import reach, shown
from supergame import app, features
from supergame.core import config, errors
from supergame.edge.failures import HTTP_STATUS
from supergame.protocol.catalogue import EVENTS, MESSAGES, OPERATIONS, name_of
from supergame.protocol.operation import Auth, Nothing, Silent

AUTH = {
    Auth.NOBODY: "nobody",
    Auth.SERVER_KEY: "server key",
    Auth.SESSION: "player",
    Auth.SESSION_OR_HTTP_KEY: "player or http key",
}
LIMIT = re.compile(
    r'^([A-Z][A-Z0-9_]*_(?:MAX|MIN|SECONDS))\b[^\n=]*=[^\n#]*(?:#\s*([^\n]*))?(?:\n"""(.*?)""")?$',
    re.MULTILINE | re.DOTALL,
)
"""A constant that is a limit, with its comment or its docstring."""
COMMAND_MODULES = ("serve", "new", "bots", "operate", "players")
"""In the order in which the command line adds them."""


def settings() -> str:
    """Every setting, by section."""
    parts = []
    for section in app.SECTIONS:
        rows = []
        for row in config.table([section]).values():
            allowed = ", ".join(f"`{choice}`" for choice in row.choices)
            limits = allowed or (f"at least {_number(row.minimum)}" if row.minimum is not None else "")
            default = _default(row.default)
            rows.append([f"`{row.name}`", default, limits, f"{row.help}<br>`{row.variable}`"])
        parts.append(f"## {section.section}\n\n{_first(section.__doc__)}\n")
        parts.append(_table(["setting", "default", "allowed", "what it is"], rows))
    return "\n".join(parts)


def operations() -> str:
    """Every HTTP operation that this server offers."""
    offered = {name for feature in features.FEATURES for name in feature.routes} | {"Healthcheck"}
    rows = []
    for operation in OPERATIONS.values():
        addresses = "<br>".join(f"`{binding.method} {binding.path}`" for binding in operation.bindings)
        here = "" if operation.name in offered else " *(not yet)*"
        rows.append([f"`{operation.name}`", addresses, AUTH[operation.auth], operation.summary + here])
    return _table(["operation", "address", "who may", "what it does"], rows)


def messages() -> str:
    """Every message that a client may send over its socket."""
    offered = {name for feature in features.FEATURES for name in feature.messages} | {"ping", "pong"}
    rows = []
    for message in MESSAGES.values():
        here = "" if message.name in offered else " *(not yet)*"
        rows.append([f"`{message.name}`", _fields(message.type), _answer(message.reply), message.summary + here])
    return _table(["message", "fields", "answer", "what it does"], rows)


def events() -> str:
    """Every message that the server sends."""
    rows = [[f"`{event.name}`", _fields(event.type), event.summary] for event in EVENTS.values()]
    return _table(["message", "fields", "when"], rows)


def error_codes() -> str:
    """Every kind of error that game code may raise, with what clients see."""
    rows = []
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.SupergameError) and kind is not errors.SupergameError:
            rows.append([f"`{name}`", str(kind.code), str(HTTP_STATUS[kind.code]), kind.__doc__ or ""])
    return _table(["class", "code", "HTTP status", "message when none is given"], rows)


def feature_list() -> str:
    """Every feature, lowest first."""
    rows = []
    for feature in features.FEATURES:
        module = importlib.import_module(f"supergame.features.{feature.name}")
        needs = ", ".join(f"[{need}]({need}.md)" for need in feature.needs)
        rows.append([f"[{feature.name}]({feature.name}.md)", _first(module.__doc__), needs])
    return _table(["feature", "what it is", "stands on"], rows)


def limits_of(name: str) -> str:
    """The settings and the named limits of one feature."""
    feature = next(feature for feature in features.FEATURES if feature.name == name)
    rows = [[f"`{row.name}`", _default(row.default), row.help] for row in config.table(feature.settings).values()]
    folder = Path(inspect.getfile(importlib.import_module(f"supergame.features.{name}"))).parent
    for file in sorted(folder.glob("*.py")):
        module = importlib.import_module(f"supergame.features.{name}.{file.stem}")
        for limit, comment, docstring in LIMIT.findall(file.read_text(encoding="utf-8")):
            text = comment or " ".join(docstring.split())
            value = getattr(module, limit)
            if not isinstance(value, int | float):
                continue
            rows.append([f"`{limit}`", f"{value:,}", (text[:1].upper() + text[1:]).rstrip(".") + "." if text else ""])
    return _table(["setting or limit", "value", "what it is"], rows) if rows else "None of its own.\n"


def commands() -> str:
    """Every command, with its arguments and options."""
    line = typer.Typer()
    for name in COMMAND_MODULES:
        importlib.import_module(f"supergame.cli.{name}").register(line)
    root: Any = typer.main.get_command(line)
    return "\n".join(_command(f"supergame {name}", command) for name, command in root.commands.items())


def _command(name: str, command: Any) -> str:
    if hasattr(command, "commands"):
        return "\n".join(_command(f"{name} {inner}", each) for inner, each in command.commands.items())
    usage, rows = [name], []
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            word = parameter.name.upper()
            usage.append(word if parameter.required else f"[{word}]")
            rows.append([f"`{word}`", "", parameter.help or ""])
        else:
            default = "" if parameter.default in (None, False) else f"`{parameter.default}`"
            rows.append([f"`{parameter.opts[0]}`", default, parameter.help or ""])
    table = _table(["argument or option", "default", "what it is"], rows) if rows else ""
    return f"## {name}\n\n```text\n{' '.join(usage)}\n```\n\n{(command.help or '').strip()}\n\n{table}"


MADE: dict[str, Callable[[], str]] = {
    "settings": settings,
    "operations": operations,
    "messages": messages,
    "events": events,
    "errors": error_codes,
    "features": feature_list,
    "commands": commands,
    "protocol": shown.table,
    "reach": reach.table,
}


def code_spans(text: str) -> str:
    """Markdown's `code`, its fenced blocks and its lists as reStructuredText has them."""
    text = re.sub(r"```python\n(.*?)```", lambda found: "::\n\n" + _indent(found[1]), text, flags=re.DOTALL)
    text = re.sub(r"(?<![`:])`([^`\n]+)`(?!`)", r"``\1``", text)
    return re.sub(r"(?m)^(?!\*)(\S.*)\n(\* )", r"\1\n\n\2", text)


def _indent(code: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in code.splitlines())


def _first(docstring: str | None) -> str:
    return (docstring or "").strip().split("\n")[0]


def _default(value: Any) -> str:
    if value in ("", (), None):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _number(value: float) -> str:
    return f"{value:g}"


def _answer(kind: type) -> str:
    if kind is Nothing:
        return "`cid` alone"
    if kind is Silent:
        return "none"
    return f"`{name_of(kind)}`"


def _fields(kind: type) -> str:
    return ", ".join(f"`{item.encode_name}`" for item in msgspec.structs.fields(kind))


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


class Made(SphinxDirective):
    """Puts one of the tables into a page; `limits` takes a feature's name."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the table and parse it as the page's own Markdown."""
        name, *rest = self.arguments
        text = limits_of(*rest) if name == "limits" else MADE[name]()
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    sphinx.add_directive("made", Made)
    return {"parallel_read_safe": True}
