"""The bare limit of HTTP: an ASGI application on uvicorn that reads the body and answers with a constant.

usage: python benchmarks/bare_http.py PORT
"""

from __future__ import annotations

import sys

import uvicorn

ANSWER = b'{"payload":"{\\"hello\\":\\"world\\"}"}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())],
}
BODY = {"type": "http.response.body", "body": ANSWER}


async def app(scope, receive, send) -> None:
    await receive()
    await send(START)
    await send(BODY)


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
