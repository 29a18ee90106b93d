"""Level files: what a good one says, and where a bad one is wrong."""

import pytest
from level import HEIGHT_TILES_MAX, WIDTH_TILES_MAX, LevelError, load, read

HEADING = "name: Test\nsky: meadow\nboard: test\n\n"


def test_a_level_knows_where_things_are():
    level = read("hill", HEADING + ".o...oG\n.P.C..=\n####---\n")
    assert (level.id, level.name, level.sky, level.board) == ("hill", "Test", "meadow", "test")
    assert (level.width, level.height, level.start, level.goal) == (7, 3, (1, 1), 6)
    assert level.checkpoints == ((3, 1),)
    assert level.rings == {(1, 0): 0, (5, 0): 1}


def test_outside_the_map_the_sides_are_solid_and_the_rest_is_air():
    level = read("hill", HEADING + "P.G\n###\n")
    assert [level.tile(-1, 0), level.tile(3, 0), level.tile(0, -1), level.tile(0, 2)] == ["#", "#", ".", "."]
    assert level.tile(0, 1) == "#"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEADING + "P.x.G\n#####", "hill.txt, line 5, column 3: unknown tile 'x'; known are .#=-o^S>CPG"),
        (HEADING + "P...G\n####", "hill.txt, line 6, column 5: this row has 4 columns, the first has 5"),
        (HEADING + "P.S.G\n##.##", "hill.txt, line 5, column 3: 'S' needs ground right below it"),
        (HEADING + "P.P.G\n#####", "hill.txt, line 5, column 3: a second start (P); one is enough"),
        (HEADING + "....G\n#####", "hill.txt, line 5, column 1: the map has no start (P)"),
        (HEADING + "P....\n#####", "hill.txt, line 5, column 1: the map has no goal (G)"),
        (HEADING + "G.P..\n#####", "hill.txt, line 5, column 1: the goal must be to the right of the start"),
        (HEADING, "hill.txt, line 4, column 1: the map is missing; it follows an empty line after the heading"),
        ("name: Test\n\nP.G", "hill.txt, line 2, column 1: the heading lacks sky, board"),
        ("title: Test", "hill.txt, line 1, column 1: expected one of name, sky, board, a colon and a value"),
        ("sky: green", "hill.txt, line 1, column 6: unknown sky; known are meadow, dunes, aurora"),
        (HEADING + "\n", "hill.txt, line 4, column 1: the map is missing; it follows an empty line after the heading"),
        (HEADING + "\nP.G", "hill.txt, line 5, column 1: the map is empty"),
        (HEADING + "P.G\n" * (HEIGHT_TILES_MAX + 1), f"hill.txt, line {5 + HEIGHT_TILES_MAX}, column 1: more than"),
        (HEADING + "." * (WIDTH_TILES_MAX + 1), f"hill.txt, line 5, column {WIDTH_TILES_MAX + 1}: more than"),
    ],
)
def test_a_mistake_is_named_with_line_and_column(text, complaint):
    with pytest.raises(LevelError) as error:
        read("hill", text)
    assert str(error.value).startswith(complaint)


def test_a_folder_of_levels_keeps_the_order_of_its_files(tmp_path):
    for name in ("2-hill", "1-lake"):
        (tmp_path / f"{name}.txt").write_text(HEADING + "P.G\n###\n")
    assert list(load(tmp_path)) == ["lake", "hill"]


def test_a_folder_without_levels_is_refused(tmp_path):
    with pytest.raises(LevelError, match="no level files"):
        load(tmp_path)
