"""The code in the documentation runs: each page's Python blocks are one module, whose tests are called.

A block with a caption that is not Python is a file beside that module. A block marked `:class: excerpt` is shown for
its form and left out.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from supergame import testing
from supergame.game import Game

DOCS = Path(__file__).resolve().parents[2] / "docs"
FENCE = re.compile(r"^(`{3,})(\{code-block\} )?(\w+)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
OPTION = re.compile(r"^:(\w+): (.*)\n", re.MULTILINE)


def python_of(page: Path) -> str:
    """The page's Python, each line where it stands in the page, so that tracebacks point there."""
    text = page.read_text(encoding="utf-8")
    lines = [""] * text.count("\n")
    for fence in FENCE.finditer(text):
        if fence[3] == "python" and ":class: excerpt" not in fence[4]:
            first = text[: fence.start(4)].count("\n")
            for number, line in enumerate(OPTION.sub("\n", fence[4]).splitlines()):
                lines[first + number] = line
    return "\n".join(lines)


def files_of(page: Path) -> dict[str, str]:
    """What stands beside the code: name -> content."""
    found = {}
    for fence in FENCE.finditer(page.read_text(encoding="utf-8")):
        options = dict(OPTION.findall(fence[4]))
        if "caption" in options and fence[3] != "python":
            found[options["caption"]] = OPTION.sub("", fence[4]).strip() + "\n"
    return found


PAGES = [page for page in sorted(DOCS.rglob("*.md")) if python_of(page).strip()]


def test_there_is_code_to_run():
    assert PAGES


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(DOCS)) for page in PAGES])
async def test_a_pages_code_runs(page, tmp_path, monkeypatch):
    for name, content in files_of(page).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    module = ModuleType("game_of_the_page")
    module.__file__ = str(tmp_path / "game.py")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(python_of(page), str(page), "exec"), vars(module))
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    for test in tests:
        outcome = test()
        if inspect.isawaitable(outcome):
            await outcome
    if not tests:
        for game in [value for value in vars(module).values() if isinstance(value, Game)]:
            async with testing.node(game):
                pass  # the game is accepted as it is
