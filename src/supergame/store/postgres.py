"""The PostgreSQL twin: serializable transactions over a pool, tried again where that is safe.

What is tried again, with a random pause that grows, up to `attempts_max` times:

* a serialization conflict or a deadlock (40001, 40P01): the server undid everything, COMMIT included
* a connection lost or refused *before* COMMIT was sent: whatever was done is undone with the session

What is not: a connection lost while COMMIT, or a statement that commits by itself, was under way. Whether it was
kept is unknown, and trying again could do it twice. The caller gets Unavailable, which says so; whoever asked looks
again or repeats a request that may be repeated.

Transactions and single writes go over one pool, whose sessions are serializable by default (so a single write needs
no BEGIN and COMMIT). Reads outside go over another, read committed and read only: one statement sees one moment
anyway, and does not make writers conflict.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from supergame.core.clock import Clock
from supergame.core.errors import Aborted, BadInput, DeadlineExceeded, SupergameError, Unavailable, Unimplemented
from supergame.store import dialect
from supergame.store.database import BrokenRule, Duplicate, Tx
from supergame.store.migrations import TABLES, MigrationSet, applied_by_feature
from supergame.store.queries import Query
from supergame.store.settings import StoreSettings

T = TypeVar("T")

PAUSE_SECONDS = 0.001  # before the second attempt, at most; doubles each time
PAUSE_SECONDS_MAX = 0.1
STATEMENTS_CACHED_MAX = 500  # per connection
IDLE_SECONDS_MAX = 300.0

UNKNOWN = "The connection to the database broke while it was saving; whether it did is unknown."
UNREACHABLE = "The database cannot be reached; please try again."
OVER = "This tx is used after its transaction's body has ended."

# Whoever has updated this row migrates; the others wait for the end of its transaction.
MIGRATION_LOCK = """
CREATE TABLE IF NOT EXISTS supergame_migrations_lock (id BIGINT PRIMARY KEY);
INSERT INTO supergame_migrations_lock (id) VALUES (1) ON CONFLICT (id) DO NOTHING;
"""

_CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    ConnectionError,
)

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Session = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Base = asyncpg.Connection[asyncpg.Record]
else:
    Pool = Session = object
    Base = asyncpg.Connection


class _Connection(Base):
    """A pooled session. We leave nothing behind in one, so returning it costs no round trip."""

    def get_reset_query(self) -> str:
        return ""


class _Again(Exception):
    """An attempt failed in a way that allows another; holds what the caller is told if there is none."""

    def __init__(self, told: SupergameError) -> None:
        self.told = told
        super().__init__()


class PostgresDatabase:
    """A database on a PostgreSQL server. Made by `open`."""

    def __init__(
        self, writers: Pool, readers: Pool, clock: Clock, jitter: random.Random, settings: StoreSettings
    ) -> None:
        self._writers, self._readers = writers, readers
        self._clock, self._jitter, self._settings = clock, jitter, settings
        self._under_way = 0
        self._closed = False
        self._emptied = asyncio.Event()
        self.retries = 0

    @classmethod
    async def open(
        cls, url: str, *, clock: Clock, jitter: random.Random, settings: StoreSettings | None = None
    ) -> PostgresDatabase:
        """Connect to `postgresql://user:password@host/database`. Raises Unavailable where that fails."""
        settings = settings or StoreSettings()
        milliseconds = str(int(settings.slow_seconds_max * 1000))

        async def pool(**server: str) -> Pool:
            return await asyncpg.create_pool(
                url,
                min_size=0,
                max_size=settings.connections_max,
                max_inactive_connection_lifetime=IDLE_SECONDS_MAX,
                statement_cache_size=STATEMENTS_CACHED_MAX,
                timeout=settings.wait_seconds_max,
                connection_class=_Connection,
                server_settings={
                    "application_name": "supergame",
                    "statement_timeout": milliseconds,
                    "idle_in_transaction_session_timeout": milliseconds,
                    **server,
                },
            )

        try:
            writers = await pool(default_transaction_isolation="serializable")
            readers = await pool(default_transaction_read_only="on")
            await writers.fetchval("SELECT 1")  # a pool connects when first used; who starts wants to know now
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise Unavailable(f"The database cannot be reached: {error or type(error).__name__}.") from error
        return cls(writers, readers, clock, jitter, settings)

    async def transact(self, body: Callable[[Tx], Awaitable[T]]) -> T:
        async def attempt(session: Session) -> T:
            tx = PostgresTx(session)
            await session.execute("BEGIN")
            try:
                value = await body(tx)
            except BaseException as error:
                await _roll_back(session)
                raise tx.spoiled or error from None
            finally:
                tx.over = True
            if tx.spoiled is not None:
                await _roll_back(session)
                raise tx.spoiled
            commit = _saving(session, session.execute("COMMIT"))
            await (_told(commit, tx.listeners) if tx.listeners else commit)
            return value

        return await self._try(self._writers, attempt)

    async def run(self, query: Query, /, **parameters: Any) -> int:
        text, arguments = query.for_postgres(parameters)

        async def attempt(session: Session) -> int:
            return _count(await _saving(session, session.execute(text, *arguments)))

        return await self._try(self._writers, attempt)

    async def all(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> list[T]:
        text, arguments = query.for_postgres(parameters)

        async def attempt(session: Session) -> list[asyncpg.Record]:
            return await session.fetch(text, *arguments)

        return [row(*columns) for columns in await self._read(query, attempt)]

    async def one(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> T | None:
        text, arguments = query.for_postgres(parameters)

        async def attempt(session: Session) -> asyncpg.Record | None:
            return await session.fetchrow(text, *arguments)

        columns = await self._read(query, attempt)
        return None if columns is None else row(*columns)

    async def _read(self, query: Query, attempt: Callable[[Session], Awaitable[T]]) -> T:
        if query.writes:
            raise TypeError(f"query {query.name} changes rows: that takes run() or transact()")
        return await self._try(self._readers, attempt)

    async def migrate(self, sets: Sequence[MigrationSet]) -> list[str]:
        async def prepare(session: Session) -> None:
            try:
                for statement in dialect.postgres_schema(TABLES + MIGRATION_LOCK):
                    await session.execute(statement)
            except (asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError) as error:
                raise _Again(Aborted()) from error  # IF NOT EXISTS overlooks what another node is just making

        async def attempt(session: Session) -> list[str]:
            # Read committed, so that who had to wait for the lock's row then sees what the other has applied.
            async with session.transaction(isolation="read_committed"):
                await session.execute("SET LOCAL statement_timeout = 0")
                await session.execute("UPDATE supergame_migrations_lock SET id = 1 WHERE id = 1")
                return await _migrate(session, sets, self._clock.now_us())

        await self._try(self._writers, prepare)
        return await self._try(self._writers, attempt)

    async def backup(self, path: Path) -> None:
        """Not ours to do: raises Unimplemented, which names the tool."""
        raise Unimplemented("A PostgreSQL database is backed up by pg_dump, or by its own archive of the log.")

    async def close(self) -> None:
        """Wait for what is under way, then close the connections. Harmless when done twice."""
        if self._closed:
            return
        self._closed = True
        if self._under_way:
            await self._emptied.wait()
        await asyncio.gather(self._writers.close(), self._readers.close())

    async def _try(self, pool: Pool, attempt: Callable[[Session], Awaitable[T]]) -> T:
        """Run `attempt` on a connection, again where the module's rule allows it, and translate its errors."""
        if self._closed:
            raise Unavailable("The database is closed.")
        if self._under_way >= self._settings.write_queue_max:
            raise Unavailable("Too many calls are waiting for the database; please try again.")
        pause_seconds = PAUSE_SECONDS
        left = self._settings.attempts_max
        self._under_way += 1
        try:
            while True:
                try:
                    return await self._attempt(pool, attempt)
                except _Again as again:
                    left -= 1
                    if not left:
                        raise again.told from again.__cause__
                self.retries += 1
                await self._clock.sleep(self._jitter.uniform(0, pause_seconds))
                pause_seconds = min(2 * pause_seconds, PAUSE_SECONDS_MAX)
        finally:
            self._done()

    def _done(self) -> None:
        self._under_way -= 1
        if self._closed and not self._under_way:
            self._emptied.set()

    async def _attempt(self, pool: Pool, attempt: Callable[[Session], Awaitable[T]]) -> T:
        try:
            session = await pool.acquire(timeout=self._settings.wait_seconds_max)
        except TimeoutError as error:
            raise Unavailable("No connection to the database came free in time.") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise _Again(Unavailable(UNREACHABLE)) from error
        try:
            return await attempt(session)
        except _CONFLICTS as error:
            raise _Again(Aborted()) from error
        except SupergameError:
            raise
        except Exception as error:
            if _is_lost(session, error):
                raise _Again(Unavailable(UNREACHABLE)) from error
            told = _translate(error)
            if told is error:
                raise
            raise told from error
        finally:
            await pool.release(session)


