"""Nodes in processes of their own: a new game runs and passes its test, `dev` swaps code under open sockets."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest
from tests.acceptance.server import Server

from supergame.cli.new import TEMPLATE
from supergame.client import Client

ANSWER_SECONDS_MAX = 30
LOOK_SECONDS = 0.02


@pytest.fixture
def made(typed, tmp_path):
    """The folder of a new game."""
    said = typed("new", "my-game")
    assert said.code == 0
    assert "supergame dev game.py" in said.out
    return tmp_path / "my-game"


def test_a_new_game_has_what_the_template_has(made):
    files = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    assert files == {".gitignore", "README.md", "game.py", "pytest.ini", "test_game.py", "web/index.html"}
    for path in files:
        assert "GAME_NAME" not in (made / path).read_text()
    assert 'game = Game("my_game")' in (made / "game.py").read_text()
    assert TEMPLATE.startswith("supergame.cli")


def test_a_new_games_own_test_passes(made):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=made, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


async def test_a_game_under_development_is_edited_while_a_player_is_connected(made, tmp_path):
    with Server(tmp_path, made / "game.py", command="dev") as server:
        async with asyncio.timeout(ANSWER_SECONDS_MAX), Client(port=server.port) as client:
            session = await client.authenticate_device("device-0001", username="ann")
            async with await client.connect(session, reconnect=False) as socket:
                said = json.loads(await socket.rpc("hello"))
                assert said["text"] == "Hello ann!"

                async def hears(text):
                    while json.loads(await socket.rpc("hello"))["text"] != text:  # noqa: ASYNC110 - another process
                        await asyncio.sleep(LOOK_SECONDS)

                game = made / "game.py"
                source = game.read_text()
                game.write_text(source.replace("Hello {", "Good day {"))
                await hears("Good day ann!")
                game.write_text("this is no Python")
                while "not reloaded, the old code goes on" not in server.log_file.read_text():  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
                await hears("Good day ann!")
                game.write_text(source.replace("Hello {", "Welcome {"))
                await hears("Welcome ann!")
    assert "Traceback" not in server.log_file.read_text()


def test_the_page_of_a_new_game_is_served_and_the_node_stops_when_told(made, tmp_path):
    with Server(tmp_path, made / "game.py") as server:
        with urlopen(f"http://127.0.0.1:{server.port}/") as page:
            assert b"<title>my_game</title>" in page.read()
        assert server.stop() == 0
    assert server.complaints() == []


def test_who_tells_a_node_twice_to_stop_is_not_kept_waiting(tmp_path):
    """The game does not come to its end; the first Ctrl+C waits for it, the second does not."""
    (tmp_path / "game.py").write_text(
        "import asyncio\nfrom supergame.game import Game\ngame = Game('slow')\n"
        "@game.on('stop')\nasync def wait(ctx):\n    print('waiting', flush=True)\n    await asyncio.Event().wait()\n"
    )
    command = [sys.executable, "-m", "supergame", "serve", "game.py", "--port", "0", "--set", "node.log_form=json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as node:
        while '"ready"' not in (line := node.stderr.readline()):
            assert line
        node.send_signal(signal.SIGINT)
        assert node.stdout.readline() == "waiting\n"
        node.send_signal(signal.SIGINT)
        assert node.wait(ANSWER_SECONDS_MAX) == 130


def test_the_demo_prints_one_address_where_the_example_is_played_by_bots(tmp_path):
    command = [
        sys.executable,
        "-m",
        "supergame",
        "demo",
        "--port",
        "0",
        "--bots",
        "2",
        "--data",
        str(tmp_path / "data"),
    ]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as demo:
        try:
            said = ""
            while "Stop" not in said:
                line = demo.stderr.readline()
                assert line, said
                said += line
            (address,) = set(re.findall(r"http://127\.0\.0\.1:\d+", said))
            with urlopen(address) as page:
                assert b"<html" in page.read()
        finally:
            demo.send_signal(signal.SIGINT)
            rest = demo.stderr.read()
        assert demo.wait(ANSWER_SECONDS_MAX) == 0, rest
    assert "Traceback" not in rest
