"""The functions that game code of a Nakama server knows are here, documented, and each used by a test."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from docs import reach

TESTS = Path(__file__).resolve().parents[1]
USED = set(re.findall(r"\.(\w+)\(", "\n".join(file.read_text(encoding="utf-8") for file in TESTS.rglob("*.py"))))


@pytest.mark.parametrize("here", sorted({*reach.GAME.values(), *reach.SERVICES.values()}))
def test_it_is_there_documented_typed_and_used(here: str) -> None:
    function = reach.found(here)
    assert inspect.getdoc(function), here
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty, here
    assert here.rpartition(".")[2] in USED, here
