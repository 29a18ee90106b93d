"""Writing: versions, permissions, and batches that are kept whole or not at all."""

from __future__ import annotations

import asyncio
from hashlib import md5

import pytest

from supergame import testing
from supergame.core.errors import Aborted, BadInput
from supergame.core.ids import NIL
from supergame.features.storage import (
    WRITE_ATTEMPTS_MAX,
    DeleteRejected,
    Deletion,
    ObjectId,
    ReadBy,
    Storage,
    StoredObject,
    Write,
    WriteForbidden,
    WriteRejected,
    WrittenBy,
)


async def test_what_is_written_is_there(each_storage: Storage, alice: str) -> None:
    (ack,) = await each_storage.write([Write("saves", "slot1", '{"level": 1}', alice)])
    assert ack.version == md5(b'{"level": 1}').hexdigest()
    (found,) = await each_storage.read([ObjectId("saves", "slot1", alice)])
    assert (found.value, found.version) == ('{"level": 1}', ack.version)
    assert (found.permission_read, found.permission_write) == (ReadBy.OWNER, WrittenBy.OWNER)
    assert found.data() == {"level": 1}


async def test_the_time_of_creation_stays(each_node: testing.RunningNode, alice: str) -> None:
    storage, clock = each_node.services.storage, each_node.clock
    began_us = clock.now_us()
    await storage.write([Write("saves", "slot1", {"level": 1}, alice)])
    await each_node.advance(seconds=5)
    (ack,) = await storage.write([Write("saves", "slot1", {"level": 2}, alice)])
    assert (ack.create_us, ack.update_us) == (began_us, began_us + 5_000_000)
    (over,) = await storage.write([Write("saves", "slot1", {"level": 3}, alice, version=ack.version)])
    assert over.create_us == began_us


async def test_a_version_is_written_over_once(each_storage: Storage, alice: str) -> None:
    (first,) = await each_storage.write([Write("saves", "slot1", {"level": 1}, alice)])
    await each_storage.write([Write("saves", "slot1", {"level": 2}, alice, version=first.version)])
    with pytest.raises(WriteRejected, match=r"^Storage write rejected - version check failed\.$") as caught:
        await each_storage.write([Write("saves", "slot1", {"level": 3}, alice, version=first.version)])
    assert caught.value.code == 3
    (found,) = await each_storage.read([ObjectId("saves", "slot1", alice)])
    assert found.data() == {"level": 2}


async def test_a_star_writes_only_where_nothing_is(each_storage: Storage, alice: str) -> None:
    await each_storage.write([Write("saves", "slot1", {"level": 1}, alice, version="*")])
    with pytest.raises(WriteRejected, match="version check failed"):
        await each_storage.write([Write("saves", "slot1", {"level": 2}, alice, version="*")])
    with pytest.raises(WriteRejected, match="version check failed"):
        await each_storage.write([Write("saves", "slot2", {}, alice, version="0" * 32)])


async def test_what_players_may_not_write_only_the_system_writes(each_storage: Storage, alice: str) -> None:
    locked = Write("saves", "medals", {"gold": 1}, alice, permission_write=WrittenBy.NOBODY)
    (ack,) = await each_storage.write([locked])
    for version in ("", ack.version, "f" * 32):
        with pytest.raises(WriteForbidden, match=r"^Storage write rejected - permission denied\.$") as caught:
            await each_storage.write([Write("saves", "medals", {"gold": 9}, version=version)], caller=alice)
        assert caught.value.code == 3
    with pytest.raises(DeleteRejected):
        await each_storage.delete([Deletion("saves", "medals")], caller=alice)
    await each_storage.write([locked])
    await each_storage.delete([Deletion("saves", "medals", alice)])


async def test_players_write_as_themselves(storage: Storage, alice: str, bob: str) -> None:
    (ack,) = await storage.write([Write("saves", "slot1", {})], caller=alice)
    assert ack.user_id == alice
    with pytest.raises(WriteForbidden):
        await storage.write([Write("saves", "slot1", {}, bob)], caller=alice)
    with pytest.raises(DeleteRejected):
        await storage.delete([Deletion("saves", "slot1", alice)], caller=bob)
    ack = await storage.write_retry(ObjectId("saves", "slot1"), lambda old: {"known": old is not None}, caller=alice)
    (found,) = await storage.read([ObjectId("saves", "slot1", alice)])
    assert (ack.user_id, found.data()) == (alice, {"known": True})


