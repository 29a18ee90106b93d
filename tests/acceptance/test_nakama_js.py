"""The client that every browser game has, unchanged from npm, plays against a real server: `js/topics`.

Topics that have to do with sockets are played twice: in JSON, and in protobuf by the client's own adapter for that.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path

import pytest
from tests.acceptance.platforms import PlatformsBeside
from tests.acceptance.server import Server

from docs import shown
from supergame.protocol.catalogue import MESSAGES, OPERATIONS

JS = Path(__file__).with_name("js")
TOPICS = {file.name.removesuffix(".test.mjs"): file.read_text() for file in sorted((JS / "topics").glob("*.test.mjs"))}
OVER_SOCKETS = re.compile(r"socket|\.next\(|\.all\(")
"""What a topic asks of players when it is about what they send and hear over sockets."""
SECONDS_MAX = 60

DELIBERATE = "a deliberate mistake"
"""What the game's `fail` raises, and the server logs."""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (JS / "node_modules").is_dir(),
    reason="Node or the packages are not there (`make test` installs the packages where it finds npm)",
)


CASES = [
    pytest.param(topic, encoding, id=topic if encoding == "json" else f"{topic}-{encoding}")
    for topic, text in TOPICS.items()
    for encoding in (("json", "protobuf") if OVER_SOCKETS.search(text) else ("json",))
]


@pytest.mark.parametrize(("topic", "encoding"), CASES)
def test_the_unchanged_client(server: Server, platforms: PlatformsBeside, topic: str, encoding: str) -> None:
    complained = len(server.complaints())
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", f"topics/{topic}.test.mjs"],
        cwd=JS,
        env=os.environ
        | {
            "SUPERGAME_PORT": str(server.port),
            "SUPERGAME_FORMAT": encoding,
            "SUPERGAME_DATA": str(server.data),
            "SUPERGAME_PLATFORMS": platforms.url,
        },
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert [line for line in server.complaints()[complained:] if DELIBERATE not in line] == []
    assert _not_hooked(server, topic) == []


def _not_hooked(server: Server, topic: str) -> list[str]:
    """What a topic's titles name, and the hooks of the game have not seen: nobody has asked for it, or no hook ran."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/hooked") as answer:
        hooked = json.load(answer)
    named = {name for test in shown.tests() if test.file == f"{topic}.test.mjs" for name in test.names}
    asked = named & (OPERATIONS.keys() | MESSAGES.keys())
    return sorted(name for name in asked if not (name in hooked["before"] and name in hooked["after"]))
