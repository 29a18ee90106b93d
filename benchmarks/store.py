"""The store beside bare SQLite, each in a process of its own: reads by key one by one, upserts by many callers.

`bare` is a connection of apsw and nothing else, committing after as many rows as there are callers; `ours` is the
server's database. Prints operations per second.

usage: python -m benchmarks.store bare|ours read|write FOLDER SECONDS CALLERS
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import uvloop

from benchmarks.group_commit import connect
from supergame.core.clock import SystemClock
from supergame.store import MigrationSet, Query
from supergame.store.sqlite import SqliteDatabase

ROWS = 10_000
VALUE = "v" * 200
TABLE = "CREATE TABLE item (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
PUT = "INSERT INTO item (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
FIND = "SELECT value FROM item WHERE key = :key"

keys = [f"{number:032}" for number in range(ROWS)]


def bare(work: str, folder: str, seconds: float, callers: int) -> float:
    cursor = connect(f"{folder}/bare_{work}_{callers}.db").cursor()
    cursor.execute("DROP TABLE IF EXISTS item; " + TABLE)
    cursor.executemany(PUT, [{"key": key, "value": VALUE} for key in keys])
    n, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        if work == "read":
            for at in range(n, n + callers):
                cursor.execute(FIND, {"key": keys[at % ROWS]}).fetchall()
        else:
            cursor.execute("BEGIN IMMEDIATE")
            for at in range(n, n + callers):
                cursor.execute(PUT, {"key": keys[at % ROWS], "value": f"{VALUE}{at}"})
            cursor.execute("COMMIT")
        n += callers
    return n / elapsed


async def ours(work: str, folder: str, seconds: float, callers: int) -> float:
    put, find = Query("put", PUT), Query("find", FIND)
    database = await SqliteDatabase.open(Path(f"{folder}/ours_{work}_{callers}.db"), clock=SystemClock())
    await database.migrate([MigrationSet("bench", [(1, "item", TABLE)])])
    await asyncio.gather(*(database.run(put, key=key, value=VALUE) for key in keys))
    n, began = 0, time.perf_counter()

    async def call() -> None:
        nonlocal n
        while time.perf_counter() - began < seconds:
            n += 1
            if work == "read":
                for at in range(n, n + 100):
                    await database.one(find, str, key=keys[at % ROWS])
                n += 99
            else:
                await database.run(put, key=keys[n % ROWS], value=f"{VALUE}{n}")

    await asyncio.gather(*(call() for _ in range(callers)))
    elapsed = time.perf_counter() - began
    await database.close()
    return n / elapsed


if __name__ == "__main__":
    side, kind, place, length, many = sys.argv[1:]
    if side == "bare":
        print(bare(kind, place, float(length), int(many)))
    else:
        sys.setswitchinterval(0.001)
        print(uvloop.run(ours(kind, place, float(length), int(many))))
