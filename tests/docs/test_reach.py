"""The functions that game code of a Nakama server knows are here, documented, and each used by a test."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from docs import reach

TESTS = Path(__file__).resolve().parents[1]
CODE = "\n".join(file.read_text(encoding="utf-8") for file in TESTS.rglob("*.py"))
USED = set(re.findall(r"\.(\w+)\(", CODE))
MADE_UP = tuple(re.findall(r'getattr\([^,]+, f"(\w+_)\{', CODE))
"""How names begin that a test makes of a case's name: `getattr(identity, f"link_{name}")`."""


@pytest.mark.parametrize("here", sorted({*reach.GAME.values(), *reach.SERVICES.values()}))
def test_it_is_there_documented_typed_and_used(here: str) -> None:
    function = reach.found(here)
    assert inspect.getdoc(function), here
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty, here
    name = here.rpartition(".")[2]
    assert name in USED or name.startswith(MADE_UP), here
