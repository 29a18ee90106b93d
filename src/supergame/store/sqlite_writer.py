"""Group commit: the one connection that writes to a SQLite file, shared by everybody who has something to write.

How a write goes::

    transact(body) -> queue -> a turn of the loop: BEGIN IMMEDIATE, body, body, body ... -> thread: COMMIT -> answers

Bodies run *on the event loop*, one after the other, each under a savepoint, inside one SQLite transaction. A
statement takes a few microseconds, so handing it to a thread and back would cost ten times what it does, and two
threads that both want the interpreter slow each other down. Only COMMIT waits for the disk, so it alone goes to the
writer's thread; what arrives meanwhile makes up the next batch. Nobody is answered before the commit that holds
their work, not even those whose body failed: it may have failed because of what it read there.

The loop stays free: a turn ends after `turn_milliseconds`, and a body that takes more than `inline_opcodes_max` steps
is broken off, undone, and run again in the **slow lane**: a transaction of its own, whose statements run on the
thread (the body's own code stays on the loop). A kind of body that did so goes there directly the next few times.
When SQLite answers such a break by undoing the whole transaction, the others in the batch run again; bodies may.

A batch that took less time than the last commit and has more work waiting is carried over into the next turn, so
that a slow disk gets larger batches.

`PRAGMA wal_autocheckpoint` would make one caller in a thousand wait for the checkpoint; instead it runs on the thread
after the answers have gone out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import apsw

from supergame.core.errors import Unavailable
from supergame.store.queries import Query
from supergame.store.settings import StoreSettings
from supergame.store.sqlite_connection import Budget, translate
from supergame.store.worker import Worker

T = TypeVar("T")

BATCH_SECONDS_MAX = 0.02  # work that one commit may hold, however slow the disk
CHECKPOINT_PAGES = 4_000  # 16 MiB of log, then its pages move into the database file
HEAVY_RUNS = 16  # so often a kind of work that was too slow goes to the slow lane before it is tried inline again
HEAVY_KINDS_MAX = 1_000

AWAITS_ONLY_TX = "A transaction's body may await nothing but its tx."
OVER = "This tx is used after its transaction's body has ended."


Bound = tuple[str, Mapping[str, Any]]
"""A statement's text and what is bound to its variables, as SQLite takes them."""


Listeners = Sequence[Callable[[], object]]
"""Who is told of a commit."""


class Job:
    """A body or a single statement that waits for its turn, and the future its caller waits for."""

    __slots__ = ("body", "bound", "future", "query", "then")

    def __init__(
        self,
        future: asyncio.Future[Any],
        body: Callable[[Any], Any] | None,
        query: Query | None = None,
        bound: Bound = ("", {}),
    ) -> None:
        self.future, self.body, self.query, self.bound = future, body, query, bound
        self.then: Listeners = ()

    @property
    def kind(self) -> object:
        """What it has in common with other calls from the same place."""
        return self.query or getattr(self.body, "__code__", self.body)


Outcome = tuple[Job, Any, BaseException | None]


class Heavy:
    """Which kinds of work were too slow for the loop not long ago."""

    __slots__ = ("_runs",)

    def __init__(self) -> None:
        self._runs: dict[object, int] = {}

    def __bool__(self) -> bool:
        return bool(self._runs)

    def add(self, kind: object) -> None:
        """Remember a kind that went over its budget."""
        while len(self._runs) >= HEAVY_KINDS_MAX:
            del self._runs[next(iter(self._runs))]
        self._runs[kind] = HEAVY_RUNS

    def takes(self, kind: object) -> bool:
        """Whether to spare the loop this one, too."""
        left = self._runs.get(kind)
        if left is None:
            return False
        if left == 1:
            del self._runs[kind]
        else:
            self._runs[kind] = left - 1
        return True


