"""TLS by files: served, renewed while the node runs, and kept when what is new does not fit."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop
from tests.edge.wire import Http, Node, Socket, ask, request_bytes, running

from supergame.core.config import BadSetting

Start = Callable[..., Awaitable[Node]]

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make certificates with")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two certificates for localhost with their keys: old.pem, old.key, new.pem, new.key."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("old", "new"):
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
        names = ["-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")]
        subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    return folder


@pytest.fixture
def files(made: Path, tmp_path: Path) -> Path:
    """The files that the node uses, for the test to change."""
    install(made, tmp_path, "old")
    return tmp_path


def install(made: Path, files: Path, certificate: str, key: str = "") -> None:
    for kind, name in (("pem", certificate), ("key", key or certificate)):
        shutil.copy(made / f"{name}.{kind}", files / f"node.{kind}.part")
        os.replace(files / f"node.{kind}.part", files / f"node.{kind}")


def settings(files: Path) -> dict[str, object]:
    return {"tls_certificate": str(files / "node.pem"), "tls_key": str(files / "node.key"), "tls_poll_seconds": 10}


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_http_and_sockets_over_tls(run: Callable[..., None], files: Path) -> None:
    async def scenario() -> None:
        node = Node(**settings(files))
        async with running(node):
            tls = trusting(files / "node.pem")
            assert (await ask(node.port, "GET", "/healthcheck", tls=tls)).body == b"{}"
            http = await Http.open(node.port, tls)
            upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
            http.send(f"GET /ws?token={node.token()} HTTP/1.1\r\nHost: x\r\n{upgrade}{key}".encode())
            assert (await http.answer()).status == 101
            socket = Socket(http)
            for size in (10, 60_000):
                answer = await socket.ask(cid="1", rpc={"payload": "x" * size})
                assert len(answer["rpc"]["payload"]) == size
            last = await Http.open(node.port, tls)
            last.send(request_bytes("GET", "/healthcheck", {"Connection": "close"}))
            assert (await last.answer()).status == 200
            assert await last.ended() == b""

    run(scenario())


async def test_a_renewed_certificate_is_used_from_then_on(start: Start, made: Path, files: Path) -> None:
    node = await start(**settings(files))
    assert (await ask(node.port, "GET", "/", tls=trusting(made / "old.pem"))).status == 200
    await node.clock.advance(10)
    assert node.lines == []
    install(made, files, "new")
    await node.clock.advance(10)
    assert (await ask(node.port, "GET", "/", tls=trusting(made / "new.pem"))).status == 200
    assert [line["event"] for line in node.lines] == ["the TLS certificate was renewed"]


async def test_files_that_do_not_fit_change_nothing(start: Start, made: Path, files: Path) -> None:
    node = await start(**settings(files))
    install(made, files, "new", "old")
    await node.clock.advance(10)
    (files / "node.pem").unlink()
    await node.clock.advance(10)
    (files / "node.pem").write_text("nonsense")
    await node.clock.advance(10)
    assert (await ask(node.port, "GET", "/", tls=trusting(made / "old.pem"))).status == 200
    assert {line["event"] for line in node.lines} == {"the new TLS certificate cannot be used, the old one stays"}
    install(made, files, "new")
    await node.clock.advance(10)
    assert (await ask(node.port, "GET", "/", tls=trusting(made / "new.pem"))).status == 200


def test_files_that_are_missing_or_wrong_stop_the_start(files: Path) -> None:
    with pytest.raises(BadSetting, match="no file"):
        Node(tls_certificate=str(files / "missing.pem"))
    (files / "node.pem").write_text("nonsense")
    with pytest.raises(BadSetting, match="cannot be used"):
        Node(**settings(files))
