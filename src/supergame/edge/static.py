"""Files that a game serves: found below a folder, kept in memory while they do not change."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from gzip import compress
from mimetypes import MimeTypes
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from supergame.edge.request import Request, Response

FILE_BYTES_MAX: Final = 1_048_576
"""Larger files are not kept in memory, and are read in a thread."""

_TYPES: Final = MimeTypes()  # the library's own table, so that the answer is the same on every machine
for _suffix, _type in {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".wasm": "application/wasm",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
    ".ogg": "audio/ogg",
    ".glb": "model/gltf-binary",
}.items():
    _TYPES.add_type(_type, _suffix)


@dataclass(slots=True)
class _File:
    path: str
    """Where it really is: inside the folder, links followed."""
    stamp: tuple[int, int, int, int]
    """Device, inode, size and time of change: a file with another stamp is another file."""
    etag: str
    content_type: str
    body: bytes | None
    packed: bytes | None = None
    """gzip of the body, made when first asked for; empty where packing does not pay."""


class StaticFiles:
    """The folders that are served, and the files of theirs that are in memory."""

    def __init__(self, cache_bytes_max: int) -> None:
        self._cache_bytes_max = cache_bytes_max
        self._folders: list[tuple[str, str]] = []
        self._files: dict[str, _File] = {}
        self._n_bytes = 0

    def mount(self, folders: Sequence[tuple[str, Path]]) -> None:
        """Serve these folders and no others; the longest prefix that fits a path wins."""
        mounted = [("/" + prefix.strip("/"), os.path.realpath(folder)) for prefix, folder in folders]
        self._folders = sorted(mounted, key=lambda entry: -len(entry[0]))
        self._files.clear()
        self._n_bytes = 0

    def find(self, request: Request) -> Response | Awaitable[Response] | None:
        """The file for a path, None when there is none."""
        for prefix, root in self._folders:
            rest = _below(prefix, request.path)
            if rest is not None:
                return self._serve(request, root, rest)
        return None

    def _serve(self, request: Request, root: str, rest: str) -> Response | Awaitable[Response] | None:
        relative = _safe(rest)
        if relative is None:
            return None
        path = os.path.join(root, relative)
        try:
            info = os.stat(path)
            if stat.S_ISDIR(info.st_mode):
                if not request.path.endswith("/"):
                    # One leading slash: with two, the browser would take the next word for a host.
                    return Response(status=301, headers={"Location": "/" + request.path.strip("/") + "/"})
                path = os.path.join(path, "index.html")
                info = os.stat(path)
            if not stat.S_ISREG(info.st_mode):
                return None
            file = self._file(root, path, info)
        except (OSError, ValueError):
            return None
        if file is None:
            return None
        headers = {
            "ETag": file.etag,
            "Last-Modified": formatdate(info.st_mtime, usegmt=True),
            "Cache-Control": "no-cache",
        }
        if _unchanged(request, file.etag, info.st_mtime):
            return Response(status=304, headers=headers)
        if file.body is None:
            return _read_large(file, headers)
        return Response(self._body(request, file, headers), 200, file.content_type, headers)

    def _file(self, root: str, path: str, info: os.stat_result) -> _File | None:
        stamp = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)
        known = self._files.get(path)
        if known is not None and known.stamp == stamp:
            return known
        real = os.path.realpath(path)
        if not real.startswith(os.path.join(root, "")):
            return None  # a link out of the folder
        file = _File(real, stamp, f'"{info.st_mtime_ns:x}-{info.st_size:x}"', _content_type(real), None)
        if known is not None:
            self._forget(path, known)
        if info.st_size > FILE_BYTES_MAX:
            return file
        with open(real, "rb") as opened:
            file.body = opened.read(FILE_BYTES_MAX + 1)
        if self._n_bytes + len(file.body) <= self._cache_bytes_max:
            self._files[path] = file
            self._n_bytes += len(file.body)
        return file

    def _forget(self, path: str, file: _File) -> None:
        del self._files[path]
        self._n_bytes -= len(file.body or b"") + len(file.packed or b"")

    def _body(self, request: Request, file: _File, headers: dict[str, str]) -> bytes:
        assert file.body is not None
        if not _packable(file.content_type):
            return file.body
        headers["Vary"] = "Accept-Encoding"
        if b"gzip" not in request.raw_headers.get(b"accept-encoding", b""):
            return file.body
        if file.packed is None:
            packed = compress(file.body, 6, mtime=0)
            file.packed = packed if len(packed) < len(file.body) else b""
            self._n_bytes += len(file.packed)
        if not file.packed:
            return file.body
        headers["Content-Encoding"] = "gzip"
        return file.packed


async def _read_large(file: _File, headers: dict[str, str]) -> Response:
    body = await asyncio.to_thread(Path(file.path).read_bytes)
    return Response(body, 200, file.content_type, headers)


def _below(prefix: str, path: str) -> str | None:
    if prefix == "/":
        return path[1:]
    if path == prefix:
        return ""
    return path[len(prefix) + 1 :] if path.startswith(prefix + "/") else None


def _safe(rest: str) -> str | None:
    """The path below the folder, or None for one that leads elsewhere or to hidden files."""
    try:
        text = unquote_to_bytes(rest).decode()
    except UnicodeDecodeError:
        return None
    segments = [segment for segment in text.split("/") if segment]
    if any(segment.startswith(".") or "\\" in segment or ":" in segment for segment in segments) or "\0" in text:
        return None
    return "/".join(segments)


def _content_type(path: str) -> str:
    found = _TYPES.guess_type(path)[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found


def _packable(content_type: str) -> bool:
    return content_type.startswith("text/") or content_type in (
        "application/json",
        "application/wasm",
        "image/svg+xml",
        "model/gltf-binary",
    )


def _unchanged(request: Request, etag: str, changed_at: float) -> bool:
    headers = request.raw_headers
    known = headers.get(b"if-none-match")
    if known is not None:
        return known == b"*" or etag.encode() in (tag.strip().removeprefix(b"W/") for tag in known.split(b","))
    since = headers.get(b"if-modified-since")
    if since is None:
        return False
    try:
        return int(changed_at) <= parsedate_to_datetime(since.decode("latin-1")).timestamp()
    except (ValueError, OverflowError):
        return False
