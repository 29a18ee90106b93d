"""The JavaScript client: made of the declarations, typed, and able to carry every kind of value."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
from clients.generate import FOLDER, extensions, files
from tests.edge.wire import Node, running

import supergame
from supergame.core.errors import SupergameError, TooMany
from supergame.edge import Caller
from supergame.protocol.catalogue import OPERATIONS
from supergame.protocol.operation import Auth, Binding, Operation
from supergame.protocol.types import Empty, Int32, Int64, Message, Timestamp

HERE = Path(__file__).with_name("javascript")
TSC = Path(__file__).parents[1] / "acceptance/js/node_modules/.bin/tsc"
SECONDS_MAX = 60

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not there")
needs_typescript = pytest.mark.skipif(not TSC.exists(), reason="TypeScript is not there (`make test` installs it)")


class Mood(IntEnum):
    """How somebody is."""

    CALM = 0
    WILD = 1


class Part(Message):
    """A message within another."""

    name: str = ""
    size: Int64 = Int64(0)


class Whole(Message):
    """Every kind of field there is."""

    name: str = ""
    text: str = ""
    yes: bool = False
    number: Int32 = 0
    ratio: float = 0.0
    large: Int64 = Int64(0)
    data: bytes = b""
    mood: Mood = Mood.CALM
    time: Timestamp | None = None
    maybe: str | None = None
    maybe_large: Int64 | None = None
    part: Part | None = None
    parts: list[Part] = []
    numbers: list[Int64] = []
    pairs: dict[str, str] = {}


class Asked(Message):
    """What lies in the query string."""

    words: list[str] = []
    count: Int64 = Int64(0)
    flag: bool | None = None


class Told(Message):
    """The same in text."""

    text: str = ""


def operation(
    name: str, method: str, path: str, request: type[Message], response: type[Message], **how: Any
) -> Operation[Message, Message]:
    body = how.pop("body", None)
    return Operation(name, (Binding(method, f"/v3/{path}", body),), request, response, f"{name} it.", **how)


MADE = [
    operation("Mirror", "POST", "mirror/{name}", Whole, Whole, body="*"),
    operation("MirrorPart", "PUT", "part/{name}", Whole, Whole, body="part", auth=Auth.SERVER_KEY),
    operation("Ask", "GET", "ask", Asked, Told, auth=Auth.NOBODY),
    operation("Fail", "POST", "fail", Told, Empty, body="*", auth=Auth.NOBODY),
    operation("Wait", "POST", "wait", Empty, Empty, auth=Auth.NOBODY),
    operation("Call", "POST", "call", Empty, Empty, auth=Auth.SESSION_OR_HTTP_KEY),
]


def mirror(service: None, caller: Caller, request: Whole) -> Whole:
    return request


def tell(service: None, caller: Caller, request: Asked) -> Told:
    return Told(json.dumps([request.words, request.count, request.flag]))


def fail(service: None, caller: Caller, request: Told) -> None:
    raise TooMany("Slower.", retry_seconds=3) if request.text == "slower" else SupergameError("é")


async def wait(service: None, caller: Caller, request: Empty) -> None:
    await asyncio.Event().wait()


HANDLERS = {"Mirror": mirror, "MirrorPart": mirror, "Ask": tell, "Fail": fail, "Wait": wait}


def write(folder: Path, operations: list[Operation[Message, Message]]) -> None:
    """Put a client of those operations into a folder."""
    for name in ("transport.js", "transport.d.ts", "package.json"):
        shutil.copy(FOLDER / name, folder)
    for name, content in files(operations).items():
        (folder / name).write_text(content)


@pytest.fixture
async def node(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Node]:
    """A node that serves the operations made up here."""
    node = Node()
    for made in MADE:
        monkeypatch.setitem(OPERATIONS, made.name, made)
        node.edge.router.add_operation(made.name, HANDLERS.get(made.name, lambda *_: None), None)
    async with running(node):
        yield node


async def run(*command: object, cwd: Path = HERE, **environment: object) -> None:
    """Run a command, and fail with what it says if it fails."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(SECONDS_MAX):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


def test_the_client_is_what_the_declarations_make_it() -> None:
    for name, content in files(extensions()).items():
        assert (FOLDER / name).read_text() == content, f"clients/js/{name} is out of date: `make clients`"
    assert json.loads((FOLDER / "package.json").read_text())["version"] == supergame.__version__


@needs_node
async def test_every_kind_of_value_and_what_can_go_wrong(node: Node, tmp_path: Path) -> None:
    write(tmp_path, MADE)
    await run("node", "--test", "kinds.test.mjs", CLIENT=tmp_path / "supergame.js", PORT=node.port, TOKEN=node.token())
    assert [line["event"] for line in node.lines] == []


@needs_node
@needs_typescript
async def test_the_types_hold(tmp_path: Path) -> None:
    """Both programs are right, and every line that is marked as wrong is found to be so."""
    (tmp_path / "kinds").mkdir()
    write(tmp_path / "kinds", MADE)
    shutil.copytree(FOLDER, tmp_path / "client")
    for name in ("kinds.ts", "player.ts", "tsconfig.json"):
        shutil.copy(HERE / name, tmp_path)
    await run(TSC, "--project", tmp_path)
