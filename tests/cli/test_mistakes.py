"""A user's mistake gets one sentence and exit code 1, or 2 when the command was not understood; never a traceback."""

import socket

import pytest

from supergame import __version__
from supergame.cli.keys import KEYS_FILE


def sentence(said, code=1):
    """What was complained of, if it was one sentence."""
    assert said.code == code, said
    assert "Traceback" not in said.err
    (line,) = [line for line in said.err.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


def test_without_a_command_there_is_help(typed):
    said = typed()
    assert said.code == 0
    for command in ("serve", "dev", "demo", "new", "bots", "migrate", "backup", "restore", "players", "version"):
        assert f" {command} " in said.out


@pytest.mark.parametrize(
    "command",
    ["serve", "dev", "demo", "new", "bots", "migrate", "backup", "restore", "players", "players find", "version"],
)
def test_every_command_explains_itself(typed, command):
    said = typed(*command.split(), "--help")
    assert said.code == 0
    assert "Usage" in said.out
    assert len(said.out) > 200


@pytest.mark.parametrize("words", [["version"], ["--version"]])
def test_the_version(typed, words):
    said = typed(*words)
    assert (said.code, said.out) == (0, f"supergame {__version__}\n")


@pytest.mark.parametrize("words", [["sreve"], ["serve", "--prot", "1"], ["serve", "--port", "many"], ["dev"]])
def test_what_is_not_understood_is_code_2(typed, words):
    said = typed(*words)
    assert said.code == 2
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("x = 1\nimport nowhere_at_all", "No module named 'nowhere_at_all'"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("x = 1", "has to make one Game"),
        ("from supergame.game import Game\ngame = Game('g')\n@game.on('birthday')\ndef f(ctx): ...", "birthday"),
        ("from supergame.game import Game\ngame = Game('g')\ngame.cron('never')(lambda ctx: 0)", "cron expression"),
        ("from supergame.game import Game\ngame = Game('g')\ngame.migrations('tables')", "0001"),
    ],
)
def test_a_broken_game(typed, tmp_path, source, reason):
    (tmp_path / "game.py").write_text(source)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/first.sql").write_text("CREATE TABLE t (a TEXT);")
    for command in ("serve", "dev"):
        assert reason in sentence(typed(command, "game.py", "--port", 0, "--data", tmp_path / command))


def test_the_line_of_a_broken_game_is_named(typed, tmp_path):
    (tmp_path / "words.py").write_text("\n\n1 / 0\n")
    (tmp_path / "game.py").write_text("import words")
    assert "ZeroDivisionError: division by zero" in (said := sentence(typed("serve", "game.py")))
    assert f"{tmp_path}/words.py, line 3" in said


def test_a_game_that_is_not_there(typed):
    assert "There is no game file" in sentence(typed("serve", "nowhere.py"))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--set", "edge.prot=1"], "there is no setting called edge.prot. Did you mean edge.port?"),
        (["--set", "edge.port"], "write it as NAME=VALUE"),
        (["--set", "edge.port=many"], "edge.port has to be of type int"),
        (["--config", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--config", "bad.toml"], "is not valid TOML"),
        (["--config", "unknown.toml"], "there is no setting called edge.colour"),
        (["--data", "file"], "cannot be"),
        (["--database", "postgresql://nobody@127.0.0.1:1/none"], "database"),
    ],
)
def test_settings_that_do_not_fit(typed, tmp_path, words, reason):
    (tmp_path / "bad.toml").write_text("[edge\n")
    (tmp_path / "unknown.toml").write_text("[edge]\ncolour = 1\n")
    (tmp_path / "file").write_text("not a folder")
    assert reason in sentence(typed("serve", "--set", "store.wait_seconds_max=0.5", *words))


def test_an_unknown_variable_of_ours(typed, monkeypatch):
    monkeypatch.setenv("SUPERGAME_EDGE_PROT", "1")
    assert "Did you mean SUPERGAME_EDGE_PORT?" in sentence(typed("serve"))


def test_settings_in_this_folder_are_read_by_themselves(typed, tmp_path):
    (tmp_path / "supergame.toml").write_text("[edge]\ncolour = 1\n")
    assert "supergame.toml: there is no setting called edge.colour" in sentence(typed("serve"))


def test_a_port_that_is_taken(typed, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = typed("serve", "--host", "127.0.0.1", "--port", taken.getsockname()[1])
    assert "cannot listen on 127.0.0.1" in sentence(said)
    assert "Note: edge.server_key and edge.http_key have their published defaults" in said.err


def test_published_keys_are_refused_in_production(typed, tmp_path):
    said = typed("serve", "--production")
    assert "edge.server_key and edge.http_key still have their published defaults" in sentence(said)
    assert "edge.http_key still" in sentence(typed("serve", "--production", "--set", "edge.server_key=ours"))
    assert not (tmp_path / "data").exists()


def test_keys_that_can_be_guessed_are_refused_in_production(typed, tmp_path):
    ours = ("--production", "--set", "edge.server_key=ours", "--set", "edge.http_key=hunter2")
    said = sentence(typed("serve", *ours, "--set", "recovery.key=hunter3"))
    assert "edge.http_key and recovery.key have fewer than 16 characters" in said
    assert not (tmp_path / "data").exists()


def test_letters_that_reach_nobody_are_told_of_in_production(typed):
    keys = ("--production", "--set", "edge.server_key=ours", "--set", f"edge.http_key={'x' * 16}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = ("--host", "127.0.0.1", "--port", taken.getsockname()[1])
        assert "Letters to players go into a folder" in typed("serve", *keys, *where).err
        assert "Letters" not in typed("serve", *keys, *where, "--set", "mail.transport=smtp").err


def test_a_broken_keys_file(typed, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / KEYS_FILE).write_text("session_key = ")
    assert f"{KEYS_FILE}: cannot be read" in sentence(typed("serve", "--port", 0))


def test_operators_without_a_key_or_a_node(typed, tmp_path):
    assert "There is no console key in" in sentence(typed("players", "find", "ann"))
    words = ("--url", "http://127.0.0.1:1", "--key", "k")
    assert "No node answers at http://127.0.0.1:1" in sentence(typed("players", "show", "ann", *words))


def test_bots_without_a_server(typed):
    assert "127.0.0.1:1/healthcheck" in sentence(typed("bots", "--port", 1))


def test_archives_that_are_not(typed, tmp_path):
    assert "There is no data in data" in sentence(typed("backup", "a.zip"))
    assert "There is no archive a.zip" in sentence(typed("restore", "a.zip"))
    (tmp_path / "a.zip").write_text("no archive")
    assert "no whole archive" in sentence(typed("restore", "a.zip"))


def test_a_new_game_where_there_is_something(typed, tmp_path):
    (tmp_path / "mygame").mkdir()
    (tmp_path / "mygame/thing").write_text("")
    assert "is there already and not empty" in sentence(typed("new", "mygame"))
    assert "cannot be a game's name" in sentence(typed("new", "123"))
    assert "cannot be made" in sentence(typed("new", "mygame/thing/game"))
