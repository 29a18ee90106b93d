"""The PostgreSQL twin's own: what is tried again, what is not, and what a lost connection means."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from tests.store.items import ITEMS, Item, count, q, text

from supergame.core.clock import SystemClock
from supergame.core.errors import Aborted, BadInput, DeadlineExceeded, Refused, Unavailable, Unimplemented
from supergame.core.ids import SeededIds
from supergame.store import Query, StoreSettings, Tx, open_database
from supergame.store.postgres import PostgresDatabase
from supergame.store.sqlite import SqliteDatabase


@asynccontextmanager
async def opened(url: str, **settings: object) -> AsyncIterator[PostgresDatabase]:
    database = await PostgresDatabase.open(
        url, clock=SystemClock(), jitter=random.Random(1), settings=StoreSettings(**settings)
    )
    await database.migrate([ITEMS])
    yield database
    await database.close()


@pytest.fixture
async def admin(postgres_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection beside the node's."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


KILL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'supergame' AND datname = current_database()
"""


async def test_the_settings_choose_the_twin(postgres_url: str, tmp_path: Path) -> None:
    for address, twin in (("", SqliteDatabase), (postgres_url, PostgresDatabase)):
        settings = StoreSettings(database=address)
        database = await open_database(settings, tmp_path, clock=SystemClock(), ids=SeededIds())
        assert type(database) is twin
        await database.close()
    assert (tmp_path / "supergame.db").exists()


async def test_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    for url in (f"postgresql://nobody@/nothing?host={tmp_path}", "postgresql://nobody@127.0.0.1:1/nothing"):
        with pytest.raises(Unavailable, match="The database cannot be reached"):
            await PostgresDatabase.open(url, clock=SystemClock(), jitter=random.Random(1))


async def test_a_conflict_is_tried_again(postgres: PostgresDatabase, admin: asyncpg.Connection[asyncpg.Record]) -> None:
    """Somebody else changes the row between the body's reading and its writing, the first time."""
    await postgres.run(q.add, id="a", n=1)
    runs: list[int] = []

    async def body(tx: Tx) -> None:
        item = await tx.one(q.get, Item, id="a")
        assert item is not None
        runs.append(item.n)
        if len(runs) == 1:
            await admin.execute("UPDATE items SET n = 10 WHERE id = 'a'")
        await tx.run(q.put, id="a", n=item.n + 1)

    await postgres.transact(body)
    assert runs == [1, 10]
    assert postgres.retries == 1
    assert await postgres.one(q.get, Item, id="a") == Item("a", 11)


async def test_a_conflict_that_its_body_hides_is_tried_again(
    postgres: PostgresDatabase, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    await postgres.run(q.add, id="a", n=1)
    runs: list[int] = []

    async def body(tx: Tx) -> None:
        runs.append(1)
        await tx.one(q.get, Item, id="a")
        if len(runs) == 1:
            await admin.execute("UPDATE items SET n = 10 WHERE id = 'a'")
        try:
            await tx.run(q.put, id="a", n=2)
        except Exception:
            raise Refused("whatever it was") from None

    await postgres.transact(body)
    assert len(runs) == 2


async def test_a_conflict_that_never_ends_is_aborted(
    postgres_url: str, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with opened(postgres_url, attempts_max=3) as database:
        await database.run(q.add, id="a", n=1)

        async def body(tx: Tx) -> None:
            await tx.one(q.get, Item, id="a")
            await admin.execute("UPDATE items SET n = n + 1 WHERE id = 'a'")
            await tx.run(q.put, id="a", n=0)

        with pytest.raises(Aborted):
            await database.transact(body)
        assert await database.one(q.get, Item, id="a") == Item("a", 4)


async def test_a_connection_lost_before_the_commit_is_replaced(
    postgres: PostgresDatabase, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    runs: list[int] = []

    async def body(tx: Tx) -> int:
        await tx.run(q.add, id="a", n=1)
        runs.append(1)
        if len(runs) == 1:
            await admin.execute(KILL)
        return await tx.run(q.add, id="b", n=1)

    assert await postgres.transact(body) == 1
    assert len(runs) == 2
    assert await postgres.all(q.ids, text) == ["a", "b"]  # whose reading session was lost, too


async def test_a_connection_lost_while_saving_is_not_tried_again(
    postgres: PostgresDatabase, admin: asyncpg.Connection[asyncpg.Record]
) -> None:
    """A check at COMMIT waits for a lock that we hold; then the server ends the session."""
    await admin.execute(
        """
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait();
        SELECT pg_advisory_lock(1);
        """
    )
    runs: list[int] = []

    async def body(tx: Tx) -> None:
        runs.append(1)
        await tx.run(q.add, id="a", n=1)

    writes = [asyncio.ensure_future(postgres.transact(body)), asyncio.ensure_future(postgres.run(q.add, id="b", n=1))]
    while await admin.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") < 2:
        pass
    await admin.execute(KILL)
    for write in writes:
        with pytest.raises(Unavailable, match="whether it did is unknown"):
            await write
    assert runs == [1]
    assert postgres.retries == 0


async def test_a_server_that_is_gone_is_unavailable_after_some_attempts(
    postgres_server: str, postgres_url: str
) -> None:
    outside = await asyncpg.connect(postgres_server)
    async with opened(postgres_url, attempts_max=3) as database:
        name = await database.one(Query("name", "SELECT current_database()"), text)
        await outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await outside.execute(KILL.replace("current_database()", f"'{name}'"))
        for _ in range(2):
            with pytest.raises(Unavailable, match="cannot be reached"):
                await database.one(q.count, count)
        await outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert await database.one(q.count, count) == 0
    await outside.close()


async def test_connections_and_calls_are_limited(postgres_url: str) -> None:
    async with opened(postgres_url, connections_max=1, wait_seconds_max=0.5, write_queue_max=2) as database:
        release = asyncio.Event()
        inside = asyncio.Event()

        async def body(tx: Tx) -> None:
            await tx.run(q.add, id="a", n=1)
            inside.set()
            await release.wait()

        holding = asyncio.ensure_future(database.transact(body))
        await inside.wait()
        waiting = asyncio.ensure_future(database.run(q.add, id="b", n=1))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="Too many calls"):
            await database.run(q.add, id="c", n=1)
        with pytest.raises(Unavailable, match="No connection to the database came free"):
            await waiting
        release.set()
        await holding
        assert await database.all(q.ids, text) == ["a"]


async def test_a_caller_cancelled_in_its_body_leaves_nothing(postgres: PostgresDatabase) -> None:
    inside = asyncio.Event()

    async def body(tx: Tx) -> None:
        await tx.run(q.add, id="a", n=1)
        inside.set()
        await tx.one(q.endless, count, steps=10**9)

    task = asyncio.ensure_future(postgres.transact(body))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await postgres.run(q.add, id="a", n=2) == 1


async def test_what_takes_too_long_is_broken_off(postgres_url: str) -> None:
    async with opened(postgres_url, slow_seconds_max=0.1) as database:
        with pytest.raises(DeadlineExceeded):
            await database.one(q.endless, count, steps=10**9)


async def test_text_with_nul_is_bad_input(postgres: PostgresDatabase) -> None:
    with pytest.raises(BadInput):
        await postgres.run(q.add, id="a\x00b", n=1)


async def test_a_backup_is_left_to_the_servers_tools(postgres: PostgresDatabase, tmp_path: Path) -> None:
    with pytest.raises(Unimplemented, match="pg_dump"):
        await postgres.backup(tmp_path / "copy")
