"""A connection to a SQLite file: how we open it, how its work is bounded, what its errors are called."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

import apsw

from supergame.core.errors import BadInput, DeadlineExceeded, SupergameError, Unavailable
from supergame.store.database import BrokenRule, Duplicate

STATEMENTS_CACHED_MAX = 500
CACHE_KIB = 16 * 1024
WAL_KEPT_BYTES = 64 * 1024 * 1024  # a log that grew larger is cut to this when it starts anew

OPEN_SECONDS_MAX = 10.0  # to wait for another process that is just making or closing the file
OPEN_PAUSE_SECONDS = 0.005

OPCODES_PER_TICK = 1_000  # SQLite asks us this often whether to go on
OPCODES_PER_LONG_TICK = 200_000


def connect(path: Path, *, synchronous: str = "full", read_only: bool = False) -> apsw.Connection:
    """Open a database file, made if need be, in WAL mode with our settings. Raises Unavailable."""
    try:
        connection = apsw.Connection(str(path), statementcachesize=STATEMENTS_CACHED_MAX)
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)  # "x" is a name, as in PostgreSQL, never a string
        connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
        # Plans do not depend on the values bound: otherwise SQLite prepares a join anew at every execution,
        # which takes three times as long as the join itself.
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
        connection.set_busy_timeout(int(OPEN_SECONDS_MAX * 1000))
        _use_log(connection)
        for pragma, value in (
            ("synchronous", synchronous),
            ("foreign_keys", True),
            ("cache_size", -CACHE_KIB),
            ("temp_store", "memory"),
            ("journal_size_limit", WAL_KEPT_BYTES),
            ("case_sensitive_like", True),  # as in PostgreSQL
            ("query_only", read_only),
        ):
            connection.pragma(pragma, value)
        connection.set_busy_timeout(0)
    except apsw.Error as error:
        raise Unavailable(f"The database file {path} cannot be opened: {error}.") from error
    return connection


def _use_log(connection: apsw.Connection) -> None:
    """Go to WAL mode. While another process does the same SQLite says busy at once, whatever the timeout."""
    until = time.monotonic() + OPEN_SECONDS_MAX
    while True:
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > until:
                raise
            time.sleep(OPEN_PAUSE_SECONDS)
        else:
            return


class Budget:
    """How far a connection may go before its statement is broken off with `apsw.InterruptError`.

    On the event loop it counts SQLite's opcodes, so that the same work meets the same end on every machine;
    on a thread it looks at the clock. A single opcode may be long (`count(*)` of a whole table is one).
    """

    __slots__ = ("_connection", "_ticks", "_until", "left")

    def __init__(self, connection: apsw.Connection, opcodes: int) -> None:
        self._connection = connection
        self._ticks = self.left = max(1, opcodes // OPCODES_PER_TICK)
        self._until = 0.0
        connection.set_progress_handler(self._tick, OPCODES_PER_TICK)

    def refill(self) -> None:
        """Begin a new piece of work on the event loop."""
        self.left = self._ticks

    def on_loop(self) -> None:
        """From now on count opcodes."""
        self._connection.set_progress_handler(self._tick, OPCODES_PER_TICK)

    def on_thread(self, seconds: float) -> None:
        """From now on only the clock counts: so many seconds from now."""
        self._until = time.monotonic() + seconds
        self._connection.set_progress_handler(self._late, OPCODES_PER_LONG_TICK)

    def _tick(self) -> bool:
        self.left -= 1
        return self.left < 0

    def _late(self) -> bool:
        return time.monotonic() > self._until


_UNIQUE = (apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY, apsw.SQLITE_CONSTRAINT_ROWID)
_ELSEWHERE = (
    apsw.FullError,
    apsw.IOError,
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.ReadOnlyError,
    apsw.NoMemError,
)


def translate(error: BaseException) -> BaseException:
    """The error that a caller is told of, for one that SQLite or its binding raised; others stay as they are."""
    told: SupergameError
    if isinstance(error, apsw.ConstraintError):
        reason = getattr(error, "extendedresult", 0)
        if reason in _UNIQUE:
            told = Duplicate()
        elif reason == apsw.SQLITE_CONSTRAINT_DATATYPE:
            told = BadInput(f"A value does not fit its column: {error}.")
        else:
            told = BrokenRule(str(error))
    elif isinstance(error, OverflowError | apsw.TooBigError):
        told = BadInput("A value is too large to be stored.")
    elif isinstance(error, UnicodeEncodeError):
        told = BadInput("A text holds what is no Unicode character.")
    elif isinstance(error, apsw.InterruptError):
        told = DeadlineExceeded("The database took too long over this.")
    elif isinstance(error, _ELSEWHERE):
        told = Unavailable(f"The database cannot do that right now ({error}).")
    else:
        return error
    told.__cause__ = error
    return told


def reraise(error: BaseException) -> NoReturn:
    """Raise what the caller is told of, with the original as its cause."""
    told = translate(error)
    if told is error:
        raise error
    raise told from error
