"""The command line as somebody types it, in this process: `typed("serve", "--port", "nonsense").code == 2`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import structlog
from tests.acceptance.server import Server

from supergame.cli import main, output
from supergame.client import Client

Typed = Callable[..., "Said"]


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder without settings, and no settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("SUPERGAME_"):
            monkeypatch.delenv(name)
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    output.out.cache_clear()
    output.err.cache_clear()
    structlog.reset_defaults()


@pytest.fixture
def typed(monkeypatch, capsys) -> Typed:
    """Type a command: gives what it said."""

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["supergame", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Said(int(left.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A bare node in a process of its own."""
    with Server(tmp_path_factory.mktemp("node"), None, settings={"matchmaker.interval_seconds": 0.1}) as server:
        yield server


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
