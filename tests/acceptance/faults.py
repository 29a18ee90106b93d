"""Nothing acknowledged is lost: players write under load, the node is killed, and all that was confirmed is there.

    python -m tests.acceptance.faults --rounds 20 --seed 1

Each round kills the node (`kill -9`) after a random number of acknowledgements, while more are under way, starts it
again on the same data, and reads everything back over the protocol: what this round has written, and all before it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.server import Server

from supergame.client import Client, ClientError, ConnectionLost, RequestFailed, Session, Socket
from supergame.protocol.storage import ReadStorageObjectId, WriteStorageObject
from supergame.protocol.types import Int64

PLAYERS = 40
ROOMS = ("lobby", "market", "arena")
KEYS = ("sword", "shield", "boots")
ACKNOWLEDGED_MAX = 1_500
"""In one round, before the node is killed."""
ROUND_SECONDS_MAX = 60.0
PAGE = 100


class Lost(AssertionError):
    """Something acknowledged is not there, or not as it was acknowledged."""


@dataclass
class Number:
    """A number that only grows: what was acknowledged last, and the most that was ever asked for."""

    acknowledged: int = 0
    asked: int = 0

    def check(self, found: int, what: str) -> None:
        """What is found is at least as new as what was acknowledged, and nothing nobody has written."""
        if not self.acknowledged <= found <= self.asked:
            raise Lost(f"{what}: found {found}, acknowledged {self.acknowledged}, asked {self.asked}")


@dataclass
class Book:
    """Everything that the server has confirmed."""

    objects: dict[str, Number] = field(default_factory=lambda: defaultdict(Number))
    """By username: the number in each of the player's objects, which are always written together."""
    best: dict[str, Number] = field(default_factory=lambda: defaultdict(Number))
    sums: dict[str, Number] = field(default_factory=lambda: defaultdict(Number))
    said: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    """By channel: contents by message id."""
    logged_out: list[tuple[str, str]] = field(default_factory=list)
    """Session and refresh tokens that open nothing any more."""
    acknowledged: int = 0
    on_acknowledged: Callable[[int], object] = lambda count: None

    def note(self) -> None:
        """Count one acknowledgement."""
        self.acknowledged += 1
        self.on_acknowledged(self.acknowledged)


class Writer:
    """A player who writes, one thing after the other, until the node is gone."""

    def __init__(self, client: Client, username: str, book: Book, rng: random.Random) -> None:
        self._client, self._username, self._book, self._rng = client, username, book, rng
        self._session: Session
        self._socket: Socket
        self._rooms: dict[str, str] = {}

    async def run(self) -> None:
        """Write until the connection breaks."""
        try:
            self._session = await self._client.authenticate_device(
                f"device-of-{self._username}", username=self._username
            )
            self._socket = await self._client.connect(self._session, reconnect=False)
            for room in ROOMS:
                self._rooms[room] = (await self._socket.join_chat(room)).id
            steps = (self._save, self._talk, self._score, self._add, self._log_out)
            while True:
                (step,) = self._rng.choices(steps, weights=(6, 6, 3, 3, 1))
                await step()
        except ConnectionLost:
            return

    async def _save(self) -> None:
        number = self._book.objects[self._username]
        number.asked += 1
        value = json.dumps({"number": number.asked})
        written = [WriteStorageObject("bag", key, value) for key in KEYS]
        await self._client.write_objects(self._session, written)
        number.acknowledged = number.asked
        self._book.note()

    async def _talk(self) -> None:
        channel_id = self._rooms[self._rng.choice(ROOMS)]
        contents = [{"by": self._username, "number": self._rng.random()} for _ in range(self._rng.randrange(1, 6))]
        await asyncio.gather(*(self._say(channel_id, content) for content in contents))

    async def _say(self, channel_id: str, content: dict[str, Any]) -> None:
        ack = await self._socket.send_chat(channel_id, content)
        self._book.said[channel_id][ack.message_id] = content
        self._book.note()

    async def _score(self) -> None:
        number = self._book.best[self._username]
        number.asked += self._rng.randrange(1, 100)
        record = await self._client.write_score(self._session, "highest", number.asked)
        assert record.score == number.asked
        number.acknowledged = number.asked
        self._book.note()

    async def _add(self) -> None:
        number, added = self._book.sums[self._username], self._rng.randrange(1, 100)
        number.asked += added
        record = await self._client.write_score(self._session, "sum", added)
        number.acknowledged = int(record.score)
        self._book.note()

    async def _log_out(self) -> None:
        """Log out a second session of the same player, as from another device."""
        other = await self._client.authenticate_device(f"device-of-{self._username}")
        await self._client.logout(other)
        self._book.logged_out.append((other.token, other.refresh_token))
        self._book.note()


