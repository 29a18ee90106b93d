"""What of the client protocol works, and by which test that is shown: from the titles of the acceptance tests.

A test names what it shows in brackets at the end of its title (JavaScript) or of its docstring (Python):
`test("an invite is accepted [AddFriends ListFriends]", ...)`. What works and stands in no title fails the build.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from supergame import features
from supergame.protocol.catalogue import EVENTS, MESSAGES, OPERATIONS

ROOT: Final = Path(__file__).resolve().parents[1]
ACCEPTANCE: Final = ROOT / "tests" / "acceptance"
FACTS: Final = ROOT / "tests" / "protocol" / "facts"
OURS: Final = frozenset({"Healthcheck", "ping", "pong"})
"""What the edge answers by itself, without a feature."""

_TITLE = re.compile(r'^test\("(.*?)(?: \[([\w ]+)\])?"', re.MULTILINE)
_NAMED = re.compile(r"\[([\w ]+)\]$")


class Uncovered(Exception):
    """Something works, and no acceptance test says that it shows it."""


@dataclass(frozen=True)
class Shown:
    """One acceptance test: the file it is in, what it is called, and the operations and messages it names."""

    file: str
    title: str
    names: tuple[str, ...]


def tests() -> Iterator[Shown]:
    """Every acceptance test that names something."""
    for file in sorted(ACCEPTANCE.glob("js/topics/*.test.mjs")):
        for title, names in _TITLE.findall(file.read_text(encoding="utf-8")):
            if names:
                yield Shown(file.name, title, tuple(names.split()))
    for file in sorted(ACCEPTANCE.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                named = _NAMED.search(ast.get_docstring(node) or "")
                if named:
                    yield Shown(file.name, node.name.removeprefix("test_").replace("_", " "), tuple(named[1].split()))


def offered() -> set[str]:
    """The operations, messages and events that this server has."""
    routes = {name for feature in features.FEATURES for name in feature.routes}
    messages = {name for feature in features.FEATURES for name in feature.messages}
    return routes | messages | EVENTS.keys() | OURS


def protocol() -> dict[str, list[str]]:
    """Everything that the protocol has, ours included: by kind, the names."""
    facts = [entry["operation"] for entry in json.loads((FACTS / "endpoints.json").read_text())]
    return {
        "operation": list(dict.fromkeys([*facts, *OPERATIONS])),
        "message to the server": list(MESSAGES),
        "message from the server": list(EVENTS),
    }


def table() -> str:
    """A table of everything in the protocol: whether it works, and the tests that show it. Raises Uncovered."""
    shown: dict[str, list[Shown]] = {}
    for test in tests():
        for name in test.names:
            shown.setdefault(name, []).append(test)
    works = offered()
    unknown = shown.keys() - works
    if unknown:
        raise Uncovered(f"Acceptance tests name what is not there: {', '.join(sorted(unknown))}.")
    without = works - shown.keys()
    if without:
        raise Uncovered(f"No acceptance test names {', '.join(sorted(without))}.")
    lines = ["| name | kind | works | shown by |", "| --- | --- | --- | --- |"]
    for kind, names in protocol().items():
        for name in names:
            ours = " of our own" if name in OPERATIONS and OPERATIONS[name].extension else ""
            by = "<br>".join(f"{test.title} (`{test.file}`)" for test in shown.get(name, []))
            lines.append(f"| `{name}` | {kind}{ours} | {'yes' if name in works else 'not yet'} | {by} |")
    return "\n".join(lines)
