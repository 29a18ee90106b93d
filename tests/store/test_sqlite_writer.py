"""Group commit: who shares a commit, who goes to the slow lane, and what happens when the disk says no."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest
from tests.store.items import ITEMS, Item, count, q, text

from supergame.core.clock import SystemClock
from supergame.core.errors import DeadlineExceeded, Refused, Unavailable
from supergame.store import Database, Duplicate, StoreSettings, Tx
from supergame.store import sqlite_writer as sqlite_writer_module
from supergame.store.sqlite import SqliteDatabase


@asynccontextmanager
async def opened(path: Path, *, exclusive: bool = True, **settings: object) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(
        path / "items.db", clock=SystemClock(), settings=StoreSettings(**settings), exclusive=exclusive
    )
    await database.migrate([ITEMS])
    yield database
    await database.close()


def adding(name: str, after: Callable[[Tx], Awaitable[object]] | None = None) -> Callable[[Tx], Awaitable[int]]:
    async def body(tx: Tx) -> int:
        added = await tx.run(q.add, id=name, n=1)
        if after is not None:
            await after(tx)
        return added

    return body


async def long_read(tx: Tx) -> object:
    return await tx.one(q.endless, count, steps=100_000)


async def long_write(tx: Tx) -> object:
    return await tx.run(q.fill, prefix="filled", steps=20_000)


async def test_those_who_come_together_share_a_commit(tmp_path: Path) -> None:
    async with opened(tmp_path, turn_milliseconds=60_000) as sqlite:  # however slow the machine is
        writes = [sqlite.run(q.add, id=f"run {i}", n=1) for i in range(20)]
        writes += [sqlite.transact(adding(f"transact {i}")) for i in range(20)]
        assert await asyncio.gather(*writes) == [1] * 40
        assert (sqlite.writer.commits, sqlite.writer.transactions) == (1, 40)


async def test_what_arrives_during_a_commit_is_the_next_batch(sqlite: SqliteDatabase) -> None:
    async def chain(name: str) -> None:
        for i in range(5):
            await sqlite.run(q.add, id=f"{name}{i}", n=1)

    await asyncio.gather(*(chain(name) for name in "abcd"))
    assert sqlite.writer.commits == 5


async def test_a_turn_ends_when_its_time_is_up(tmp_path: Path) -> None:
    """With no time at all for a turn, each body gets its own, and the loop runs in between."""
    async with opened(tmp_path, turn_milliseconds=0) as database:
        await asyncio.gather(*(database.run(q.add, id=str(i), n=1) for i in range(5)))
        assert database.writer.transactions == 5
        assert database.writer.commits > 1


@pytest.mark.parametrize("long", [long_read, long_write])
async def test_a_long_body_goes_to_the_slow_lane(
    sqlite: SqliteDatabase, long: Callable[[Tx], Awaitable[object]]
) -> None:
    async def before(tx: Tx) -> int:
        return await tx.run(q.add, id="before", n=1)

    async def after(tx: Tx) -> int:
        return await tx.run(q.add, id="after", n=1)

    answers = await asyncio.gather(
        sqlite.transact(before), sqlite.transact(adding("long", long)), sqlite.transact(after)
    )
    assert answers == [1, 1, 1]
    assert sqlite.writer.slow_transactions == 1
    assert [item.id for item in await sqlite.all(q.get_many, Item, ids=["before", "long", "after"])] == [
        "after",
        "before",
        "long",
    ]


async def test_a_long_write_makes_the_others_in_its_batch_run_again(sqlite: SqliteDatabase) -> None:
    """SQLite undoes the whole transaction when it breaks off a write; the bodies before it are repeated."""
    runs = []

    async def body(tx: Tx) -> int:
        runs.append("before")
        return await tx.run(q.add, id="before", n=1)

    answers = await asyncio.gather(
        sqlite.transact(body), sqlite.run(q.fill, prefix="x", steps=20_000), sqlite.run(q.add, id="after", n=1)
    )
    assert answers == [1, 20_000, 1]
    assert runs == ["before", "before"]
    assert (sqlite.writer.repeated, sqlite.writer.slow_transactions) == (1, 1)


async def test_the_loop_is_spared_a_kind_that_was_long_before(sqlite: SqliteDatabase) -> None:
    """The same place in the code goes to the slow lane directly for a while, then is tried inline again."""
    begun = []

    async def body(tx: Tx) -> None:
        begun.append(1)
        await tx.one(q.endless, count, steps=100_000 if len(begun) == 1 else 1)

    for _ in range(sqlite_writer_module.HEAVY_RUNS + 5):
        await sqlite.transact(body)
    assert sqlite.writer.slow_transactions == 1 + sqlite_writer_module.HEAVY_RUNS
    assert len(begun) == 1 + sqlite.writer.slow_transactions + 4


async def test_bodies_of_any_callable_kind_can_be_long(sqlite: SqliteDatabase) -> None:
    for _ in range(2):
        assert await sqlite.transact(functools.partial(long_read)) == 100_000
    assert sqlite.writer.slow_transactions == 2


async def test_a_slow_body_sees_the_same_tx(sqlite: SqliteDatabase) -> None:
    async def body(tx: Tx) -> tuple[int, Item | None, list[Item], Item | None]:
        await long_read(tx)
        added = await tx.run(q.add, id="a", n=1)
        one = await tx.one(q.get, Item, id="a")
        tx.then(lambda: told.append("committed"))
        return added, one, await tx.all(q.get_many, Item, ids=["a"]), await tx.one(q.get, Item, id="b")

    told: list[str] = []
    assert await sqlite.transact(body) == (1, Item("a", 1), [Item("a", 1)], None)
    assert told == ["committed"]
    assert sqlite.writer.slow_transactions == 1


async def test_a_slow_body_that_fails_is_undone(sqlite: SqliteDatabase) -> None:
    async def refuse(tx: Tx) -> None:
        await long_read(tx)
        raise Refused("no")

    async def duplicate(tx: Tx) -> None:
        await long_read(tx)
        try:
            await tx.run(q.add, id="b", n=1)
        except Duplicate:
            pass

    await sqlite.run(q.add, id="b", n=1)
    with pytest.raises(Refused):
        await sqlite.transact(adding("a", refuse))
    with pytest.raises(Duplicate):
        await sqlite.transact(adding("a", duplicate))
    assert sqlite.writer.slow_transactions == 2
    assert await sqlite.all(q.ids, text) == ["b"]


async def test_a_body_awaits_nothing_but_its_tx(sqlite: SqliteDatabase) -> None:
    async def sleep(tx: Tx) -> None:
        await asyncio.sleep(0)

    async def sleep_slowly(tx: Tx) -> None:
        await long_read(tx)
        await asyncio.sleep(0)

    for body in (sleep, sleep_slowly):
        with pytest.raises(RuntimeError, match="may await nothing but its tx"):
            await sqlite.transact(adding("a", body))
    assert await sqlite.all(q.ids, text) == []


async def test_what_takes_too_long_altogether_is_broken_off(tmp_path: Path) -> None:
    async with opened(tmp_path, slow_seconds_max=0.05) as database:
        with pytest.raises(DeadlineExceeded):
            await database.run(q.fill, prefix="x", steps=10**9)
        with pytest.raises(DeadlineExceeded):
            await database.all(q.endless, count, steps=10**9)
        assert await database.run(q.add, id="a", n=1) == 1
        assert await database.one(q.count, count) == 1


async def test_a_full_queue_is_unavailable(tmp_path: Path) -> None:
    async with opened(tmp_path, write_queue_max=3) as database:
        accepted = [database.run(q.add, id=str(i), n=1) for i in range(3)]
        assert database.writer.waiting == 3
        with pytest.raises(Unavailable, match="Too many writes"):
            database.run(q.add, id="3", n=1)
        with pytest.raises(Unavailable, match="Too many writes"):
            await database.transact(adding("3"))
        assert await asyncio.gather(*accepted) == [1] * 3


async def test_a_caller_cancelled_while_its_work_is_being_saved(sqlite: SqliteDatabase) -> None:
    """Its body has run: the work is kept, and the commit goes on for the others."""
    ran = asyncio.Event()

    async def body(tx: Tx) -> None:
        ran.set()
        await tx.run(q.add, id="a", n=1)

    first = asyncio.ensure_future(sqlite.transact(body))
    second = asyncio.ensure_future(sqlite.run(q.add, id="b", n=1))
    await ran.wait()
    first.cancel()
    assert await second == 1
    assert first.cancelled()
    assert await sqlite.all(q.ids, text) == ["a", "b"]


async def test_a_caller_cancelled_before_its_turn_in_the_slow_lane(sqlite: SqliteDatabase) -> None:
    await sqlite.transact(adding("first", long_read))  # now this kind is known to be long
    waiting = [asyncio.ensure_future(sqlite.transact(adding(name, long_read))) for name in "ab"]
    await asyncio.sleep(0)
    assert sqlite.writer.waiting == 1
    waiting[1].cancel()
    assert await waiting[0] == 1
    await sqlite.close()  # what waited has had its turn
    assert sqlite.writer.slow_transactions == 2
    assert sqlite.writer.waiting == 0


async def test_a_full_disk_fails_those_who_need_it_and_keeps_the_rest(sqlite: SqliteDatabase) -> None:
    write = sqlite.writer._connection
    write.pragma("max_page_count", 100)
    answers = await asyncio.gather(
        sqlite.run(q.add, id="small", n=1),
        sqlite.transact(adding("large", long_write)),
        sqlite.run(q.add, id="x" * 1_000_000, n=1),
        return_exceptions=True,
    )
    assert answers[0] == 1
    assert isinstance(answers[1], Unavailable)
    assert isinstance(answers[2], Unavailable)
    assert await sqlite.all(q.ids, text) == ["small"]
    write.pragma("max_page_count", 1_000_000)
    assert await sqlite.run(q.add, id="x" * 1_000_000, n=1) == 1


class WatchedFile(apsw.VFSFile):
    """A file that counts its flushes, and fails them when the test says so."""

    flushes = 0
    failing = False

    def __init__(self, inherit: str, name: object, flags: list[int]) -> None:
        super().__init__(inherit, name, flags)

    def xSync(self, flags: int) -> None:
        WatchedFile.flushes += 1
        if WatchedFile.failing:
            raise apsw.IOError("the disk is gone")
        super().xSync(flags)


class WatchedDisk(apsw.VFS):
    """The system's files, each of them watched."""

    def __init__(self) -> None:
        self.base = apsw.vfs_names()[0]
        super().__init__("watched", self.base, makedefault=True)

    def xOpen(self, name: object, flags: list[int]) -> apsw.VFSFile:
        return WatchedFile(self.base, name, flags)


