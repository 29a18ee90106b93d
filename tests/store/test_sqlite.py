"""The SQLite twin's own: long reads, one node per file, backups, damage."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.store.items import ITEMS, count, q, text

from supergame.core.clock import SystemClock
from supergame.core.errors import BadInput, Unavailable
from supergame.store import InUse, StoreSettings
from supergame.store import sqlite_writer as sqlite_writer_module
from supergame.store.sqlite import SqliteDatabase, check_file, restore_file


async def test_a_long_read_goes_to_the_readers_thread(sqlite: SqliteDatabase) -> None:
    long = asyncio.gather(*(sqlite.one(q.endless, count, steps=50_000) for _ in range(3)))
    assert await sqlite.one(q.count, count) == 0
    assert await long == [50_000] * 3
    assert sqlite.slow_reads == 3


async def test_a_read_that_was_long_is_tried_inline_again_later(sqlite: SqliteDatabase) -> None:
    assert await sqlite.all(q.endless, count, steps=50_000) == [50_000]
    for _ in range(sqlite_writer_module.HEAVY_RUNS + 5):
        assert await sqlite.all(q.endless, count, steps=1) == [1]
    assert sqlite.slow_reads == 1 + sqlite_writer_module.HEAVY_RUNS


async def test_too_many_long_reads_are_unavailable(tmp_path: Path) -> None:
    settings = StoreSettings(slow_reads_max=2)
    database = await SqliteDatabase.open(tmp_path / "a.db", clock=SystemClock(), settings=settings)
    reads = [asyncio.ensure_future(database.one(q.endless, count, steps=50_000)) for _ in range(3)]
    answers = await asyncio.gather(*reads, return_exceptions=True)
    assert answers[:2] == [50_000, 50_000]
    assert isinstance(answers[2], Unavailable)
    await database.close()


async def test_a_long_read_of_nothing_and_one_that_fails(sqlite: SqliteDatabase) -> None:
    def refuse(_: int) -> int:
        raise ValueError("not my row")

    assert await sqlite.one(q.endless, count, steps=50_000) == 50_000
    with pytest.raises(ValueError, match="not my row"):
        await sqlite.one(q.endless, refuse, steps=1)


async def test_reads_do_not_see_what_is_not_committed(sqlite: SqliteDatabase) -> None:
    write = sqlite.run(q.add, id="a", n=1)
    assert await sqlite.all(q.ids, text) == []
    assert await write == 1
    assert await sqlite.all(q.ids, text) == ["a"]


HOLDER = """
import asyncio, sys
from pathlib import Path
from supergame.core.clock import SystemClock
from supergame.store.sqlite import SqliteDatabase

async def main():
    database = await SqliteDatabase.open(Path(sys.argv[1]), clock=SystemClock())
    print("open", flush=True)
    sys.stdin.readline()
    await database.close()

