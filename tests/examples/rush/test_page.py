"""The page's own code, run by Node: it moves runners as the server does, and takes the server's word."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from physics import at_start, step
from record import HERE, RECORDINGS

NODE = shutil.which("node")
TESTS = Path(__file__).parent

pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed")


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """The page's modules where Node takes them for modules."""
    folder = tmp_path_factory.mktemp("web")
    for file in (HERE / "web").glob("*.js"):
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def run_node(script, *arguments):
    command = [NODE, TESTS / script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr
    return json.loads(done.stdout)


def told(level):
    return {"id": level.id, "rows": level.rows}


def random_keys(rng, steps):
    keys = []
    while len(keys) < steps:
        keys += [rng.choice((2, 2, 6, 6, 1, 5, 0, 4, 10))] * rng.randint(1, 12)
    return keys[:steps]


def test_the_page_moves_runners_exactly_as_the_server_does(levels, web, tmp_path):
    rng = random.Random(7)
    recorded = json.loads(RECORDINGS.read_text())
    runs = [(level, 0, [int(digit, 16) for digit in recorded[level.id]]) for level in levels.values()]
    runs += [(level, seat, random_keys(rng, 600)) for level in levels.values() for seat in (0, 5)]
    here = [
        [state(runner) for held in keys if not step(level, runner, held)]
        for level, seat, keys in runs
        if (runner := at_start(level, seat))
    ]
    recording = tmp_path / "recording.json"
    recording.write_text(json.dumps([{"level": told(level), "seat": seat, "keys": keys} for level, seat, keys in runs]))
    assert run_node("replay.mjs", web, recording) == here


def state(runner):
    flags = [int(runner.left), int(runner.jumping), int(runner.held)]
    counters = [runner.coyote, runner.buffer, runner.out, runner.checkpoint, runner.rings, runner.finish_ms]
    return [runner.x, runner.y, runner.vx, runner.vy, *flags, *counters]


def test_the_page_runs_ahead_of_a_slow_line_and_takes_the_servers_word(levels, web, tmp_path):
    file = tmp_path / "level.json"
    file.write_text(json.dumps(told(levels["meadow"])))
    ran = run_node("predict.mjs", web, file)
    page_steps, server_steps = ran["steps"]
    assert page_steps == 120
    assert server_steps == 117
    missed = sorted(set(range(ran["agreed"][0], 117)) - set(ran["agreed"]))
    assert missed == []  # where the server said otherwise, its word is the page's at once
    moved = [after - before for before, after in zip(ran["shown"][10:-1], ran["shown"][11:], strict=True)]
    assert all(95 <= way <= 105 for way in moved)  # others are shown in even motion


def test_the_lobbys_recordings_still_lead_to_the_goal(levels):
    for course, keys in json.loads(RECORDINGS.read_text()).items():
        runner = at_start(levels[course])
        for digit in keys:
            step(levels[course], runner, int(digit, 16))
        assert runner.finish_ms, f"run `python examples/rush/record.py`: {course} has changed"