@pytest.fixture
def disk() -> Iterator[type[WatchedFile]]:
    watched = WatchedDisk()
    WatchedFile.flushes, WatchedFile.failing = 0, False
    yield WatchedFile
    watched.unregister()


async def test_each_commit_is_flushed_once_before_its_answers(tmp_path: Path, disk: type[WatchedFile]) -> None:
    async with opened(tmp_path) as database:

        async def flushes(*writes: Awaitable[int]) -> int:
            before = disk.flushes
            await asyncio.gather(*writes)
            return disk.flushes - before

        assert await flushes(database.run(q.put, id="a", n=1)) == 1
        assert await flushes(database.transact(adding("b"))) == 1
        assert await flushes(*(database.run(q.put, id="a", n=n) for n in range(2, 22))) == 1
        assert await flushes(database.transact(adding("c", long_read))) == 1  # the slow lane
        # SQLite writes nothing for a row that stays as it is: a benchmark has to change what it writes.
        assert await flushes(database.run(q.put, id="a", n=21)) == 0


async def test_a_commit_that_fails_is_told_to_everyone_in_it(tmp_path: Path, disk: type[WatchedFile]) -> None:
    async with opened(tmp_path) as database:
        await database.run(q.add, id="before", n=1)
        disk.failing = True
        answers = await asyncio.gather(
            database.run(q.add, id="a", n=1), database.transact(adding("b")), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
        assert answers[0] is not answers[1]
        with pytest.raises(Unavailable):
            await database.transact(adding("c", long_read))
        disk.failing = False
        assert await database.run(q.add, id="after", n=1) == 1
        assert await database.all(q.ids, text) == ["after", "before"]


async def test_another_process_may_write_beside_a_node(tmp_path: Path) -> None:
    """While it does, the node's writes wait on the thread, the loop and reads go on; then both are there."""
    async with opened(tmp_path) as database:
        other = apsw.Connection(str(tmp_path / "items.db"))
        other.execute("BEGIN IMMEDIATE; INSERT INTO items (id, n) VALUES ('other', 1)")
        ours = [asyncio.ensure_future(database.run(q.add, id=name, n=1)) for name in "ab"]
        for _ in range(10):
            await asyncio.sleep(0)
        assert await database.all(q.ids, text) == []
        other.execute("COMMIT")
        other.close()
        assert await asyncio.gather(*ours) == [1, 1]
        assert await database.all(q.ids, text) == ["a", "b", "other"]


async def test_a_file_that_cannot_be_read_any_more(tmp_path: Path) -> None:
    """BEGIN itself fails: everyone who waits is told, and the writer goes on when it can."""
    async with opened(tmp_path, synchronous="off") as database:
        write = database.writer._connection
        write.execute("BEGIN")  # as if a statement were still open
        answers = await asyncio.gather(*(database.run(q.add, id=name, n=1) for name in "ab"), return_exceptions=True)
        assert [type(answer) for answer in answers] == [apsw.SQLError, apsw.SQLError]
        write.execute("ROLLBACK")
        assert await database.run(q.add, id="a", n=1) == 1


async def test_another_process_that_never_lets_go(tmp_path: Path) -> None:
    async with opened(tmp_path, wait_seconds_max=0.01) as database:
        other = apsw.Connection(str(tmp_path / "items.db"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await database.run(q.add, id="a", n=1)
        other.close()
        assert await database.run(q.add, id="a", n=1) == 1


@pytest.mark.parametrize("synchronous", ["full", "off"])
async def test_the_log_is_moved_into_the_file_when_it_grows(
    synchronous: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer_module, "CHECKPOINT_PAGES", 4)
    async with opened(tmp_path, synchronous=synchronous) as database:
        for i in range(20):
            await database.run(q.add, id=f"{i}{'x' * 2000}", n=1)
        assert database.writer.checkpoints > 1
        assert (tmp_path / "items.db-wal").stat().st_size < 40 * 4096
        assert await database.one(q.count, count) == 20


async def test_work_that_only_reads_costs_no_flush(database: Database) -> None:
    async def body(tx: Tx) -> int | None:
        return await tx.one(q.count, count)

    assert await asyncio.gather(*(database.transact(body) for _ in range(10))) == [0] * 10


def test_only_so_many_heavy_kinds_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_writer_module, "HEAVY_KINDS_MAX", 2)
    heavy = sqlite_writer_module.Heavy()
    assert not heavy
    for kind in "abc":
        heavy.add(kind)
    assert [heavy.takes(kind) for kind in "abc"] == [False, True, True]
