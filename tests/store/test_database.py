"""The contract of a database, shown on each twin."""

from __future__ import annotations

import asyncio

import pytest
from tests.store.items import Item, WholeItem, count, q, text

from supergame.core.errors import BadInput, Refused, Unavailable
from supergame.store import BrokenRule, Database, Duplicate, Tx


async def test_a_row_is_read_after_it_was_written(database: Database) -> None:
    assert await database.run(q.add, id="a", n=1) == 1
    assert await database.one(q.get, Item, id="a") == Item("a", 1)
    assert await database.one(q.get, Item, id="b") is None


async def test_values_come_back_as_they_went_in(database: Database) -> None:
    items = [
        WholeItem("a", 2**63 - 1, "ünïcödé 🏁 'quoted' :name", b"\x00\xff", 0.1),
        WholeItem("b", -(2**63), None, None, 1e300),
        WholeItem("c", 0, "", b"", -0.5),
    ]
    for item in items:
        columns = {"id": item.id, "n": item.n, "note": item.note, "data": item.data, "weight": item.weight}
        assert await database.run(q.put_all, **columns) == 1
    assert [await database.one(q.get_all, WholeItem, id=item.id) for item in items] == items


async def test_a_count_of_touched_rows_is_given(database: Database) -> None:
    for n in range(5):
        await database.run(q.add, id=str(n), n=n)
    assert await database.run(q.bump, id="3", by=10) == 1
    assert await database.run(q.bump, id="nobody", by=10) == 0
    assert await database.run(q.add_unless_there, id="3", n=0) == 0
    assert await database.run(q.drop, least=3) == 2


async def test_a_transaction_reads_its_own_writes_and_others_do_not(database: Database) -> None:
    async def body(tx: Tx) -> tuple[int, Item | None, Item | None, list[Item]]:
        touched = await tx.run(q.add, id="a", n=1)
        added = await tx.one(q.add_returning, Item, id="b", n=2)
        return touched, added, await tx.one(q.get, Item, id="nobody"), await tx.all(q.get_many, Item, ids=["a", "b"])

    assert await database.transact(body) == (1, Item("b", 2), None, [Item("a", 1), Item("b", 2)])


async def test_a_listener_is_told_of_the_commit_before_the_caller_goes_on(database: Database) -> None:
    told: list[str] = []

    async def kept(tx: Tx) -> None:
        await tx.run(q.add, id="a", n=1)
        tx.then(lambda: told.append("first"))
        tx.then(lambda: told.append("second"))

    async def undone(tx: Tx) -> None:
        tx.then(lambda: told.append("never"))
        raise Refused("not you")

    await database.transact(kept)
    assert told == ["first", "second"]
    with pytest.raises(Refused):
        await database.transact(undone)
    assert told == ["first", "second"]


async def test_a_listener_is_told_of_the_commit_although_the_caller_was_cancelled(database: Database) -> None:
    """At whatever moment that was: of all that is kept its listener is told, and of nothing else."""
    told: list[str] = []
    for turns in range(100):

        async def body(tx: Tx, name: str = f"{turns:02}") -> None:
            await tx.run(q.add, id=name, n=1)
            tx.then(lambda: told.append(name))

        caller = asyncio.ensure_future(database.transact(body))
        for _ in range(turns):
            await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait([caller])
    await database.run(q.bump, id="nobody", by=1)  # what is under way has ended before
    assert sorted(told) == await database.all(q.ids, text)


async def test_a_listener_comes_too_late_when_the_body_has_ended(database: Database) -> None:
    kept: list[Tx] = []

    async def body(tx: Tx) -> None:
        kept.append(tx)

    await database.transact(body)
    with pytest.raises(RuntimeError, match="after its transaction's body has ended"):
        kept[0].then(lambda: None)


async def test_an_exception_undoes_the_body_and_reaches_its_caller_only(database: Database) -> None:
    async def refused(tx: Tx) -> None:
        await tx.run(q.add, id="refused", n=1)
        raise Refused("not you")

    async def fine(name: str) -> int:
        async def body(tx: Tx) -> int:
            return await tx.run(q.add, id=name, n=1)

        return await database.transact(body)

    answers = await asyncio.gather(
        fine("a"), database.transact(refused), fine("b"), database.run(q.add, id="c", n=1), return_exceptions=True
    )
    assert [answers[0], answers[2], answers[3]] == [1, 1, 1]
    assert isinstance(answers[1], Refused)
    assert await database.all(q.ids, text) == ["a", "b", "c"]


async def test_concurrent_changes_lose_nothing(database: Database) -> None:
    await database.run(q.add, id="a", n=0)

    async def increment(tx: Tx) -> int:
        item = await tx.one(q.get, Item, id="a")
        assert item is not None
        await tx.run(q.put, id="a", n=item.n + 1)
        return item.n + 1

    answers = await asyncio.gather(*(database.transact(increment) for _ in range(25)))
    assert sorted(answers) == list(range(1, 26))
    assert await database.one(q.get, Item, id="a") == Item("a", 25)


