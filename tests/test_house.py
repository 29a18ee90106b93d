"""The rules of the house that import-linter cannot say: front doors, order, and nothing left undocumented."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from docs import tables
from supergame.app import SECTIONS
from supergame.core.config import table
from supergame.features import FEATURES
from supergame.game import Services
from supergame.protocol.catalogue import EVENTS, MESSAGES, OPERATIONS

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
HOUSE = SOURCE / "supergame"
DOCS = ROOT / "docs"
FILE_LINES_MAX = 600

NAMES = [feature.name for feature in FEATURES]
MODULES = sorted(HOUSE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


ALL_MODULES = {module_name(path) for path in MODULES}


def entered(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, module) for every module that a file imports or reaches through a name it imported, in full."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
                bound[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                target = f"{node.module}.{alias.name}"
                found = target if target in ALL_MODULES else node.module
                yield node.lineno, found
                bound[alias.asname or alias.name] = target
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names: list[str] = [node.attr]
            inner = node.value
            while isinstance(inner, ast.Attribute):
                names.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name) and inner.id in bound:
                reached = ".".join([bound[inner.id], *reversed(names)])
                if reached in ALL_MODULES:
                    yield node.lineno, reached


def feature_of(module: str) -> str:
    parts = module.split(".")
    return parts[2] if len(parts) > 2 and parts[1] == "features" else ""


def trespasses(module: str, code: str) -> list[str]:
    """Where a module enters a feature other than by its front door."""
    return [
        f"{module}:{line} enters {target}"
        for line, target in entered(ast.parse(code))
        if target.startswith("supergame.features.")
        and target.count(".") > 2
        and feature_of(target) != feature_of(module)
    ]


@pytest.mark.parametrize("path", MODULES, ids=map(module_name, MODULES))
def test_a_feature_is_entered_by_its_front_door(path):
    assert trespasses(module_name(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "import supergame.features.chat.service",
        "import supergame.features.chat.service as talk",
        "from supergame.features.chat.service import Chat",
        "from supergame.features.chat import service",
        "from supergame.features import chat\nchat.service.Chat",
        "import supergame.features.chat\nsupergame.features.chat.service.Chat",
        "from supergame import features\nfeatures.chat.service.Chat",
        "def late():\n    from supergame.features.chat.service import Chat",
    ],
)
def test_no_other_way_in_goes_unseen(code):
    assert trespasses("supergame.features.jobs.service", code) != []


@pytest.mark.parametrize(
    "code",
    [
        "from supergame.features.chat import Chat",
        "from supergame.features import chat\nchat.Chat",
        "from supergame.features.jobs.model import Job",
    ],
)
def test_the_front_door_and_ones_own_rooms_are_open(code):
    assert trespasses("supergame.features.jobs.service", code) == []


def test_there_are_no_relative_imports():
    relative = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_every_feature_is_in_the_list():
    folders = {path.parent.name for path in (HOUSE / "features").glob("*/__init__.py")}
    assert folders == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_the_import_contract_has_the_same_order():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["containers"] == ["supergame.features"])
    assert layers == NAMES[::-1]


@pytest.mark.parametrize("feature", FEATURES, ids=NAMES)
def test_a_feature_needs_only_those_before_it(feature):
    before = NAMES[: NAMES.index(feature.name)]
    assert set(feature.needs) <= set(before)


@pytest.mark.parametrize("feature", FEATURES, ids=NAMES)
def test_a_feature_hears_by_methods_that_its_service_has(feature):
    for method in {*feature.hears.values(), *feature.within.values(), *([feature.exports] if feature.exports else [])}:
        assert callable(getattr(feature.service, method))


@pytest.mark.parametrize("feature", FEATURES, ids=NAMES)
def test_a_feature_touches_only_its_own_tables(feature):
    folder = HOUSE / "features" / feature.name / "migrations"
    assert (feature.migrations is not None) == folder.is_dir()
    for file in folder.glob("*.sql"):
        words = file.read_text(encoding="utf-8").split()
        named = [words[at + 1] for at, word in enumerate(words) if word.upper() in ("TABLE", "INDEX", "ON")]
        assert [name for name in named if not name.startswith(feature.name)] == [], file


def test_game_code_reaches_every_feature():
    assert {field.name for field in fields(Services)} >= set(NAMES)


def test_every_feature_has_its_place_among_the_services():
    text = (DOCS / "reference" / "services.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"\n## services.{name}\n" not in text] == []


def test_every_operation_and_message_is_handled_once():
    routes = [name for feature in FEATURES for name in feature.routes]
    messages = [name for feature in FEATURES for name in feature.messages]
    assert sorted({*routes, "Healthcheck"}) == sorted([*routes, "Healthcheck"]) == sorted(OPERATIONS)
    assert sorted({*messages, "ping", "pong"}) == sorted([*messages, "ping", "pong"]) == sorted(MESSAGES)


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_has_a_page(name):
    page = (DOCS / "features" / f"{name}.md").read_text(encoding="utf-8")
    assert f"{{made}} limits {name}" in page
    assert f"\n{name}\n" in (DOCS / "features" / "index.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("made", "names"),
    [
        ("settings", list(table(SECTIONS))),
        ("operations", list(OPERATIONS)),
        ("messages", list(MESSAGES)),
        ("events", list(EVENTS)),
        ("features", NAMES),
        ("protocol", [*OPERATIONS, *MESSAGES, *EVENTS]),
    ],
)
def test_the_reference_leaves_nothing_out(made, names):
    text = tables.MADE[made]()
    assert [name for name in names if f"`{name}`" not in text and f"[{name}]" not in text] == []
    assert any(f"{{made}} {made}\n" in page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))


def test_every_command_is_in_the_reference():
    text = tables.commands()
    for command in ("serve", "dev", "demo", "new", "bots", "migrate", "backup", "restore", "players ban"):
        assert f"## supergame {command}\n" in text


def test_every_setting_says_what_it_is():
    assert [name for name, row in table(SECTIONS).items() if not row.help.endswith(".")] == []


def test_every_module_opens_with_a_sentence():
    without = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if not (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
        .split("\n")[0]
        .endswith((".", ":"))
    ]
    assert without == []


def test_no_file_of_code_is_too_long():
    files = [
        path for folder in ("src", "tests", "examples", "benchmarks", "docs") for path in (ROOT / folder).rglob("*")
    ]
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files
        if path.suffix in (".py", ".js", ".sql") and not {"node_modules", "_build"} & set(path.parts)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
    }
    assert long == {}
