"""The client that every browser game has, unchanged from npm, plays against a real server: `js/topics`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.acceptance.server import Server

JS = Path(__file__).with_name("js")
TOPICS = sorted(file.name.removesuffix(".test.mjs") for file in (JS / "topics").glob("*.test.mjs"))
SECONDS_MAX = 60

DELIBERATE = "a deliberate mistake"
"""What the game's `fail` raises, and the server logs."""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (JS / "node_modules").is_dir(),
    reason="Node or the packages are not there (`make test` installs the packages where it finds npm)",
)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_unchanged_client(server: Server, topic: str) -> None:
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", f"topics/{topic}.test.mjs"],
        cwd=JS,
        env=os.environ | {"SUPERGAME_PORT": str(server.port)},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert [line for line in server.complaints() if DELIBERATE not in line] == []
