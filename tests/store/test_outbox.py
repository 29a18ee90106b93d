"""Events: listeners within are part of the change, the others hear of it after the commit, at least once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest
from tests.store.items import count, q, text

from supergame.core.clock import ManualClock
from supergame.core.errors import Refused
from supergame.core.ids import SeededIds
from supergame.store import Database, Events, Query, Tx
from supergame.store.outbox import RETRY_SECONDS


class ItemAdded(msgspec.Struct):
    id: str


async def node(database: Database, name: str = "node") -> Events:
    events = Events(database, ManualClock(), SeededIds(), name)
    await database.migrate([events.migrations])
    return events


def adding(events: Events, name: str) -> Callable[[Tx], Awaitable[None]]:
    async def body(tx: Tx) -> None:
        await tx.run(q.add, id=name, n=1)
        await events.announce(tx, ItemAdded(name))

    return body


class LastWords:
    """The transaction of a node that dies right after the commit: nobody there is told of it."""

    def __init__(self, tx: Tx) -> None:
        self.all, self.one, self.run = tx.all, tx.one, tx.run

    def then(self, listener: object, /) -> None:
        pass


async def leave(database: Database, events: Events, name: str) -> None:
    """Have an event in the outbox that nobody has been told of."""

    async def body(tx: Tx) -> None:
        await adding(events, name)(LastWords(tx))

    await database.transact(body)


def refused_after(events: Events, name: str) -> Callable[[Tx], Awaitable[None]]:
    async def body(tx: Tx) -> None:
        await events.announce(tx, ItemAdded(name))
        raise Refused("on second thoughts")

    return body


async def test_an_event_is_heard_after_its_commit(database: Database) -> None:
    events = await node(database)
    heard: list[tuple[str, int | None]] = []

    async def listener(event: ItemAdded) -> None:
        heard.append((event.id, await database.one(q.count, count)))

    events.hear(ItemAdded, listener)
    events.start()
    await database.transact(adding(events, "a"))
    await events.settle()
    assert heard == [("a", 1)]
    events.start()
    await events.settle()
    assert heard == [("a", 1)]  # once is enough


async def test_a_body_that_announces_nothing_has_nothing_delivered(database: Database) -> None:
    """Not even what others have left in the outbox: nobody reads it for a transaction without events."""
    events = await node(database)
    heard: list[str] = []
    events.hear(ItemAdded, lambda event: heard.append(event.id))
    events.start()
    await events.settle()
    await leave(database, events, "left")

    async def quiet(tx: Tx) -> int:
        return await tx.run(q.add, id="quiet", n=1)

    assert await database.transact(quiet) == 1
    await events.settle()
    assert heard == []
    await database.transact(adding(events, "told"))
    await events.settle()
    assert sorted(heard) == ["left", "told"]


async def test_a_body_that_fails_has_nothing_delivered(database: Database) -> None:
    events = await node(database)
    heard: list[str] = []
    events.hear(ItemAdded, lambda event: heard.append(event.id))
    events.start()
    await events.settle()
    await leave(database, events, "left")
    with pytest.raises(Refused):
        await database.transact(refused_after(events, "a"))
    await events.settle()
    assert heard == []


async def test_a_listener_within_takes_part_and_may_refuse(database: Database) -> None:
    events = await node(database)

    async def also(tx: Tx, event: ItemAdded) -> None:
        if event.id == "bad":
            raise Refused("not that one")
        await tx.run(q.add, id=f"{event.id} too", n=1)

    events.within(ItemAdded, also)
    await database.transact(adding(events, "a"))
    with pytest.raises(Refused):
        await database.transact(adding(events, "bad"))
    assert await database.all(q.ids, text) == ["a", "a too"]


async def test_a_listener_that_fails_reaches_nobody(database: Database) -> None:
    events = await node(database)
    heard: list[str] = []

    def broken(_: ItemAdded) -> None:
        raise ValueError("a mistake in a listener")

    events.hear(ItemAdded, broken)
    events.hear(ItemAdded, lambda event: heard.append(event.id))
    events.start()
    await database.transact(adding(events, "a"))
    await events.settle()
    assert heard == ["a"]


async def test_what_was_not_told_before_the_end_is_told_at_the_next_start(database: Database) -> None:
    """The node stops between commit and delivery; the next one of its name takes the outbox up, no other does."""
    before = await node(database)
    before.hear(ItemAdded, lambda _: None)
    for name in "ab":
        await leave(database, before, name)  # the commit, and then nothing more

    for name, expected in (("another", []), ("node", ["a", "b"]), ("node", [])):
        heard: list[str] = []
        after = await node(database, name)
        after.hear(ItemAdded, lambda event, heard=heard: heard.append(event.id))
        after.start()
        await after.settle()
        assert sorted(heard) == expected


async def test_what_the_database_could_not_give_is_told_when_it_can(database: Database) -> None:
    clock = ManualClock()
    events = Events(database, clock, SeededIds(), "node")
    await database.migrate([events.migrations])
    heard: list[str] = []
    events.hear(ItemAdded, lambda event: heard.append(event.id))
    await leave(database, events, "a")
    await database.run(Query("away", "ALTER TABLE outbox_event RENAME TO away"))
    events.start()
    for _ in range(2):  # whoever is asked again may still not answer
        await events.settle()
        await clock.advance(RETRY_SECONDS)
    await events.settle()
    assert heard == []
    await database.run(Query("back", "ALTER TABLE away RENAME TO outbox_event"))
    await clock.advance(RETRY_SECONDS)
    await events.settle()
    assert heard == ["a"]


async def test_nothing_is_told_any_more_after_the_end(database: Database) -> None:
    clock = ManualClock()
    events = Events(database, clock, SeededIds(), "node")
    await database.migrate([events.migrations])
    heard: list[str] = []
    events.hear(ItemAdded, lambda event: heard.append(event.id))
    events.start()
    await database.transact(adding(events, "a"))
    await events.stop()
    assert heard == ["a"]
    await database.transact(adding(events, "late"))
    await clock.advance(RETRY_SECONDS)
    await events.settle()
    assert heard == ["a"]
    events.start()
    await events.settle()
    assert heard == ["a", "late"]


async def test_an_event_that_nobody_hears_any_more_is_dropped(database: Database) -> None:
    before = await node(database)
    before.hear(ItemAdded, lambda _: None)
    await leave(database, before, "a")
    after = await node(database)
    after.start()
    after.start()
    await after.settle()
    assert await database.all(q.ids, text) == ["a"]


async def test_an_event_that_newer_code_cannot_read_holds_up_no_other(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await node(database)
    before.hear(ItemAdded, lambda _: None)
    await leave(database, before, "old")
    newer = msgspec.defstruct("ItemAdded", [("id", int)], module=ItemAdded.__module__)
    after = Events(database, ManualClock(), SeededIds(1), "node")
    heard: list[int] = []
    after.hear(newer, lambda event: heard.append(event.id))
    after.start()

    async def body(tx: Tx) -> None:
        await after.announce(tx, newer(7))

    await database.transact(body)
    await after.settle()
    assert heard == [7]
    assert "cannot be read any more" in capsys.readouterr().out