async def test_nobody_writes_as_nobody(storage: Storage) -> None:
    """The caller's id is empty where an rpc came with the http key."""
    with pytest.raises(WriteForbidden):
        await storage.write([Write("saves", "slot1", {})], caller="")
    with pytest.raises(WriteForbidden):
        await storage.write_retry(ObjectId("saves", "slot1"), lambda old: {}, caller="")
    with pytest.raises(DeleteRejected):
        await storage.delete([Deletion("saves", "slot1")], caller="")


async def test_what_belongs_to_no_player_is_the_systems(storage: Storage, alice: str) -> None:
    (ack,) = await storage.write([Write("news", "today", {"text": "hi"}, permission_read=ReadBy.EVERYBODY)])
    assert ack.user_id == NIL
    (found,) = await storage.read([ObjectId("news", "today", "")], caller=alice)
    assert found.user_id == NIL


async def test_a_batch_is_kept_whole_or_not_at_all(each_storage: Storage, alice: str) -> None:
    await each_storage.write([Write("saves", "b", {"n": 0}, alice)])
    with pytest.raises(WriteRejected):
        await each_storage.write(
            [Write("saves", "a", {"n": 1}, alice), Write("saves", "b", {"n": 1}, alice, version="*")]
        )
    with pytest.raises(DeleteRejected):
        await each_storage.delete([Deletion("saves", "b", alice), Deletion("saves", "c", alice)])
    found = (await each_storage.list("saves")).objects
    assert [(one.key, one.data()) for one in found] == [("b", {"n": 0})]


async def test_one_object_twice_in_a_batch_is_written_in_order(each_storage: Storage, alice: str) -> None:
    acks = await each_storage.write(
        [Write("saves", "a", {"n": 1}, alice, version="*"), Write("saves", "a", {"n": 2}, alice)]
    )
    assert [ack.version for ack in acks] == [md5(b'{"n":1}').hexdigest(), md5(b'{"n":2}').hexdigest()]
    (found,) = await each_storage.read([ObjectId("saves", "a", alice)])
    assert found.data() == {"n": 2}


async def test_a_deletion_may_ask_for_a_version(each_storage: Storage, alice: str) -> None:
    (ack,) = await each_storage.write([Write("saves", "a", {}, alice)])
    text = r"^Storage delete rejected - not found, version check failed, or permission denied\.$"
    with pytest.raises(DeleteRejected, match=text):
        await each_storage.delete([Deletion("saves", "a", alice, version="0" * 32)])
    await each_storage.delete([Deletion("saves", "a", alice, version=ack.version)])
    with pytest.raises(DeleteRejected, match=text):
        await each_storage.delete([Deletion("saves", "a", alice)])


async def test_writes_join_somebody_elses_transaction(each_node: testing.RunningNode, alice: str) -> None:
    storage, database = each_node.services.storage, each_node.services.database
    await storage.write([Write("saves", "old", {}, alice)])

    async def both(tx, fail):
        await storage.write([Write("saves", "new", {}, alice)], tx=tx)
        await storage.delete([Deletion("saves", "old", alice)], tx=tx)
        if fail:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.transact(lambda tx: both(tx, True))
    assert [one.key for one in (await storage.list("saves")).objects] == ["old"]
    await database.transact(lambda tx: both(tx, False))
    assert [one.key for one in (await storage.list("saves")).objects] == ["new"]


async def test_nothing_to_do_is_done(storage: Storage) -> None:
    assert await storage.write([]) == []
    assert await storage.read([]) == []
    await storage.delete([])


SOME = ObjectId("scores", "total")


async def test_many_who_add_to_one_object_lose_nothing(each_storage: Storage) -> None:
    def one_more(old: StoredObject | None) -> dict[str, int]:
        return {"n": old.data()["n"] + 1 if old else 1}

    async def one_more_later(old: StoredObject | None) -> dict[str, int]:
        await asyncio.sleep(0)
        return one_more(old)

    await asyncio.gather(*(each_storage.write_retry(SOME, one_more_later) for _ in range(8)))
    await each_storage.write_retry(SOME, one_more)
    (found,) = await each_storage.read([SOME])
    assert found.data() == {"n": 9}


