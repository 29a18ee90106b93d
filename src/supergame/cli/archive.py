"""Archives of a data folder: a zip with the database as it was at one moment, the keys, and their checksums."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from supergame import __version__
from supergame.cli.keys import KEYS_FILE
from supergame.cli.output import err, warn
from supergame.core.clock import SystemClock
from supergame.core.errors import BadInput, Conflict, NotFound, Unavailable
from supergame.store import DATA_FILE
from supergame.store.sqlite import SqliteDatabase, restore_file

MANIFEST = "manifest.json"
ENTRY_BYTES_MAX = 1 << 40  # no data file of ours is that large; a zip that says so is none of ours

_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    msgspec.DecodeError,
    EOFError,
    KeyError,
    NotImplementedError,  # a way of packing that is not ours
    OSError,
    RuntimeError,  # encrypted
    ValueError,
)


class Manifest(msgspec.Struct):
    """What an archive holds: SHA-256 by file name."""

    version: str
    made: str
    files: dict[str, str]


def write_archive(folder: Path, archive: Path) -> int:
    """Write an archive of a data folder and give its size in bytes. The node may go on meanwhile.

    Raises NotFound where there is no data, Conflict where the archive exists.
    """
    database = folder / DATA_FILE
    if not database.is_file():
        raise NotFound(f"There is no data in {folder} (PostgreSQL is backed up by its own tools).")
    if archive.exists():
        raise Conflict(f"{archive} is there already.")
    try:
        with tempfile.TemporaryDirectory(dir=archive.resolve().parent) as scratch:
            copy, new = Path(scratch) / DATA_FILE, Path(scratch) / archive.name
            asyncio.run(_copy(database, copy))
            _pack({DATA_FILE: copy, KEYS_FILE: folder / KEYS_FILE}, new)
            new.rename(archive)
    except OSError as error:
        raise Unavailable(f"{archive} cannot be written ({error.strerror}).") from None
    return archive.stat().st_size


def _pack(parts: dict[str, Path], archive: Path) -> None:
    parts = {name: path for name, path in parts.items() if path.is_file()}
    made = datetime.now(UTC).isoformat(timespec="seconds")
    with err().status("Packing"):
        manifest = Manifest(__version__, made, {name: _sha256(path) for name, path in parts.items()})
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
            for name, path in parts.items():
                out.write(path, name)
            out.writestr(MANIFEST, msgspec.json.encode(manifest))
    archive.chmod(0o600)  # it holds the keys


async def _copy(database: Path, copy: Path) -> None:
    from rich.progress import Progress

    source = await SqliteDatabase.open(database, clock=SystemClock(), exclusive=False)
    try:
        with Progress(console=err(), transient=True) as progress:
            task = progress.add_task("Copying the database", total=None)
            await source.backup(copy, lambda done, total: progress.update(task, completed=done, total=total))
    finally:
        await source.close()


class Restored(NamedTuple):
    """When the data that was restored was backed up, and how many accounts in it were deleted since."""

    made: str
    returned: int


def read_archive(archive: Path, folder: Path, *, force: bool) -> Restored:
    """Check an archive and put its data into a data folder.

    Whose account was deleted in the data that is replaced stays deleted: the next start sees to it.

    Nothing is changed unless all of it is whole. Raises NotFound, BadInput for a damaged archive, Conflict
    where there is data and no `force`, InUse where a node runs on it.
    """
    if not archive.is_file():
        raise NotFound(f"There is no archive {archive}.")
    if (folder / DATA_FILE).exists() and not force:
        raise Conflict(f"There is data in {folder} already; --force replaces it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be made ({error.strerror}).") from None
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        with err().status("Checking the archive"):
            manifest = _unpack(archive, Path(scratch))
        replaced, returned = folder / DATA_FILE, 0
        if replaced.is_file():
            returned = asyncio.run(_keep_tombstones(replaced, Path(scratch) / DATA_FILE))
        restore_file(Path(scratch) / DATA_FILE, folder / DATA_FILE)
        keys = Path(scratch) / KEYS_FILE
        if keys.is_file():
            keys.chmod(0o600)
            keys.replace(folder / KEYS_FILE)
    return Restored(manifest.made, returned)


async def _keep_tombstones(replaced: Path, backup: Path) -> int:
    """Take the tombstones of the data that is replaced into the backup; gives how many accounts of it they concern."""
    from supergame.features.accounts import copy_tombstones

    clock = SystemClock()
    target = await SqliteDatabase.open(backup, clock=clock, exclusive=False)
    try:
        source = await SqliteDatabase.open(replaced, clock=clock, exclusive=False)
        try:
            return await copy_tombstones(source, target)
        finally:
            await source.close()
    except Exception as error:
        warn(f"Which accounts were deleted since the backup cannot be read, so they come back ({error}).")
        return 0
    finally:
        await target.close()


def _unpack(archive: Path, scratch: Path) -> Manifest:
    damaged = BadInput(f"{archive} is no whole archive of supergame.")
    try:
        with zipfile.ZipFile(archive) as source:
            manifest = msgspec.json.decode(source.read(MANIFEST), type=Manifest)
            if not {DATA_FILE} <= manifest.files.keys() <= {DATA_FILE, KEYS_FILE}:
                raise damaged
            for name, wanted in manifest.files.items():
                if source.getinfo(name).file_size > ENTRY_BYTES_MAX:
                    raise damaged
                source.extract(name, scratch)
                if _sha256(scratch / name) != wanted:
                    raise damaged
    except _DAMAGES as error:
        raise damaged from error
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