async def test_bodies_that_read_what_the_other_writes_are_serializable(database: Database) -> None:
    """Write skew: two doctors on call, each may leave while the other stays."""
    for name in ("ann", "bob"):
        await database.run(q.add, id=name, n=1)

    def leave(name: str, other: str) -> asyncio.Future[bool]:
        async def body(tx: Tx) -> bool:
            colleague = await tx.one(q.get, Item, id=other)
            if colleague is None or not colleague.n:
                return False
            await tx.run(q.put, id=name, n=0)
            return True

        return asyncio.ensure_future(database.transact(body))

    assert sorted(await asyncio.gather(leave("ann", "bob"), leave("bob", "ann"))) == [False, True]


async def test_a_key_that_is_there_already_is_a_duplicate(database: Database) -> None:
    await database.run(q.add, id="a", n=1)
    with pytest.raises(Duplicate):
        await database.run(q.add, id="a", n=2)

    async def body(tx: Tx) -> None:
        await tx.run(q.add, id="b", n=1)
        await tx.run(q.add, id="a", n=2)

    with pytest.raises(Duplicate):
        await database.transact(body)
    assert await database.all(q.ids, text) == ["a"]


async def test_a_failed_statement_spoils_its_transaction_even_if_caught(database: Database) -> None:
    await database.run(q.add, id="a", n=1)
    seen: list[type[Exception]] = []

    async def body(tx: Tx) -> str:
        await tx.run(q.add, id="b", n=1)
        for _ in range(2):
            try:
                await tx.run(q.add, id="a", n=2)
            except Duplicate as error:
                seen.append(type(error))
        return "went on"

    with pytest.raises(Duplicate):
        await database.transact(body)
    assert seen == [Duplicate, Duplicate]
    assert await database.all(q.ids, text) == ["a"]


async def test_what_fits_no_column_is_bad_input(database: Database) -> None:
    with pytest.raises(BadInput):
        await database.run(q.add, id="a", n=2**63)
    with pytest.raises(BadInput):
        await database.run(q.add, id="\ud800", n=1)
    with pytest.raises(BadInput):
        await database.run(q.add, id="a", n="one")
    with pytest.raises(BadInput):
        await database.one(q.get, Item, id="\ud800")


async def test_a_broken_rule_is_our_mistake(database: Database) -> None:
    with pytest.raises(BrokenRule):
        await database.run(q.add, id="a", n=-13)


async def test_sequences_of_any_length(database: Database) -> None:
    for name in "abcdef":
        await database.run(q.add, id=name, n=1)
    for names in ([], ["a"], ["b", "nobody"], ["a", "b", "c"], list("abcdef") * 3):
        found = await database.all(q.get_many, Item, ids=names)
        assert [item.id for item in found] == sorted(set(names) & set("abcdef"))
        others = await database.all(q.get_others, Item, ids=tuple(names), least=0)
        assert [item.id for item in others] == sorted(set("abcdef") - set(names))


async def test_text_sorts_by_its_bytes(database: Database) -> None:
    names = ["Zoë", "ada", "_", "émile", "Ada", "a-b", "ab", "🏁"]
    for name in names:
        await database.run(q.add, id=name, n=1)
    in_order = sorted(names, key=str.encode)
    assert await database.all(q.ids, text) == in_order
    assert await database.all(q.after, text, cursor=None, limit=2) == in_order[:2]
    assert await database.all(q.after, text, cursor=in_order[1], limit=100) == in_order[2:]


async def test_like_minds_capitals(database: Database) -> None:
    for name in ("Ada", "ada", "adam"):
        await database.run(q.add, id=name, n=1)
    assert await database.all(q.like, text, pattern="ad%") == ["ada", "adam"]


async def test_reading_refuses_to_write(database: Database) -> None:
    with pytest.raises(TypeError, match="add_returning changes rows"):
        await database.one(q.add_returning, Item, id="a", n=1)
    assert await database.one(q.count, count) == 0


async def test_wrong_parameters_are_named(database: Database) -> None:
    async def body(tx: Tx) -> None:
        await tx.run(q.add, id="a", m=1)

    with pytest.raises(TypeError, match="query add: missing n; unknown m"):
        await database.transact(body)
    with pytest.raises(TypeError, match="query get: missing id"):
        await database.one(q.get, Item)
    with pytest.raises(TypeError, match="query add: missing id, n"):
        await database.run(q.add)


async def test_a_tx_is_good_for_its_body_only(database: Database) -> None:
    async def body(tx: Tx) -> Tx:
        return tx

    tx = await database.transact(body)
    with pytest.raises(RuntimeError, match="after its transaction"):
        await tx.run(q.add, id="a", n=1)


async def test_a_cancelled_caller_leaves_the_others_alone(database: Database) -> None:
    async def add(name: str) -> int:
        return await database.run(q.add, id=name, n=1)

    tasks = [asyncio.ensure_future(add(name)) for name in "abc"]
    tasks[1].cancel()  # before it began
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answers[0], answers[2]] == [1, 1]
    assert isinstance(answers[1], asyncio.CancelledError)
    assert await database.all(q.ids, text) == ["a", "c"]


async def test_closing_finishes_what_was_accepted_and_takes_no_more(database: Database) -> None:
    accepted = [asyncio.ensure_future(database.run(q.add, id=str(i), n=1)) for i in range(10)]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    assert await asyncio.gather(*accepted) == [1] * 10
    with pytest.raises(Unavailable):
        await database.run(q.add, id="late", n=1)
    with pytest.raises(Unavailable):
        await database.one(q.count, count)