async def test_a_retry_keeps_the_permissions(storage: Storage) -> None:
    await storage.write([Write("scores", "total", {}, permission_read=2, permission_write=0)])
    await storage.write_retry(SOME, lambda old: {"n": 1})
    (found,) = await storage.read([SOME])
    assert (found.permission_read, found.permission_write, found.data()) == (2, 0, {"n": 1})


async def test_a_retry_that_may_not_write_gives_up_at_once(storage: Storage, alice: str) -> None:
    await storage.write([Write("saves", "medals", {}, alice, permission_read=0, permission_write=0)])
    seen = []
    with pytest.raises(WriteForbidden):
        await storage.write_retry(ObjectId("saves", "medals", alice), lambda old: seen.append(old) or {}, caller=alice)
    assert seen == [None]  # the caller may not read it either


async def test_a_retry_gives_up_after_many_attempts(storage: Storage) -> None:
    attempts = []

    async def too_slow(old: StoredObject | None) -> str:
        attempts.append(old)
        await storage.write([Write("scores", "total", {"attempt": len(attempts)})])
        return "{}"

    with pytest.raises(Aborted):
        await storage.write_retry(SOME, too_slow)
    assert len(attempts) == WRITE_ATTEMPTS_MAX


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (Write("", "k", "{}"), "They must be set"),
        (Write("c", "", "{}"), "They must be set"),
        (Write("c" * 129, "k", "{}"), "at most 128 bytes"),
        (Write("c", "ü" * 65, "{}"), "at most 128 bytes"),
        (Write("c", "k\0", "{}"), "printable"),
        (Write("c", "k\ud800", "{}"), "printable"),
        (Write("c", "k", ""), "Value must be a JSON object"),
        (Write("c", "k", "[]"), "Value must be a JSON object"),
        (Write("c", "k", '{"a":'), "Value must be a JSON object"),
        (Write("c", "k", '{"a":"\ud800"}'), "Value must be a JSON object"),
        (Write("c", "k", '{"a":' + "[" * 9999 + "]" * 9999 + "}"), "Value must be a JSON object"),
        (Write("c", "k", {"a": "x" * 262_144}), "at most 262144 bytes"),
        (Write("c", "k", "{}", permission_read=3), "Invalid Read permission"),
        (Write("c", "k", "{}", permission_write=2), "Invalid Write permission"),
        (Write("c", "k", "{}", "bob"), "Invalid user ID"),
    ],
)
async def test_what_cannot_be_stored_is_refused(storage: Storage, write: Write, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        await storage.write([write])


async def test_names_may_be_in_any_script(each_storage: Storage, alice: str) -> None:
    await each_storage.write([Write("спасение", "スロット", {"名": "✓"}, alice)])
    (found,) = await each_storage.read([ObjectId("спасение", "スロット", alice)])
    assert found.data() == {"名": "✓"}


async def test_batches_have_a_limit(storage: Storage) -> None:
    with pytest.raises(BadInput, match="At most 500 objects at a time"):
        await storage.read([ObjectId("c", str(n)) for n in range(501)])
    with pytest.raises(BadInput, match="At most 500"):
        await storage.write([Write("c", str(n), {}) for n in range(501)])
    with pytest.raises(BadInput, match="At most 500"):
        await storage.delete([Deletion("c", str(n)) for n in range(501)])
    await storage.write([Write("c", str(n), {}) for n in range(500)])
    assert len(await storage.read([ObjectId("c", str(n)) for n in range(500)])) == 500


async def test_a_deleted_account_leaves_nothing_behind(each_node: testing.RunningNode, alice: str) -> None:
    storage = each_node.services.storage
    ann = await each_node.player("ann")
    await storage.write([Write("saves", "a", {}, ann.user_id), Write("saves", "a", {}, alice)])
    await each_node.services.accounts.delete(ann.user_id)
    assert [one.user_id for one in (await storage.list("saves")).objects] == [alice]