async def write(port: int, book: Book, rng: random.Random, kill: Callable[[], None]) -> int:
    """Write under load until a random number of acknowledgements, then kill; gives that number."""
    enough = asyncio.Event()
    target = book.acknowledged + min(ACKNOWLEDGED_MAX, int(rng.expovariate(3 / ACKNOWLEDGED_MAX)))
    book.on_acknowledged = lambda count: enough.set() if count > target else None
    before = book.acknowledged
    async with AsyncExitStack() as stack, asyncio.timeout(ROUND_SECONDS_MAX), asyncio.TaskGroup() as group:
        for number in range(PLAYERS):
            client = await stack.enter_async_context(Client("127.0.0.1", port))
            writer = Writer(client, f"player-{number}", book, random.Random(rng.random()))
            group.create_task(writer.run())
        await enough.wait()
        kill()
    return book.acknowledged - before


async def check(port: int, book: Book) -> None:
    """Read everything back. Raises Lost."""
    async with Client("127.0.0.1", port) as client:
        usernames = sorted({*book.objects, *book.best, *book.sums})
        sessions = {name: await client.authenticate_device(f"device-of-{name}", username=name) for name in usernames}
        for name, session in sessions.items():
            await _check_objects(client, session, book.objects[name])
        if sessions:
            reader = next(iter(sessions.values()))
            owners = {name: session.user_id for name, session in sessions.items()}
            await _check_board(client, reader, "highest", book.best, owners)
            await _check_board(client, reader, "sum", book.sums, owners)
            for channel_id, said in book.said.items():
                await _check_history(client, reader, channel_id, said)
        for token, refresh_token in book.logged_out:
            await _check_logged_out(client, token, refresh_token)
    book.logged_out.clear()  # they expire: later rounds would show nothing


async def _check_objects(client: Client, session: Session, number: Number) -> None:
    wanted = [ReadStorageObjectId("bag", key, session.user_id) for key in KEYS]
    found = [json.loads(stored.value)["number"] for stored in await client.read_objects(session, wanted)]
    if found and (len(found) < len(KEYS) or len(set(found)) > 1):
        raise Lost(f"{session.username} has {found}, and they were written together")
    number.check(found[0] if found else 0, f"objects of {session.username}")
    number.acknowledged = number.asked = found[0] if found else 0


async def _check_board(
    client: Client, reader: Session, board: str, numbers: dict[str, Number], owners: dict[str, str]
) -> None:
    records, cursor = [], ""
    while True:
        page = await client.list_scores(reader, board, limit=PAGE, cursor=cursor)
        records += page.records
        cursor = page.next_cursor
        if not cursor:
            break
    ranks = [int(record.rank) for record in records]
    scores = [int(record.score) for record in records]
    if ranks != list(range(1, len(records) + 1)) or scores != sorted(scores, reverse=True):
        raise Lost(f"{board} is not in order: {list(zip(ranks, scores, strict=True))}")
    by_owner = {record.owner_id: record for record in records}
    if len(by_owner) < len(records) or page.rank_count != len(records):
        raise Lost(f"{board} counts {page.rank_count} records, {len(records)} are listed, of {len(by_owner)} owners")
    for name, number in numbers.items():
        record = by_owner.get(owners[name])
        score = Int64(0) if record is None else record.score
        number.check(int(score), f"{name} in {board}")
        number.acknowledged = number.asked = int(score)


async def _check_history(client: Client, reader: Session, channel_id: str, said: dict[str, dict[str, Any]]) -> None:
    messages, cursor = [], ""
    while True:
        page = await client.list_messages(reader, channel_id, limit=PAGE, cursor=cursor)
        messages += page.messages
        cursor = page.next_cursor
        if not cursor:
            break
    found = {message.message_id: json.loads(message.content) for message in messages}
    if len(found) < len(messages):
        raise Lost(f"{channel_id} lists {len(messages) - len(found)} messages twice")
    missing = [message_id for message_id, content in said.items() if found.get(message_id) != content]
    if missing:
        raise Lost(f"{channel_id} lacks {len(missing)} of {len(said)} messages, first {missing[0]}")


async def _check_logged_out(client: Client, token: str, refresh_token: str) -> None:
    session = Session(token, refresh_token)
    for way, call in (("HTTP", client.account), ("a refresh", client.refresh)):
        try:
            await call(session)
        except RequestFailed as error:
            if error.status == 401:
                continue
        raise Lost(f"a session that was logged out is open to {way} again")
    try:
        await client.connect(session, reconnect=False)
    except ClientError:
        return
    raise Lost("a session that was logged out opens sockets again")


async def run(folder: Path, *, rounds: int, seed: int) -> None:
    """Play so many rounds over one data folder. Raises Lost."""
    rng = random.Random(seed)
    book = Book()
    server = Server(folder)
    server.start()
    try:
        for number in range(1, rounds + 1):
            began = time.perf_counter()
            confirmed = await write(server.port, book, rng, server.kill)
            written = time.perf_counter()
            server.start()
            started = time.perf_counter()
            await check(server.port, book)
            print(
                f"round {number:3}: killed after {confirmed:5} acknowledgements in {written - began:4.1f} s, "
                f"ready again in {started - written:4.1f} s, all {book.acknowledged} found",
                flush=True,
            )
    finally:
        server.stop()
    complaints = server.complaints()
    if complaints:
        raise Lost(f"the node has logged errors: {complaints[:3]}")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Kill a node under load, and look for what it had acknowledged.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the moments at which the node is killed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), rounds=options.rounds, seed=options.seed))


if __name__ == "__main__":
    main()
