"""Files that a game serves: found, kept, noticed when they change, and never from outside the folder."""

from __future__ import annotations

import gzip
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.edge.wire import Node, ask

from supergame.edge.static import FILE_BYTES_MAX

Start = Callable[..., Awaitable[Node]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "js").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>hello</h1>")
    (folder / "js" / "index.html").write_text("js")
    (folder / "js" / "main.js").write_text("let x = 1;" * 500)
    (folder / "a b.txt").write_text("space")
    (folder / ".secret").write_text("secret")
    (folder / "empty").mkdir()
    (tmp_path / "outside.txt").write_text("outside")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "inner.txt").symlink_to(folder / "a b.txt")
    return folder


@pytest.fixture
async def node(start: Start, folder: Path) -> Node:
    node = Node()
    node.edge.router.add_static("/", folder)
    node.edge.router.add_static("/docs", folder / "js")
    return await start(node)


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [
        ("/", b"<h1>hello</h1>", "text/html; charset=utf-8"),
        ("/index.html?v=1", b"<h1>hello</h1>", "text/html; charset=utf-8"),
        ("/js/", b"js", "text/html; charset=utf-8"),
        ("/docs/", b"js", "text/html; charset=utf-8"),
        ("/a%20b.txt", b"space", "text/plain; charset=utf-8"),
        ("/inner.txt", b"space", "text/plain; charset=utf-8"),
        ("/docs/main.js", b"let x = 1;" * 500, "text/javascript; charset=utf-8"),
    ],
)
async def test_a_file_is_found(node: Node, path: str, body: bytes, content_type: str) -> None:
    answer = await ask(node.port, "GET", path)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, body, content_type)
    assert answer.headers["cache-control"] == "no-cache"
    assert (await ask(node.port, "HEAD", path)).headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    "path",
    [
        "/nothing.txt",
        "/../outside.txt",
        "/%2e%2e/outside.txt",
        "/js/../../outside.txt",
        "/js/%2e%2e%2f%2e%2e%2foutside.txt",
        "/..%5coutside.txt",
        "/link.txt",
        "/.secret",
        "/c:/windows",
        "/a%00b",
        "/%ff",
        "/empty/",
        "/" + "x" * 5000,
        "/index.html/more",
    ],
)
async def test_what_is_not_there_or_nobody_s_business_is_not_found(node: Node, path: str) -> None:
    assert (await ask(node.port, "GET", path)).status == 404
    assert node.lines == []


async def test_a_folder_without_its_slash_is_sent_to_it_and_nowhere_else(node: Node) -> None:
    answer = await ask(node.port, "GET", "/js")
    assert (answer.status, answer.headers["location"]) == (301, "/js/")
    assert (await ask(node.port, "GET", "//js")).headers["location"] == "/js/"
    assert (await ask(node.port, "GET", "/docs")).headers["location"] == "/docs/"


async def test_who_has_it_already_is_told_so(node: Node) -> None:
    first = await ask(node.port, "GET", "/")
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-None-Match": '"x", W/' + first.headers["etag"]},
        {"If-None-Match": "*"},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        answer = await ask(node.port, "GET", "/", headers)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", first.headers["etag"])
    for headers in (
        {"If-None-Match": '"x"'},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "nonsense"},
    ):
        assert (await ask(node.port, "GET", "/", headers)).status == 200


async def test_a_file_that_changes_is_noticed(node: Node, folder: Path) -> None:
    page = folder / "js" / "index.html"
    old = await ask(node.port, "GET", "/js/")
    page.write_text("changed")
    os.utime(page, (1, 1))
    new = await ask(node.port, "GET", "/js/")
    assert new.body == b"changed"
    assert new.headers["etag"] != old.headers["etag"]
    page.unlink()
    page.symlink_to(folder.parent / "outside.txt")
    assert (await ask(node.port, "GET", "/js/")).status == 404
    page.unlink()
    assert (await ask(node.port, "GET", "/js/")).status == 404


async def test_text_is_packed_for_who_asks(node: Node, folder: Path) -> None:
    for _ in range(2):
        answer = await ask(node.port, "GET", "/js/main.js", {"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(answer.body) == (folder / "js" / "main.js").read_bytes()
    small = await ask(node.port, "GET", "/a%20b.txt", {"Accept-Encoding": "gzip"})
    assert small.body == b"space"  # packed it would be larger
    (folder / "image.png").write_bytes(b"png")
    assert "vary" not in (await ask(node.port, "GET", "/image.png", {"Accept-Encoding": "gzip"})).headers


async def test_large_files_are_served_and_not_kept(start: Start, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(b"x" * (FILE_BYTES_MAX + 1))
    (tmp_path / "small.bin").write_bytes(b"y" * 100)
    node = Node(static_cache_bytes_max=10)
    node.edge.router.add_static("/files/", tmp_path)
    await start(node)
    large = await ask(node.port, "GET", "/files/large.bin")
    assert (len(large.body), large.headers["content-type"]) == (FILE_BYTES_MAX + 1, "application/octet-stream")
    assert len((await ask(node.port, "GET", "/files/small.bin")).body) == 100
    assert (await ask(node.port, "GET", "/elsewhere/small.bin")).status == 404