class Writer:
    """The write connection, its queue and its thread."""

    def __init__(self, connection: apsw.Connection, settings: StoreSettings, worker: Worker) -> None:
        self._connection, self._worker, self._settings = connection, worker, settings
        self._loop = asyncio.get_running_loop()
        self._cursor = connection.cursor()
        self._budget = Budget(connection, settings.inline_opcodes_max)
        self._queue_max = settings.write_queue_max
        self._turn_seconds = settings.turn_milliseconds / 1000
        self._flushes = settings.synchronous == "full"
        self._queue: deque[Job] = deque()
        self._slow: deque[Job] = deque()
        self._slow_task: asyncio.Task[None] | None = None
        self._heavy = Heavy()
        self._batch: list[Outcome] = []
        self._batch_seconds = 0.0
        self._commit_seconds = 0.0
        self._changes_before = 0
        self._begun = False
        self._awake = False  # somebody is going to call _turn: the loop, the thread or the slow lane
        self._closed = False
        self._emptied: asyncio.Future[None] | None = None
        self._log_pages = 0
        self.commits = self.transactions = self.slow_transactions = self.repeated = self.checkpoints = 0
        connection.set_wal_hook(self._grown)

    @property
    def waiting(self) -> int:
        """How many bodies and statements wait for their turn."""
        return len(self._queue) + len(self._slow)

    def submit(self, job: Job) -> asyncio.Future[Any]:
        """Let a job wait for its turn. Raises Unavailable where too many wait, or it is closed."""
        if self._closed:
            raise Unavailable("The database is closed.")
        if len(self._queue) + len(self._slow) >= self._queue_max:
            raise Unavailable("Too many writes are waiting; please try again.")
        self._queue.append(job)
        if not self._awake:
            self._awake = True
            self._loop.call_soon(self._turn)
        return job.future

    async def close(self) -> None:
        """Finish what was accepted, and take no more."""
        self._closed = True
        if self._awake:
            self._emptied = self._loop.create_future()
            await self._emptied

    # -- a turn

    def _turn(self) -> None:
        """Run what waits, as far as this turn's time goes, then commit."""
        if not self._begun and not self._begin():
            return
        started = perf_counter()
        self._run_waiting(started + self._turn_seconds)
        self._batch_seconds += perf_counter() - started
        if not self._begun:
            self._next()
        elif self._queue and self._batch_seconds < min(self._commit_seconds, BATCH_SECONDS_MAX):
            self._loop.call_soon(self._turn)
        elif self._batch:
            self._commit()
        else:  # all were cancelled or went to the slow lane: nothing to keep, nothing to flush
            self._undo()
            self._begun = False
            self._next()

    def _begin(self) -> bool:
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:  # another process is writing
            self._worker.call(self._begin_patiently, self._begun_patiently)
            return False
        except apsw.Error as error:
            self._fail_waiting(error)
            return False
        self._opened()
        return True

    def _opened(self) -> None:
        self._begun = True
        self._batch_seconds = 0.0
        self._changes_before = self._connection.total_changes()

    def _begin_patiently(self) -> None:
        """On the thread: wait until the other process lets go."""
        self._connection.set_busy_timeout(int(self._settings.wait_seconds_max * 1000))
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
        finally:
            self._connection.set_busy_timeout(0)

    def _begun_patiently(self, _: None, error: BaseException | None) -> None:
        if error is not None:
            self._fail_waiting(error)
        else:
            self._opened()
            self._turn()

    def _fail_waiting(self, error: BaseException) -> None:
        jobs, self._queue = self._queue, deque()
        for job in jobs:
            self._settle(job, None, translate(error))
        self._next()

    def _run_waiting(self, until: float) -> None:
        queue, budget = self._queue, self._budget
        while queue and self._begun:
            job = queue.popleft()
            if job.future.done():  # its caller was cancelled
                continue
            if self._heavy and self._heavy.takes(job.kind):
                self._slow.append(job)
                continue
            budget.refill()
            if job.query is not None:
                self._run_statement(job)
            else:
                self._run_body(job)
            if perf_counter() > until:
                break

    def _run_statement(self, job: Job) -> None:
        """One statement needs no savepoint: SQLite undoes a statement that fails."""
        try:
            count = self._change(job.bound)
        except BaseException as error:
            self._broken(job, error, isinstance(error, apsw.InterruptError))
        else:
            self._batch.append((job, count, None))

    def _change(self, bound: Bound) -> int:
        text, bindings = bound
        self._cursor.execute(text, bindings).fetchall()
        return self._connection.changes()

    def _run_body(self, job: Job) -> None:
        tx = InlineTx(self._connection, self._cursor)
        error: BaseException | None = None
        try:
            value = self._drive(job, tx)
            error = tx.spoiled
            if error is None and tx.saved:
                self._cursor.execute("RELEASE body")
        except BaseException as caught:
            error = tx.spoiled or caught
        tx.over = True
        if error is None:
            job.then = tx.listeners
            self._batch.append((job, value, None))
            return
        if tx.saved and self._connection.in_transaction:
            try:
                self._cursor.execute("ROLLBACK TO body; RELEASE body")
            except apsw.Error:  # the disk, too, says no: then nothing of this batch stays, and the others run again
                self._undo()
        self._broken(job, error, tx.too_slow)

    def _drive(self, job: Job, tx: InlineTx) -> Any:
        assert job.body is not None
        coroutine = job.body(tx)
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        coroutine.close()
        raise RuntimeError(AWAITS_ONLY_TX)

    def _broken(self, job: Job, error: BaseException, too_slow: bool) -> None:
        """A job failed: keep that for the commit, send it to the slow lane, or begin the batch again."""
        lost = not self._connection.in_transaction
        if too_slow:
            self._heavy.add(job.kind)
            self._slow.append(job)
        elif lost:
            self._settle(job, None, translate(error))
        else:
            self._batch.append((job, None, translate(error)))
        if lost:  # SQLite undid everything: what ran before runs again
            self.repeated += len(self._batch)
            self._queue.extendleft(job for job, _, _ in reversed(self._batch))
            self._batch.clear()
            self._begun = False

    # -- the commit

    def _commit(self) -> None:
        batch, self._batch = self._batch, []
        self._begun = False
        if self._flushes and self._connection.total_changes() != self._changes_before:
            self._worker.call(self._finish, partial(self._committed, batch))
            return
        try:
            self._finish()
        except apsw.Error as error:
            self._committed(batch, None, error)
        else:
            self._committed(batch, None, None)

    def _finish(self) -> None:
        """COMMIT, on the thread where it has to wait for the disk."""
        started = perf_counter()
        try:
            self._cursor.execute("COMMIT")
        except BaseException:
            self._undo()
            raise
        self._commit_seconds = perf_counter() - started

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def _committed(self, batch: list[Outcome], _: None, failure: BaseException | None) -> None:
        self.commits += 1
        self.transactions += len(batch)
        for job, value, error in batch:
            if failure is not None:
                value, error = None, translate(failure)
            self._settle(job, value, error)
        self._after_commit()

    def _after_commit(self) -> None:
        if self._log_pages >= CHECKPOINT_PAGES:
            self.checkpoints += 1
            self._worker.call(self._checkpoint, self._checkpointed)
        else:
            self._next()

    def _grown(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self) -> None:
        self._log_pages = 0
        self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _checkpointed(self, _result: None, _error: BaseException | None) -> None:
        # A checkpoint that fails (a full disk) loses nothing: the log still holds it all, and the next one tries again.
        self._next()

    def _settle(self, job: Job, value: Any, error: BaseException | None) -> None:
        if error is None:
            for listener in job.then:
                self._loop.call_soon(listener)
        if job.future.done():  # its caller was cancelled meanwhile
            return
        if error is None:
            job.future.set_result(value)
        else:
            job.future.set_exception(error)

    def _next(self) -> None:
        """The connection is free and no transaction is open: what comes now?"""
        if self._slow:
            self._slow_task = self._loop.create_task(self._run_slow(self._slow.popleft()))
        elif self._queue:
            self._loop.call_soon(self._turn)
        else:
            self._awake = False
            if self._emptied is not None and not self._emptied.done():
                self._emptied.set_result(None)

    # -- the slow lane

    async def _run_slow(self, job: Job) -> None:
        """One job in a transaction of its own; statements on the thread, the body's code here."""
        value, error = None, None
        try:
            if not job.future.done():
                self.slow_transactions += 1
                value = await self._slow_transaction(job)
        except BaseException as caught:
            error = translate(caught)
        self._settle(job, value, error)
        if self._queue:  # those who wait inline have their batch before the next slow one
            self._loop.call_soon(self._turn)
        else:
            self._after_commit()

    async def _slow_transaction(self, job: Job) -> Any:
        do = self._worker.do
        try:
            await do(self._begin_slow)
            if job.query is not None:
                value: Any = await do(partial(self._change, job.bound))
            else:
                value = await self._drive_slow(job)
            await do(self._finish)
        except BaseException:
            await do(self._undo)
            raise
        finally:
            self._budget.on_loop()
        return value

    def _begin_slow(self) -> None:
        self._budget.on_thread(self._settings.slow_seconds_max)
        self._begin_patiently()

    async def _drive_slow(self, job: Job) -> Any:
        assert job.body is not None
        tx = ThreadTx(self._connection, self._cursor)
        coroutine: Coroutine[Any, Any, Any] = job.body(tx)
        value: Any = None
        error: BaseException | None = None
        try:
            while True:
                step = coroutine.send(value) if error is None else coroutine.throw(error)
                if not isinstance(step, Step):
                    coroutine.close()
                    raise RuntimeError(AWAITS_ONLY_TX)
                value, error = None, None
                try:
                    value = await self._worker.do(step.call)
                except Exception as caught:
                    error = caught
        except StopIteration as stop:
            if tx.spoiled is not None:
                raise tx.spoiled from None
            job.then = tx.listeners
            return stop.value
        finally:
            tx.over = True


