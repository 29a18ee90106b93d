"""The SQLite twin: one data file per node, in WAL mode; the writer is in `supergame.store.sqlite_writer`.

Reads outside of transactions run on the event loop, on a connection of their own that cannot write: a read by key
takes 3 microseconds, less than a thread switch. One that takes more than `inline_opcodes_max` steps is broken off
and repeated on the reader's thread. In WAL mode neither waits for the writer.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar, cast

import apsw
from filelock import FileLock, Timeout

from supergame.core.clock import Clock
from supergame.core.errors import BadInput, Unavailable
from supergame.store import dialect
from supergame.store.database import InUse, Tx
from supergame.store.migrations import TABLES, MigrationSet, applied_by_feature
from supergame.store.queries import Query
from supergame.store.settings import StoreSettings
from supergame.store.sqlite_connection import Budget, connect, reraise
from supergame.store.sqlite_writer import Heavy, Job, Writer
from supergame.store.worker import Worker

T = TypeVar("T")

BACKUP_PAGES_PER_STEP = 1_000
Progress = Callable[[int, int], None]


class SqliteDatabase:
    """A database in one file. Made by `open` or `memory`, inside the event loop that uses it."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        settings: StoreSettings,
        lock: FileLock | None = None,
        folder: tempfile.TemporaryDirectory[str] | None = None,
    ) -> None:
        self.path = path
        self._clock, self._settings, self._lock, self._folder = clock, settings, lock, folder
        self._loop = asyncio.get_running_loop()
        write = connect(path, synchronous=settings.synchronous)
        read = connect(path, read_only=True)
        slow = connect(path, read_only=True)
        self._connections = (read, slow, write)  # in the order of closing: the last one tidies up the log
        self._write_worker = Worker("supergame-writer", self._loop)
        self._read_worker = Worker("supergame-reader", self._loop)
        self.writer = Writer(write, settings, self._write_worker)
        self._cursor = read.cursor()
        self._budget = Budget(read, settings.inline_opcodes_max)
        self._slow_cursor = slow.cursor()
        self._slow_budget = Budget(slow, settings.inline_opcodes_max)
        slow.set_busy_timeout(int(settings.wait_seconds_max * 1000))
        self._heavy = Heavy()
        self._slow_waiting = 0
        self._closed = False
        self.slow_reads = 0

    @classmethod
    async def open(
        cls, path: Path, *, clock: Clock, settings: StoreSettings | None = None, exclusive: bool = True
    ) -> SqliteDatabase:
        """Open a data file, made if need be.

        A node opens it `exclusive`: raises InUse where another node has it. A command that looks or changes
        something beside a running node does not. Raises Unavailable where the file cannot be used.
        """
        lock = _lock(path) if exclusive else None
        try:
            return cls(path, clock, settings or StoreSettings(), lock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    @classmethod
    async def memory(cls, *, clock: Clock, settings: StoreSettings | None = None) -> SqliteDatabase:
        """A database that is gone when closed: a file in memory where the system offers that, never flushed.

        SQLite's own `:memory:` knows neither WAL nor a reader beside a writer, and would behave differently.
        """
        shared = Path("/dev/shm")
        folder = tempfile.TemporaryDirectory(
            prefix="supergame-", dir=shared if os.access(shared, os.W_OK) else None, ignore_cleanup_errors=True
        )
        settings = settings or StoreSettings(synchronous="off")
        return cls(Path(folder.name) / "memory.db", clock, settings, folder=folder)

    def transact(self, body: Callable[[Tx], Awaitable[T]]) -> Awaitable[T]:
        return self.writer.submit(Job(self._loop.create_future(), body))

    def run(self, query: Query, /, **parameters: Any) -> Awaitable[int]:
        return self.writer.submit(Job(self._loop.create_future(), None, query, query.for_sqlite(parameters)))

    async def all(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> list[T]:
        rows = self._fetch(query, parameters)
        if rows is None:
            return await self._fetch_slowly(query, row, parameters)
        return [row(*columns) for columns in rows]

    async def one(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> T | None:
        rows = self._fetch(query, parameters)
        if rows is None:
            found = await self._fetch_slowly(query, row, parameters)
            return found[0] if found else None
        return row(*rows[0]) if rows else None

    def _fetch(self, query: Query, parameters: dict[str, Any]) -> list[tuple[Any, ...]] | None:
        """The rows, or None where the reader's thread has to look."""
        if self._closed:
            raise Unavailable("The database is closed.")
        if self._heavy and self._heavy.takes(query):
            return None
        text, bindings = query.for_sqlite(parameters)
        self._budget.refill()
        try:
            return self._cursor.execute(text, bindings).fetchall()
        except apsw.InterruptError:
            self._heavy.add(query)
            return None
        except apsw.BusyError:
            return None
        except Exception as error:
            if query.writes:
                raise TypeError(f"query {query.name} changes rows: that takes run() or transact()") from error
            reraise(error)

    async def _fetch_slowly(self, query: Query, row: Callable[..., T], parameters: dict[str, Any]) -> list[T]:
        if self._slow_waiting >= self._settings.slow_reads_max:
            raise Unavailable("Too many long reads are waiting; please try again.")
        text, bindings = query.for_sqlite(parameters)

        def call() -> list[T]:
            self._slow_budget.on_thread(self._settings.slow_seconds_max)
            return [row(*columns) for columns in self._slow_cursor.execute(text, bindings).fetchall()]

        self.slow_reads += 1
        self._slow_waiting += 1
        try:
            return await self._read_worker.do(call)
        except Exception as error:
            reraise(error)
        finally:
            self._slow_waiting -= 1

    async def migrate(self, sets: Sequence[MigrationSet]) -> list[str]:
        return await asyncio.to_thread(_migrate, self.path, sets, self._clock.now_us(), self._settings)

    async def backup(self, path: Path, progress: Progress | None = None) -> None:
        """Write a consistent copy to `path` while the node goes on; `progress(pages_done, pages)` from a thread.

        The copy appears under its name only when it is complete and flushed. Raises Unavailable.
        """
        await asyncio.to_thread(_backup, self.path, path, progress)

    async def close(self) -> None:
        """Finish accepted writes, then close the file. Harmless when done twice."""
        if self._closed:
            return
        await self.writer.close()
        self._closed = True
        await asyncio.to_thread(self._read_worker.close)
        await asyncio.to_thread(self._write_worker.close)
        await asyncio.to_thread(self._close_connections)

    def _close_connections(self) -> None:
        for connection in self._connections:
            connection.close()
        if self._lock is not None:
            self._lock.release()
        if self._folder is not None:
            self._folder.cleanup()


def check_file(path: Path) -> list[str]:
    """What is wrong with a database file, one sentence each; nothing if it is whole. Reads all of it."""
    if not path.is_file():
        return [f"There is no file {path}."]
    try:
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(100)") if row[0] != "ok"]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
            return found + [f"Row {row} of {table} points to nothing in {other}." for table, row, other, _ in orphans]
    except apsw.Error as error:
        return [f"{path} is not a whole SQLite database: {error}."]


def restore_file(backup: Path, path: Path) -> None:
    """Put a backup in the place of a data file that no node has open.

    Raises BadInput where the backup is damaged (the data file stays as it was), InUse where a node runs on it.
    """
    problems = check_file(backup)
    if problems:
        raise BadInput(f"The backup cannot be used. {problems[0]}")
    with _lock(path):
        new = path.with_name(path.name + ".part")
        shutil.copyfile(backup, new)
        for rest in ("-wal", "-shm"):  # of the old file; they would be taken for the new one's
            path.with_name(path.name + rest).unlink(missing_ok=True)
        _put_in_place(new, path)


def _lock(path: Path) -> FileLock:
    lock = FileLock(path.with_name(path.name + ".lock"), thread_local=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout:
        raise InUse(f"Another node is using {path}. Stop it, or give this one another data folder.") from None
    except OSError as error:
        raise Unavailable(f"The data folder {path.parent} cannot be used: {error.strerror}.") from error
    return lock


def _put_in_place(new: Path, path: Path) -> None:
    """Give a complete file its name, so that a power cut leaves the old one or the new one."""
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(new, path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _migrate(path: Path, sets: Sequence[MigrationSet], now_us: int, settings: StoreSettings) -> list[str]:
    """All in one transaction; who comes second waits for it and finds nothing to do."""
    done = []
    with closing(connect(path)) as connection:
        connection.set_busy_timeout(int(settings.slow_seconds_max * 1000))
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement in dialect.sqlite_schema(TABLES):
                connection.execute(statement)
            rows = connection.execute("SELECT feature, number, checksum FROM supergame_migrations").fetchall()
            applied = applied_by_feature(cast(list[tuple[str, int, str]], rows))
            for group in sets:
                for step in group.missing(applied.get(group.name, {})):
                    for statement in dialect.sqlite_schema(step.sql):
                        connection.execute(statement)
                    connection.execute(
                        "INSERT INTO supergame_migrations VALUES (?, ?, ?, ?, ?)",
                        (group.name, step.number, step.title, step.checksum, now_us),
                    )
                    done.append(f"{group.name} {step.number:04} {step.title}")
            connection.execute("COMMIT")
        except apsw.Error as error:
            reraise(error)
    return done


def _backup(source_path: Path, path: Path, progress: Progress | None) -> None:
    new = path.with_name(path.name + ".part")
    new.unlink(missing_ok=True)
    try:
        with closing(connect(source_path, read_only=True)) as source, closing(apsw.Connection(str(new))) as target:
            # The open read keeps the copy at one moment however long it takes; without it every write
            # by another connection would make the copy begin again.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_schema").fetchall()
            with target.backup("main", source, "main") as copy:
                while not copy.done:
                    copy.step(BACKUP_PAGES_PER_STEP)
                    if progress is not None:
                        progress(copy.page_count - copy.remaining, copy.page_count)
            target.pragma("journal_mode", "delete")  # one file that stands alone, with no log beside it
        _put_in_place(new, path)
    except (apsw.Error, OSError) as error:
        new.unlink(missing_ok=True)
        raise Unavailable(f"The backup to {path} failed: {error}.") from error
