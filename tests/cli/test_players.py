"""What an operator does about players, through a running node."""

import asyncio
import io
import json
import re
import stat

import pytest
from tests.cli.conftest import at, play
from tests.cli.test_mistakes import sentence

from supergame.client import RequestFailed


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


def test_all_that_is_kept_on_a_player_is_written_down(typed, server, ann, tmp_path):
    said = typed("players", "export", "ann", *at(server))
    assert json.loads(said.out)["storage"]["objects"][0]["value"] == {"level": 7}
    assert typed("players", "export", ann, "--out", "ann.json", *at(server)).out.startswith("Wrote ann.json (")
    assert json.loads((tmp_path / "ann.json").read_text()) == json.loads(said.out)
    assert stat.S_IMODE((tmp_path / "ann.json").stat().st_mode) == 0o600
    assert "is there already" in sentence(typed("players", "export", ann, "--out", "ann.json", *at(server)))
    assert "cannot be written" in sentence(typed("players", "export", ann, "--out", "no/ann.json", *at(server)))
    assert "There is no player" in sentence(typed("players", "export", "nobody", *at(server)))


async def _two_more(client):
    return [(await client.authenticate_device(f"device-of-{name}", username=name)).user_id for name in ("cid", "dot")]


def test_an_account_is_deleted_once_it_is_meant(typed, server, monkeypatch):
    cid, _ = play(server, _two_more)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    said = typed("players", "delete", "cid", *at(server))
    assert (said.code, f"Delete cid ({cid}) for good?" in said.out) == (1, True)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert typed("players", "delete", "cid", *at(server)).out.endswith("cid is deleted.\n")
    assert "There is no player" in sentence(typed("players", "delete", cid, "--yes", *at(server)))


def test_two_accounts_are_merged_once_it_is_meant(typed, server, ann, monkeypatch):
    cid, dot = play(server, _two_more)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    said = typed("players", "merge", "cid", dot, *at(server))
    assert (said.code, f"Merge cid ({cid}) into dot ({dot}) for good?" in said.out) == (1, True)
    said = typed("players", "merge", "cid", "dot", "--yes", *at(server))
    assert said.out == f"cid ({cid}) is merged into dot ({dot}).\n"
    shown = typed("players", "show", dot, *at(server)).out
    assert {"device-of-cid", "device-of-dot"} <= set(re.split(r"[,\s]+", shown))
    assert "merged with itself" in sentence(typed("players", "merge", "dot", dot, "--yes", *at(server)))
    assert "There is no player" in sentence(typed("players", "merge", "cid", "dot", "--yes", *at(server)))