class InlineTx:
    """A transaction as its body sees it, on the event loop: nothing in it ever waits."""

    __slots__ = ("_connection", "_cursor", "listeners", "over", "saved", "spoiled", "too_slow")

    def __init__(self, connection: apsw.Connection, cursor: apsw.Cursor) -> None:
        self._connection, self._cursor = connection, cursor
        self.saved = False  # the savepoint is set before the first change: who only reads needs none
        self.over = self.too_slow = False
        self.spoiled: BaseException | None = None
        self.listeners: Listeners = ()

    def then(self, listener: Callable[[], object], /) -> None:
        if self.over:
            raise RuntimeError(OVER)
        self.listeners = (*self.listeners, listener)

    async def all(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> list[T]:
        return [row(*columns) for columns in self._fetch(query, parameters)]

    async def one(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> T | None:
        rows = self._fetch(query, parameters)
        return row(*rows[0]) if rows else None

    async def run(self, query: Query, /, **parameters: Any) -> int:
        self._fetch(query, parameters)
        return self._connection.changes()

    def _fetch(self, query: Query, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        if self.over:
            raise RuntimeError(OVER)
        if self.spoiled is not None:
            raise self.spoiled
        text, bindings = query.for_sqlite(parameters)
        try:
            if query.writes and not self.saved:
                self._cursor.execute("SAVEPOINT body")
                self.saved = True
            return self._cursor.execute(text, bindings).fetchall()
        except Exception as error:
            self.spoiled = translate(error)
            self.too_slow = isinstance(error, apsw.InterruptError)
            raise self.spoiled  # noqa: B904, its cause is set


class Step:
    """A call for the writer's thread, awaited by a body in the slow lane."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call

    def __await__(self) -> Generator[Step, Any, Any]:
        return (yield self)


class ThreadTx(InlineTx):
    """The same in the slow lane: each call is a step on the writer's thread."""

    __slots__ = ()

    async def all(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> list[T]:
        def call() -> list[T]:
            return [row(*columns) for columns in self._fetch(query, parameters)]

        return await Step(call)  # type: ignore[no-any-return]

    async def one(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> T | None:
        rows = await Step(partial(self._fetch, query, parameters))
        return row(*rows[0]) if rows else None

    async def run(self, query: Query, /, **parameters: Any) -> int:
        def call() -> int:
            self._fetch(query, parameters)
            return self._connection.changes()

        return await Step(call)  # type: ignore[no-any-return]
