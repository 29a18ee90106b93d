"""What an operator does to a node's data: archives, keys, migrations; and bots."""

import os
import stat
import tomllib
import zipfile

import pytest
from tests.acceptance.server import Server
from tests.cli.conftest import at, play
from tests.cli.test_mistakes import sentence

from supergame.cli.keys import KEYS_FILE, OWN_KEYS
from supergame.client import RequestFailed


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


def test_who_was_deleted_after_a_backup_stays_deleted_when_it_is_restored(typed, tmp_path):
    """Unless the data that knows of it is lost: then the restored node says so."""

    async def make(client):
        for name in ("ann", "bob"):
            session = await client.authenticate_device(f"device-of-{name}", username=name)
        return session.user_id

    async def log_in(client):
        with pytest.raises(RequestFailed, match="User account not found"):
            await client.authenticate_device("device-of-ann", create=False)
        return (await client.authenticate_device("device-of-bob", create=False)).user_id

    with Server(tmp_path, None) as server:
        bob = play(server, make)
        typed("backup", "before.zip", "--data", server.data)
        assert typed("players", "delete", "ann", "--yes", *at(server)).code == 0
        data = server.data
    said = typed("restore", "before.zip", "--data", data, "--force")
    assert "Accounts that were deleted since: 1. The next start deletes them again." in said.out
    with Server(tmp_path, None) as server:
        assert play(server, log_in) == bob
    (data / "supergame.db").write_bytes(b"lost to the disk")
    said = typed("restore", "before.zip", "--data", data, "--force")
    assert said.code == 0
    assert "Which accounts were deleted since the backup cannot be read" in said.err


def test_a_damaged_archive_is_refused_and_changes_nothing(typed, server, ann, tmp_path):
    typed("backup", "good.zip", "--data", server.data)
    good = (tmp_path / "good.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "good.zip") as archive:
        packed = archive.getinfo("supergame.db")
    begin = packed.header_offset + 64  # past what says when it was packed, which nobody reads
    for place in range(begin, begin + packed.compress_size - 64, packed.compress_size // 12):
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
