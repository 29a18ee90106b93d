"""What an operator does to a running node and its data: archives, players, keys, migrations, bots."""

import asyncio
import os
import re
import stat
import tomllib
import zipfile

import pytest
from tests.acceptance.server import Server
from tests.cli.test_mistakes import sentence

from supergame.cli.keys import KEYS_FILE, OWN_KEYS
from supergame.client import Client, RequestFailed


def play(server, story):
    """Let a client tell a story to the server."""

    async def told():
        async with Client(port=server.port) as client:
            return await story(client)

    return asyncio.run(told())


@pytest.fixture
def ann(server):
    """A player with a saved object; gives the account's id."""

    async def story(client):
        session = await client.authenticate_device("device-of-ann", username="ann")
        await client.write_object(session, "saves", "one", {"level": 7})
        return session.user_id

    return play(server, story)


def at(server):
    """The options that name a running node."""
    return ("--url", f"http://127.0.0.1:{server.port}", "--data", server.data)


def test_keys_are_made_once_for_their_owners_eyes(server):
    file = server.data / KEYS_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys = tomllib.loads(file.read_text())
    assert set(keys) == set(OWN_KEYS)
    assert len(set(keys.values())) == len(OWN_KEYS)


def test_missing_keys_are_added_and_the_others_stay(typed, tmp_path):
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / KEYS_FILE
    file.write_text('session_key = "kept"\n')
    file.chmod(0o644)
    (tmp_path / "game.py").write_text(
        "from supergame.game import Game\ngame = Game('g')\n"
        "@game.get('/x')\ndef one(ctx, r): ...\n@game.get('/x')\ndef two(ctx, r): ...\n"
    )
    sentence(typed("serve", "game.py"))  # which comes so far as to need the keys
    keys = tomllib.loads(file.read_text())
    assert keys["session_key"] == "kept"
    assert set(keys) == set(OWN_KEYS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_second_node_on_the_same_data_is_refused(typed, server):
    said = sentence(typed("serve", "--data", server.data, "--port", 0))
    assert "Another node is using" in said
    assert "Another node is using" in sentence(typed("migrate", "--data", server.data))


def test_a_running_nodes_data_is_archived_and_restored(typed, server, ann, tmp_path):
    said = typed("backup", "monday.zip", "--data", server.data)
    assert said.code == 0
    assert said.out.startswith("Wrote monday.zip (")
    assert stat.S_IMODE((tmp_path / "monday.zip").stat().st_mode) == 0o600
    assert "is there already" in sentence(typed("backup", "monday.zip", "--data", server.data))
    assert "cannot be written" in sentence(typed("backup", "nowhere/monday.zip", "--data", server.data))

    assert "Restored again/data as it was on" in typed("restore", "monday.zip", "--data", "again/data").out
    assert "--force replaces it" in sentence(typed("restore", "monday.zip", "--data", "again/data"))
    assert typed("restore", "monday.zip", "--data", "again/data", "--force").code == 0
    assert "Another node is using" in sentence(typed("restore", "monday.zip", "--data", server.data, "--force"))
    assert (tmp_path / "again/data" / KEYS_FILE).read_text() == (server.data / KEYS_FILE).read_text()

    async def story(client):
        session = await client.authenticate_device("device-of-ann", create=False)
        return (await client.read_object(session, "saves", "one")).value

    with Server(tmp_path / "again", None) as restored:
        assert play(restored, story) == '{"level":7}'


def test_a_damaged_archive_is_refused_and_changes_nothing(typed, server, ann, tmp_path):
    typed("backup", "good.zip", "--data", server.data)
    good = (tmp_path / "good.zip").read_bytes()
    for place in range(40, len(good), len(good) // 12):
        (tmp_path / "bad.zip").write_bytes(good[:place] + bytes([good[place] ^ 0xFF]) + good[place + 1 :])
        assert "no whole archive" in sentence(typed("restore", "bad.zip", "--data", "new"))
    (tmp_path / "bad.zip").write_bytes(good[: len(good) // 2])
    assert "no whole archive" in sentence(typed("restore", "bad.zip", "--data", "new"))
    with zipfile.ZipFile(tmp_path / "strange.zip", "w") as strange:
        strange.writestr("manifest.json", '{"version":"1","made":"now","files":{"../evil":"0"}}')
    assert "no whole archive" in sentence(typed("restore", "strange.zip", "--data", "new"))
    assert os.listdir(tmp_path / "new") == []
    (tmp_path / "file").write_text("")
    assert "cannot be made" in sentence(typed("restore", "good.zip", "--data", "file/data"))


def test_players_are_found_and_shown(typed, server, ann):
    (line,) = typed("players", "find", "an", *at(server)).out.splitlines()
    username, user_id, online, banned, email, created = line.split("\t")
    assert (username, user_id, online, banned, email) == ("ann", ann, "", "", "")
    assert re.match(r"\d{4}-\d\d-\d\dT", created)
    assert typed("players", "find", "nobody", *at(server)).out == "Nobody was found.\n"
    lines = typed("players", "show", ann, *at(server)).out.splitlines()
    shown = dict(line.split(None, 1) for line in lines if len(line.split()) > 1)
    assert shown["devices"].strip() == "device-of-ann"
    assert "There is no player" in sentence(typed("players", "show", "nobody", *at(server)))


def test_on_a_terminal_players_are_a_table(typed, server, ann, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    said = typed("players", "find", "ann", *at(server)).out
    assert "username" in said
    assert ann in said


def test_a_player_is_banned_unbanned_and_disconnected(typed, server, ann):
    assert typed("players", "ban", "ann", *at(server)).out == "ann is banned.\n"

    async def log_in(client):
        session = await client.authenticate_device("device-of-ann")
        socket = await client.connect(session, reconnect=False)
        typed_in_thread = await asyncio.to_thread(typed, "players", "disconnect", ann, *at(server))
        await socket.closed.wait()
        return typed_in_thread.out

    with pytest.raises(RequestFailed, match="banned"):
        play(server, log_in)
    assert typed("players", "find", "ann", *at(server)).out.split("\t")[3] == "banned"
    assert typed("players", "unban", ann, *at(server)).out == "ann may play again.\n"
    assert play(server, log_in) == "ann: 1 sockets closed.\n"


def test_a_wrong_key_is_refused(typed, server):
    url = f"http://127.0.0.1:{server.port}"
    assert sentence(typed("players", "find", "ann", "--url", url, "--key", "wrong")) == "Console key invalid"


def test_the_database_is_brought_up_to_date(typed):
    first, second = typed("migrate"), typed("migrate")
    assert "applied accounts" in first.out
    assert first.out.endswith("The database is up to date.\n")
    assert second.out == "The database was up to date already.\n"


def test_bots_play_and_measure(typed, server):
    said = typed("bots", "--port", server.port, "--players", 4, "--seconds", 2)
    assert said.code == 0, said
    for step in ("login", "save", "load", "chat", "matched", "match data"):
        assert step in said.out
    assert "p99 ms" in said.out


def test_bots_that_are_refused_end_with_code_1(typed, server):
    said = typed("bots", "--port", server.port, "--players", 1, "--seconds", 1, "--server-key", "wrong")
    assert said.code == 1
    assert "login: Server key invalid" in said.out
