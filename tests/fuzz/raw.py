"""HTTP as bytes: nothing between a test and the wire."""

from __future__ import annotations

import asyncio
from types import TracebackType

ANSWER_SECONDS = 10.0


class Closed(Exception):
    """The server has closed the connection without an answer."""


class Raw:
    """A connection that is opened again whenever the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Raw:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            try:
                await writer.wait_closed()
            except ConnectionError:
                pass

    async def request(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """Send a request and give the status and the body of its answer."""
        head = [f"{method} {target} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        return await self.send("\r\n".join([*head, "", ""]).encode() + body)

    async def send(self, data: bytes) -> tuple[int, bytes]:
        """Send bytes and give the first answer. Raises Closed where there is none."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                writer.write(data)
                head = await reader.readuntil(b"\r\n\r\n")
                status = int(head[9:12])
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            raise Closed from None
        if fields.get(b"connection") == b"close":
            await self.close()
        return status, body
