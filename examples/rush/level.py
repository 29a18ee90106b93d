"""Levels: tile maps read from text files, checked so that a mistake is named by line and column.

A file opens with three lines of heading, then an empty line, then the map, one character per tile:

    name: Sunny Meadow          what players read
    sky: meadow                 how the page paints it: meadow, dunes or aurora
    board: rush_times           the leaderboard that keeps its times

    .  air                      o  ring (each makes the runner a little faster)
    #  ground, solid            ^  spikes: back to the last checkpoint
    =  stone block, solid       S  spring: up, high
    -  plank, solid from above  >  arrow: forward, fast
    P  where runners start      C  checkpoint
    G  the goal; whoever passes its column has finished
"""

from pathlib import Path

import msgspec

TILES = ".#=-o^S>CPG"
SOLID = "#="
STANDING = "^S>CPG"
"""Tiles that need something to stand on below them."""
SKIES = ("meadow", "dunes", "aurora")
HEADINGS = ("name", "sky", "board")
WIDTH_TILES_MAX = 400
HEIGHT_TILES_MAX = 32

Cell = tuple[int, int]
"""A tile's place: column from the left, row from the top."""


class LevelError(ValueError):
    """A level file that cannot be played; the message names file, line and column."""


class Level(msgspec.Struct, frozen=True):
    """One course, ready to run: what is where, and the map itself for those who draw it."""

    id: str
    name: str
    sky: str
    board: str
    rows: tuple[str, ...]
    start: Cell
    goal: int
    checkpoints: tuple[Cell, ...]
    rings: dict[Cell, int]

    @property
    def width(self) -> int:
        """Columns."""
        return len(self.rows[0])

    @property
    def height(self) -> int:
        """Rows."""
        return len(self.rows)

    def tile(self, column: int, row: int) -> str:
        """What is at a place; outside, the sides are solid and above and below is air."""
        if not 0 <= column < len(self.rows[0]):
            return "#"
        return self.rows[row][column] if 0 <= row < len(self.rows) else "."


def load(folder: Path) -> dict[str, Level]:
    """Read every level of a folder, by id; files are named `1-meadow.txt`: their order, and the id."""
    levels = [
        read(path.stem.partition("-")[2], path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.txt"))
    ]
    if not levels:
        raise LevelError(f"{folder}: no level files (*.txt) here")
    return {level.id: level for level in levels}


def read(level_id: str, text: str) -> Level:
    """Make a level of a file's text; raises `LevelError`."""
    lines = text.rstrip().splitlines()
    heading, first = _read_heading(level_id, lines)
    rows = tuple(lines[first:])
    _check_shape(level_id, rows, first)
    found: dict[str, list[Cell]] = {tile: [] for tile in TILES}
    for column in range(len(rows[0])):
        for row in range(len(rows)):
            tile = rows[row][column]
            if tile not in TILES:
                raise _wrong(level_id, first + row, column, f"unknown tile {tile!r}; known are {TILES}")
            if tile in STANDING and not _stands(rows, column, row):
                raise _wrong(level_id, first + row, column, f"{tile!r} needs ground right below it")
            found[tile].append((column, row))
    return Level(
        id=level_id,
        name=heading["name"],
        sky=heading["sky"],
        board=heading["board"],
        rows=rows,
        start=_only(level_id, found["P"], "start (P)", first),
        goal=_goal(level_id, found, first),
        checkpoints=tuple(found["C"]),
        rings={cell: index for index, cell in enumerate(found["o"])},
    )


def _read_heading(level_id: str, lines: list[str]) -> tuple[dict[str, str], int]:
    """The heading by key, and the index of the map's first line."""
    heading: dict[str, str] = {}
    for index, line in enumerate(lines):
        if not line.strip():
            missing = [key for key in HEADINGS if key not in heading]
            if missing:
                raise _wrong(level_id, index, 0, f"the heading lacks {', '.join(missing)}")
            return heading, index + 1
        key, colon, value = line.partition(":")
        if not colon or key not in HEADINGS or not value.strip():
            raise _wrong(level_id, index, 0, f"expected one of {', '.join(HEADINGS)}, a colon and a value")
        heading[key] = value.strip()
        if key == "sky" and heading[key] not in SKIES:
            raise _wrong(level_id, index, len("sky: "), f"unknown sky; known are {', '.join(SKIES)}")
    raise _wrong(level_id, len(lines), 0, "the map is missing; it follows an empty line after the heading")


def _check_shape(level_id: str, rows: tuple[str, ...], first: int) -> None:
    if not rows or not rows[0]:
        raise _wrong(level_id, first, 0, "the map is empty")
    if len(rows) > HEIGHT_TILES_MAX:
        raise _wrong(level_id, first + HEIGHT_TILES_MAX, 0, f"more than {HEIGHT_TILES_MAX} rows")
    if len(rows[0]) > WIDTH_TILES_MAX:
        raise _wrong(level_id, first, WIDTH_TILES_MAX, f"more than {WIDTH_TILES_MAX} columns")
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            short = min(len(row), len(rows[0]))
            message = f"this row has {len(row)} columns, the first has {len(rows[0])}"
            raise _wrong(level_id, first + index, short, message)


def _stands(rows: tuple[str, ...], column: int, row: int) -> bool:
    return row + 1 < len(rows) and rows[row + 1][column] in SOLID + "-"


def _only(level_id: str, cells: list[Cell], what: str, first: int) -> Cell:
    if not cells:
        raise _wrong(level_id, first, 0, f"the map has no {what}")
    if len(cells) > 1:
        column, row = cells[1]
        raise _wrong(level_id, first + row, column, f"a second {what}; one is enough")
    return cells[0]


def _goal(level_id: str, found: dict[str, list[Cell]], first: int) -> int:
    column, row = _only(level_id, found["G"], "goal (G)", first)
    if found["P"] and column <= found["P"][0][0]:
        raise _wrong(level_id, first + row, column, "the goal must be to the right of the start")
    return column


def _wrong(level_id: str, line: int, column: int, message: str) -> LevelError:
    """An error at a place, counted from 0 here and from 1 in what the author reads."""
    return LevelError(f"{level_id}.txt, line {line + 1}, column {column + 1}: {message}")
