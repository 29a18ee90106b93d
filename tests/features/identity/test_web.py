"""Requests to providers: what goes wrong is logged, and no secret with it."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from supergame.core.clock import ManualClock
from supergame.core.errors import Unavailable
from supergame.core.log import get_log
from supergame.features.identity.web import Web


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        b"",
    ],
    ids=["status", "chunk", "header", "end", "failure", "nothing"],
)
async def test_parameters_stay_out_of_the_log(clock: ManualClock, answer: bytes) -> None:
    """Some are keys: Steam wants the publisher's in the address."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    web = Web("Steam", clock, get_log(), deadline_seconds=5, waiting_max=1)
    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/friends"
        with capture_logs() as logs, pytest.raises(Unavailable) as told:
            await web.get(url, {"key": "publisher-key"})
        await web.close()
    assert logs
    assert "publisher-key" not in str(logs) + told.value.message