asyncio.run(main())
"""


async def test_a_second_node_on_the_same_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data" / "game.db"
    node = _start(HOLDER, path)
    assert node.stdout is not None
    assert node.stdout.readline() == "open\n"
    with pytest.raises(InUse, match=r"Another node is using .*game\.db"):
        await SqliteDatabase.open(path, clock=SystemClock())
    with pytest.raises(InUse):
        restore_file(_empty_backup(tmp_path), path)
    command = await SqliteDatabase.open(path, clock=SystemClock(), exclusive=False)
    assert await command.migrate([ITEMS]) == ["items 0001 items"]
    await command.close()
    node.kill()  # a lock does not outlive its process, however that ends
    node.communicate()
    await (await SqliteDatabase.open(path, clock=SystemClock())).close()


def _start(program: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _empty_backup(folder: Path) -> Path:
    path = folder / "empty.db"
    path.write_bytes(b"")
    return path


async def test_a_node_lets_go_of_its_file(tmp_path: Path) -> None:
    for _ in range(2):
        database = await SqliteDatabase.open(tmp_path / "a.db", clock=SystemClock())
        await database.migrate([ITEMS])
        await database.close()
    assert not (tmp_path / "a.db-wal").exists()


async def test_what_cannot_be_opened_says_so_and_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_text("this is no database, " * 1000)
    for _ in range(2):
        with pytest.raises(Unavailable, match=r"a\.db cannot be opened"):
            await SqliteDatabase.open(path, clock=SystemClock())
    with pytest.raises(Unavailable, match="cannot be used"):
        await SqliteDatabase.open(path / "below a file" / "b.db", clock=SystemClock())


async def test_a_database_in_memory_leaves_nothing_behind() -> None:
    database = await SqliteDatabase.memory(clock=SystemClock())
    folder = database.path.parent
    assert folder.exists()
    await database.close()
    assert not folder.exists()


async def test_a_backup_of_a_busy_node_is_whole(sqlite: SqliteDatabase, tmp_path: Path) -> None:
    for i in range(50):
        await sqlite.run(q.add, id=f"{i:03}{'x' * 10_000}", n=1)
    steps: list[tuple[int, int]] = []

    async def go_on_writing() -> None:
        for i in range(50):
            await sqlite.run(q.add, id=f"later {i}", n=1)

    copy = tmp_path / "copy.db"
    await asyncio.gather(sqlite.backup(copy, lambda done, pages: steps.append((done, pages))), go_on_writing())
    assert steps[-1][0] == steps[-1][1] > 100
    assert check_file(copy) == []
    assert [name for name in os.listdir(tmp_path) if name.startswith("copy")] == ["copy.db"]

    restore_file(copy, tmp_path / "new" / "items.db")
    restored = await SqliteDatabase.open(tmp_path / "new" / "items.db", clock=SystemClock())
    found = await restored.all(q.ids, text)
    await restored.close()
    assert len([name for name in found if not name.startswith("later")]) == 50
    later = [name for name in found if name.startswith("later")]
    assert sorted(later) == sorted(f"later {i}" for i in range(len(later)))  # one moment, not a mixture


async def test_a_restore_replaces_the_whole_old_file(tmp_path: Path) -> None:
    path, copy = tmp_path / "items.db", tmp_path / "copy.db"
    database = await SqliteDatabase.open(path, clock=SystemClock())
    await database.migrate([ITEMS])
    await database.run(q.add, id="old", n=1)
    await database.backup(copy)
    await database.run(q.add, id="new", n=1)
    await database.close()
    (tmp_path / "items.db-wal").write_bytes(b"left by a crash")
    restore_file(copy, path)
    database = await SqliteDatabase.open(path, clock=SystemClock())
    assert await database.all(q.ids, text) == ["old"]
    await database.close()


async def test_a_backup_that_cannot_be_written_says_so(sqlite: SqliteDatabase, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"The backup to .* failed"):
        await sqlite.backup(tmp_path / "no such folder" / "copy.db")


async def test_damage_is_found_and_not_restored(sqlite: SqliteDatabase, tmp_path: Path) -> None:
    for i in range(50):
        await sqlite.run(q.add, id=f"{i:03}{'x' * 1000}", n=1)
    copy = tmp_path / "copy.db"
    await sqlite.backup(copy)
    content = bytearray(copy.read_bytes())
    content[8192:20000] = b"\xff" * (20000 - 8192)
    copy.write_bytes(content)
    assert check_file(copy) != []
    with pytest.raises(BadInput, match="The backup cannot be used"):
        restore_file(copy, tmp_path / "new.db")
    copy.write_text("not a database at all, " * 100)
    assert "is not a whole SQLite database" in check_file(copy)[0]
    assert check_file(tmp_path / "nothing.db") == [f"There is no file {tmp_path / 'nothing.db'}."]


CHILD = """
import asyncio, sys
from pathlib import Path
from supergame.core.clock import SystemClock
from supergame.store.sqlite import SqliteDatabase
from tests.store.items import ITEMS, q

async def writer(database, name):
    for i in range(10**9):
        if i % 2:
            await database.run(q.add, id=f"{name} {i}", n=i)
        else:
            async def body(tx):
                await tx.run(q.add, id=f"{name} {i}", n=i)
                await tx.run(q.add, id=f"{name} {i} twin", n=i)
            await database.transact(body)
        sys.stdout.write(f"{name} {i}\\n")  # acknowledged
        sys.stdout.flush()

async def main():
    database = await SqliteDatabase.open(Path(sys.argv[1]), clock=SystemClock())
    await database.migrate([ITEMS])
    await asyncio.gather(*(writer(database, f"writer{n}") for n in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("lines", [1, 100, 777])
async def test_what_was_answered_survives_kill_9(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "items.db"
    child = _start(CHILD, path)
    assert child.stdout is not None
    acknowledged = [child.stdout.readline() for _ in range(lines)]
    child.kill()
    acknowledged += child.communicate()[0].splitlines(keepends=True)
    database = await SqliteDatabase.open(path, clock=SystemClock())
    found = set(await database.all(q.ids, text))
    await database.close()
    assert check_file(path) == []
    assert {line.strip() for line in acknowledged if line.endswith("\n")} <= found
    for name in found:  # and no transaction is half there
        if not name.endswith("twin") and not int(name.split()[1]) % 2:
            assert f"{name} twin" in found
