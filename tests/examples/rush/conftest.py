"""The game's folder is importable, as it is when a server runs the game."""

import sys
from pathlib import Path

import pytest

RUSH = Path(__file__).parents[3] / "examples" / "rush"
sys.path.insert(0, str(RUSH))

from level import Level, load, read  # noqa: E402 - the path comes first

HEADING = "name: Test\nsky: meadow\nboard: test\n\n"


@pytest.fixture(scope="session")
def levels() -> dict[str, Level]:
    """The courses that the game ships."""
    return load(RUSH / "levels")


@pytest.fixture
def course():
    """Make a level of rows; a start and a goal are given where the rows have none."""

    def make(*rows: str) -> Level:
        return read("test", HEADING + "\n".join(rows))

    return make
