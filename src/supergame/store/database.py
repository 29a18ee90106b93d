"""What a database does for the services, whichever it is: transactions, reads, migrations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from supergame.core.errors import Conflict, Internal, Unavailable
from supergame.store.migrations import MigrationSet
from supergame.store.queries import Query

T = TypeVar("T")


class Duplicate(Conflict):
    """There is a row with that key already."""


class InUse(Unavailable):
    """Another node is using this data folder."""


class BrokenRule(Internal):
    """A change breaks a rule of its table."""


class Tx(Protocol):
    """One transaction, open while its body runs.

    An error in a statement spoils the transaction, even if the body catches it: its caller gets that error and
    nothing is kept. What may clash is written ON CONFLICT DO NOTHING and the count looked at.
    """

    def all(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> Awaitable[list[T]]:
        """Every row the query gives, as `row(*columns)`."""

    def one(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> Awaitable[T | None]:
        """The first row as `row(*columns)`, or None. The query reads a key or says LIMIT 1."""

    def run(self, query: Query, /, **parameters: Any) -> Awaitable[int]:
        """Run an INSERT, UPDATE or DELETE and give the number of rows it touched."""

    def then(self, listener: Callable[[], object], /) -> None:
        """Call `listener()` on the loop once the commit is durable, before the caller goes on; never if it is undone.

        That the caller was cancelled meanwhile changes nothing; where a connection breaks so that nobody knows whether
        all was kept, nobody is told. What it raises is logged. A body that runs again says it again, and only its last
        run counts.
        """


class Database(Protocol):
    """A node's database; SQLite and PostgreSQL twins keep this contract.

    `row` is a msgspec.Struct type, or anything that is called with the columns in their order. Values are text
    without NUL, integers of 63 bits and a sign, floats, bytes and None. Errors, beside those of Tx:

    * Duplicate where a unique key exists already; BrokenRule where another constraint says no
    * BadInput where a value fits no column: an integer too large, text that is not UTF-8
    * Aborted where others kept changing the same rows until the named number of attempts was used up
    * Unavailable where the database cannot be reached, is full, closed, or too many calls are waiting
    """

    def transact(self, body: Callable[[Tx], Awaitable[T]]) -> Awaitable[T]:
        """Run `await body(tx)` in one serializable transaction and answer with what it gives.

        * The body awaits nothing but `tx`, and may run again from the start: it changes nothing outside `tx`.
        * The answer comes after the commit is durable; an exception from the body comes after the rollback and
          undoes nothing of other callers.
        * A caller that is cancelled before its body started leaves no trace. After that the transaction is kept
          whole or not at all, and the caller does not learn which.
        """

    def run(self, query: Query, /, **parameters: Any) -> Awaitable[int]:
        """One changing statement as a transaction of its own; cheaper than `transact`. Gives the rows touched."""

    def all(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> Awaitable[list[T]]:
        """Read committed rows, among them those of every `transact` and `run` that was answered."""

    def one(self, query: Query, row: Callable[..., T], /, **parameters: Any) -> Awaitable[T | None]:
        """Read the first committed row, or None. The query reads a key or says LIMIT 1."""

    async def migrate(self, sets: Sequence[MigrationSet]) -> list[str]:
        """Apply what is missing, in the order given; several nodes may do so at once. Gives what was applied.

        Raises SchemaMismatch where an applied migration was changed or the database is newer than the code.
        """

    async def backup(self, path: Path) -> None:
        """Write a consistent copy of everything to a file while the node goes on."""

    async def close(self) -> None:
        """Finish what was accepted, then let go of the database."""
