"""Live reload: changed files become the running node's code, whole or not at all, while players stay connected."""

import asyncio
import os
import py_compile
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from supergame import testing
from supergame.client import SocketFailed
from supergame.game import BadGame, Game
from supergame.game.loading import importing, load_game, load_module, renew_instances
from supergame.game.reload import Reloader

GAME = """
from supergame.game import Context, Game, Match
from words import greeting, Counter

game = Game("{folder}")

@game.rpc
def hello(ctx: Context) -> str:
    return greeting("{version}")

@game.before("channel_join")
def rename(ctx, message):
    message.target = "{version}-" + message.target

@game.get("/version")
def version(ctx, request):
    return "{version}"

@game.match("count")
class Count(Match):
    tick_rate = 10

    def init(self, params):
        self.counter = Counter()

    def loop(self, tick, messages):
        self.counter.step()

    def signal(self, data):
        return f"{version} {{self.counter.n}} {{self.counter.describe()}}"
"""
WORDS = """
class Counter:
    def __init__(self):
        self.n = 0

    def step(self):
        self.n += {step}

    def describe(self):
        return "by {step}"

def greeting(version):
    return f"{word} from {{version}}"
"""


class Files:
    """A game in a folder, written and rewritten."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.game = folder, folder / "game.py"

    def write(self, version="one", word="Hello", step=1) -> None:
        self.game.write_text(GAME.format(folder=self.folder.name, version=version))
        self.words(word, step)

    def words(self, word="Hello", step=1) -> None:
        (self.folder / "words.py").write_text(WORDS.format(word=word, step=step))


@pytest.fixture
def files(tmp_path):
    files = Files(tmp_path)
    files.write()
    return files


@asynccontextmanager
async def running(files):
    """A node with the game, a player, a match, and what reloads it."""
    async with testing.node(files.game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("count")
        await node.advance(1)
        node.match_id, node.ann = match_id, ann
        node.reloader = Reloader(files.game, node.node.runtime, node.node.log)
        yield node


async def answers(node) -> tuple[str, str, str]:
    """What a function, a hook and a running match say."""
    channel = await node.ann.socket.join_chat("hall")
    said = await node.services.matches.signal(node.match_id, "")
    return await node.ann.socket.rpc("hello"), channel.room_name, said


async def test_functions_hooks_matches_and_their_objects_get_the_new_code(files):
    async with running(files) as node:
        first = await answers(node)
        assert first[:2] == ("Hello from one", "one-hall")
        count = int(first[2].split()[1])
        files.write("two", "Hi", step=100)
        with capture_logs() as logs:
            assert await node.reloader.reload()
        hello, room, said = await answers(node)
        assert (hello, room, said) == ("Hi from two", "two-hall", f"two {count} by 100")
        assert [(line["event"], line["objects_renewed"]) for line in logs] == [("reloaded", 1)]
        await node.advance(0.1)
        assert (await answers(node))[2] == f"two {count + 100} by 100"
        assert node.ann.socket.connected


async def test_a_module_that_the_game_imports_counts_too(files):
    async with running(files) as node:
        files.words("Good day")
        assert await node.reloader.reload()
        assert (await answers(node))[0] == "Good day from one"


BROKEN = {
    "does not parse": ("def broken(:", "SyntaxError"),
    "does not import": ("import no_such_module_anywhere", "No module named 'no_such_module_anywhere'"),
    "raises": ("from supergame.game import Game\ngame = Game('g')\nraise ValueError('oh')", "ValueError: oh"),
    "leaves": ("raise SystemExit(3)", "SystemExit: 3"),
    "makes no game": ("x = 1", "has to make one Game"),
    "makes two": ("from supergame.game import Game\na, b = Game('a'), Game('b')", "it makes 2"),
    "lost its match class": ("from supergame.game import Game\ngame = Game('g')", "Match class 'count' is gone"),
    "has a match of another shape": (
        "from supergame.game import Game, Match\ngame = Game('g')\n"
        "@game.match('count')\nclass Count(Match):\n    __slots__ = ('x',)",
        "cannot become the new class",
    ),
    "has a bad job": (
        "from supergame.game import Game\ngame = Game('g')\ngame.cron('never')(lambda ctx: None)",
        "cron expression",
    ),
    "has a bad function": (
        "from supergame.game import Game\ngame = Game('g')\n@game.rpc\ndef f(): ...",
        "takes the context",
    ),
    "has a route twice": (
        "from supergame.game import Game\ngame = Game('g')\nfor i in range(2): game.get('/x')(lambda ctx, request: '')",
        "/x",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_code_that_does_not_fit_leaves_the_old_running_and_says_why(files, case):
    source, reason = BROKEN[case]
    async with running(files) as node:
        before = await answers(node)
        modules = {name: sys.modules[name] for name in ("game", "words")}
        files.game.write_text(source)
        with capture_logs() as logs:
            assert not await node.reloader.reload()
        assert [line["event"] for line in logs] == ["not reloaded, the old code goes on"]
        assert reason in logs[0]["reason"]
        assert await answers(node) == before
        assert {name: sys.modules[name] for name in modules} == modules

        files.write("three", "Hey", step=5)
        assert await node.reloader.reload()  # the next good save works, and finds the objects of the old code
        assert await answers(node) == ("Hey from three", "three-hall", before[2].replace("one", "three")[:-1] + "5")


async def test_all_of_it_is_swapped_or_nothing(files):
    """The functions would fit, the match class does not: not even the hooks and routes are new."""
    async with running(files) as node:
        before = await answers(node)
        files.write("two")
        files.game.write_text(files.game.read_text().replace('match("count")', 'match("renamed")'))
        with capture_logs() as logs:
            assert not await node.reloader.reload()
        assert "'count' is gone" in logs[0]["reason"]
        assert await answers(node) == before
        with pytest.raises(SocketFailed, match="not found"):
            await node.ann.socket.rpc("nonsense")


async def test_a_compiled_file_of_the_same_second_and_size_fools_nobody(files):
    async with running(files) as node:
        stamp = 1_700_000_000
        words = files.folder / "words.py"
        os.utime(words, (stamp, stamp))
        py_compile.compile(str(words))
        files.words("Howdy")  # as long as "Hello"
        os.utime(words, (stamp, stamp))
        assert await node.reloader.reload()
        assert (await answers(node))[0] == "Howdy from one"
        assert len(list(files.folder.glob("__pycache__/*"))) == 1


async def test_packages_and_folders_of_modules_are_imported_anew(files):
    package, folder = files.folder / "parts", files.folder / "loose"
    package.mkdir()
    folder.mkdir()

    def write(text):
        (package / "__init__.py").write_text("from parts.inner import TEXT")
        (package / "inner.py").write_text(f"TEXT = {text!r}")
        (folder / "piece.py").write_text(f"PIECE = {text!r}")

    write("old")
    files.words()
    with (files.folder / "words.py").open("a") as words:
        words.write(
            "\nfrom parts import TEXT\nfrom loose import piece\ndef greeting(version): return TEXT + piece.PIECE"
        )
    async with running(files) as node:
        assert (await answers(node))[0] == "oldold"
        write("new")
        assert await node.reloader.reload()
        assert (await answers(node))[0] == "newnew"


async def test_members_of_enums_stay_what_they_are(files, tmp_path):
    with (files.folder / "words.py").open("a") as words:
        words.write("\nfrom enum import Enum\nclass Colour(Enum):\n    RED = 1\n")
    with importing(files.game):
        old = sys.modules["words"]
    counter, red = old.Counter(), old.Colour.RED
    with importing(files.game) as code:
        pass
    assert renew_instances(code) == 1
    assert type(counter) is sys.modules["words"].Counter
    assert red is old.Colour.RED
    assert isinstance(red, old.Colour)


class Said(asyncio.Queue):
    """A log that can be waited for."""

    def info(self, event, **fields):
        self.put_nowait(event)

    error = info


async def test_the_watcher_sees_every_save_and_what_was_changed_before_it_began(files):
    """Two edits follow each other at once, within the same second."""
    async with running(files) as node:
        said = Said()
        reloader = Reloader(files.game, node.node.runtime, said)
        files.words("Before")
        watching = asyncio.ensure_future(reloader.run())
        try:
            for word in ("Before", "First", "Later"):
                if word != "Before":
                    files.words(word)
                async with asyncio.timeout(20):
                    while await node.ann.socket.rpc("hello") != f"{word} from one":
                        assert await said.get() == "reloaded"
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


def test_what_cannot_be_a_games_file(tmp_path):
    for name, reason in {
        "missing.py": "There is no game file",
        "my-game.py": "cannot be imported",
        "game.txt": "cannot be imported",
        "json.py": "has the name of a module",
    }.items():
        file = tmp_path / name
        if name != "missing.py":
            file.write_text("")
        with pytest.raises(BadGame, match=reason):
            load_game(file)


def test_other_modules_of_the_games_folder(files, tmp_path):
    with pytest.raises(BadGame, match="No game has been loaded"):
        load_module(tmp_path / "elsewhere", "words")
    assert isinstance(load_game(files.game), Game)
    assert load_module(files.folder, "words").greeting("x") == "Hello from x"


def test_a_game_leaves_the_modules_of_others_alone(tmp_path, monkeypatch):
    """A module that somebody imported before, from the very folder, stays the one and only."""
    (tmp_path / "shared_by_two.py").write_text("x = object()")
    (tmp_path / "game.py").write_text("import shared_by_two\nfrom supergame.game import Game\ngame = Game('g')")
    monkeypatch.syspath_prepend(tmp_path)
    import shared_by_two  # type: ignore[import-not-found]

    load_game(tmp_path / "game.py")
    load_game(tmp_path / "game.py")
    assert sys.modules.pop("shared_by_two") is shared_by_two
