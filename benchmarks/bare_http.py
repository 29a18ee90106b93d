"""The bare limit of HTTP: an ASGI application on uvicorn that checks nothing.

`/constant` reads the body and answers; `/read` reads one row of SQLite by its key, which is the body; `/write`
writes one in a group commit: key and value are the body's two halves.

usage: python -m benchmarks.bare_http PORT FOLDER
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn

from benchmarks.group_commit import GroupCommit, connect

ANSWER = b'{"payload":"{\\"hello\\":\\"world\\"}"}'
ROWS = 1_000

connection = connect(f"{sys.argv[2]}/bare_http.db")
connection.execute("CREATE TABLE IF NOT EXISTS item (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
with connection:
    connection.executemany(
        "INSERT OR REPLACE INTO item VALUES (?, ?)", [(f"{number:032}", "v" * 250) for number in range(ROWS)]
    )
cursor = connect(f"{sys.argv[2]}/bare_http.db").cursor()
write: GroupCommit | None = None


def start(size: int) -> dict:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(size).encode())]
    return {"type": "http.response.start", "status": 200, "headers": headers}


async def app(scope, receive, send) -> None:
    global write
    body = (await receive())["body"]
    path = scope["path"]
    if path == "/constant":
        answer = ANSWER
    elif path == "/read":
        answer = cursor.execute("SELECT value FROM item WHERE key = ?", (body.decode(),)).fetchall()[0][0].encode()
    else:
        if write is None:
            write = GroupCommit(connection, "INSERT OR REPLACE INTO item VALUES (?, ?)")
        stored = asyncio.get_running_loop().create_future()
        half = len(body) // 2
        write.put((body[:half].decode(), body[half:].decode()), lambda: stored.set_result(None))
        await stored
        answer = b"{}"
    await send(start(len(answer)))
    await send({"type": "http.response.body", "body": answer})


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        http="httptools",
        ws="none",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
