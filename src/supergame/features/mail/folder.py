"""Letters as files in a folder, for whoever develops a game: every mail program opens them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from supergame.features.mail.model import Post

FILES_MAX: Final = 1_000
"""Letters that the folder keeps; the oldest give way."""


class Folder:
    """Writes each letter into a file of its own, `<time>-<id>.eml`, for nobody's eyes but its owner's."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def deliver(self, post: Post) -> None:
        await asyncio.to_thread(self._write, f"{post.made_us:020}-{post.id}.eml", post.message.as_bytes())

    def _write(self, name: str, content: bytes) -> None:
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._path / f"{name}.new"
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        new.replace(self._path / name)
        for old in sorted(self._path.glob("*.eml"))[:-FILES_MAX]:
            old.unlink(missing_ok=True)