class PostgresTx:
    """A transaction as its body sees it."""

    __slots__ = ("_session", "listeners", "over", "spoiled")

    def __init__(self, session: Session) -> None:
        self._session = session
        self.over = False
        self.spoiled: BaseException | None = None  # the driver's own error: whoever tries again looks at it
        self.listeners: list[Callable[[], object]] = []

    def then(self, listener: Callable[[], object], /) -> None:
        if self.over:
            raise RuntimeError(OVER)
        self.listeners.append(listener)

    async def all(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> list[T]:
        rows: list[asyncpg.Record] = await self._call(self._session.fetch, query, parameters)
        return [row(*columns) for columns in rows]

    async def one(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> T | None:
        columns: asyncpg.Record | None = await self._call(self._session.fetchrow, query, parameters)
        return None if columns is None else row(*columns)

    async def run(self, query: Query, /, **parameters: Any) -> int:
        return _count(await self._call(self._session.execute, query, parameters))

    async def _call(self, method: Callable[..., Awaitable[Any]], query: Query, parameters: dict[str, Any]) -> Any:
        if self.over:
            raise RuntimeError(OVER)
        if self.spoiled is not None:
            raise _translate(self.spoiled)
        text, arguments = query.for_postgres(parameters)
        try:
            return await method(text, *arguments)
        except BaseException as error:
            self.spoiled = error
            told = _translate(error)
            if told is error:
                raise
            raise told from error


async def _saving(session: Session, call: Awaitable[str]) -> str:
    """Wait for what commits. Raises Unavailable where the connection breaks before the answer."""
    try:
        return await call
    except Exception as error:
        if _is_lost(session, error):
            raise Unavailable(UNKNOWN) from error
        raise


async def _told(commit: Awaitable[str], listeners: Sequence[Callable[[], object]]) -> None:
    """Wait for a commit and tell its listeners; a caller who is cancelled meanwhile ends no sooner, it may be kept."""

    async def work() -> None:
        await commit
        for listener in listeners:
            asyncio.get_running_loop().call_soon(listener)

    task = asyncio.ensure_future(work())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)  # a second cancellation reaches the commit itself
        raise


async def _roll_back(session: Session) -> None:
    """Leave the transaction; a session in which that fails is thrown away, and its transaction with it."""
    if _is_closed(session):
        return
    try:
        await session.execute("ROLLBACK")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        if not _is_closed(session):
            session.terminate()


def _is_lost(session: Session, error: BaseException) -> bool:
    return isinstance(error, _LOST) or _is_closed(session)


def _is_closed(session: Session) -> bool:
    try:
        return session.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken the broken connection back already
        return True


def _count(status: str) -> int:
    """Rows touched, out of the answer `INSERT 0 3`."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _translate(error: BaseException) -> BaseException:
    """The error that a caller is told of, for one that the server or its driver raised; others stay as they are."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return Duplicate()
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return BrokenRule(str(error))
    if isinstance(error, asyncpg.DataError):
        return BadInput(f"A value does not fit: {error}.")
    if isinstance(error, asyncpg.QueryCanceledError | asyncpg.IdleInTransactionSessionTimeoutError):
        return DeadlineExceeded("The database took too long over this.")
    if isinstance(error, asyncpg.InsufficientResourcesError):
        return Unavailable(f"The database cannot do that right now ({error}).")
    return error


async def _migrate(session: Session, sets: Sequence[MigrationSet], now_us: int) -> list[str]:
    done = []
    rows = await session.fetch("SELECT feature, number, checksum FROM supergame_migrations")
    applied = applied_by_feature([(row[0], row[1], row[2]) for row in rows])
    for group in sets:
        for step in group.missing(applied.get(group.name, {})):
            for statement in dialect.postgres_schema(step.sql):
                await session.execute(statement)
            await session.execute(
                "INSERT INTO supergame_migrations VALUES ($1, $2, $3, $4, $5)",
                *(group.name, step.number, step.title, step.checksum, now_us),
            )
            done.append(f"{group.name} {step.number:04} {step.title}")
    return done
