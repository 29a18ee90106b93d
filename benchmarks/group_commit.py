"""Bare group commit: rows gather while the transaction before theirs is being flushed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import apsw

Row = tuple[str | int, ...]


def connect(path: str) -> apsw.Connection:
    """Open a file as the server does: a log written ahead, flushed at every commit."""
    connection = apsw.Connection(path)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    return connection


class GroupCommit:
    """Runs one statement for many rows; each row's `done()` is called after the commit that holds it."""

    def __init__(self, connection: apsw.Connection, statement: str) -> None:
        self._cursor = connection.cursor()
        self._statement = statement
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[tuple[Row, Callable[[], object]]] = []
        self._busy = False

    def put(self, row: Row, done: Callable[[], object]) -> None:
        self._waiting.append((row, done))
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        batch, self._waiting = self._waiting, []
        self._cursor.execute("BEGIN IMMEDIATE")
        for row, _ in batch:
            self._cursor.execute(self._statement, row)
        commit = asyncio.get_running_loop().run_in_executor(self._thread, self._cursor.execute, "COMMIT")
        commit.add_done_callback(partial(self._committed, batch))

    def _committed(self, batch: list[tuple[Row, Callable[[], object]]], commit: asyncio.Future[object]) -> None:
        commit.result()
        for _, done in batch:
            done()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._turn)
        else:
            self._busy = False
