"""Storage against a plain dictionary, through whatever sequence of calls."""

from __future__ import annotations

import random
from hashlib import md5

import pytest

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.core.errors import BadInput
from supergame.features.storage import Deletion, ObjectId, Storage, Write
from supergame.store.sqlite import SqliteDatabase

STEPS = 400


class Plain:
    """The rules of storage, in a dictionary of (value, version, read, write)."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], tuple[str, str, int, int]] = {}

    def write(self, owner: str, writes: list[Write], caller: str | None) -> bool:
        kept = dict(self.objects)
        for write in writes:
            old = kept.get((owner, write.key))
            if old and caller and not old[3]:
                return False
            if write.version and (old[1] if old else "*") != write.version:
                return False
            assert isinstance(write.value, str)
            version = md5(write.value.encode()).hexdigest()
            kept[owner, write.key] = (write.value, version, write.permission_read, write.permission_write)
        self.objects = kept
        return True

    def delete(self, owner: str, deletion: Deletion, caller: str | None) -> bool:
        old = self.objects.get((owner, deletion.key))
        if not old or (caller and not old[3]) or deletion.version not in ("", old[1]):
            return False
        del self.objects[owner, deletion.key]
        return True

    def seen(self, caller: str | None, owner: str | None) -> list[tuple[str, str]]:
        """Keys and owners in the order of a list."""
        return sorted(
            (key, whose)
            for (whose, key), (_, _, read, _) in self.objects.items()
            if (owner is None or owner == whose)
            and (caller is None or read == 2 or (read == 1 and owner == caller == whose))
        )


async def accepted(call) -> bool:
    try:
        await call
    except BadInput:
        return False
    return True


@pytest.mark.parametrize("seed", range(4))
async def test_it_does_as_the_plain_rules_say(each_storage: Storage, alice: str, bob: str, seed: int) -> None:
    chance, plain, storage = random.Random(seed), Plain(), each_storage

    def some_write(owner: str) -> Write:
        known = [version for _, version, _, _ in plain.objects.values()]
        return Write(
            "c",
            chance.choice("abc"),
            f'{{"n":{chance.randrange(3)}}}',
            owner,
            chance.choice(["", "", "*", *known]),
            chance.randrange(3),
            chance.randrange(2),
        )

    for _ in range(STEPS):
        owner = chance.choice([alice, bob])
        caller = chance.choice([None, owner])
        what = chance.random()
        if what < 0.5:
            writes = [some_write(owner) for _ in range(chance.randrange(1, 4))]
            assert await accepted(storage.write(writes, caller=caller)) == plain.write(owner, writes, caller)
        elif what < 0.7:
            write = some_write(owner)
            deletion = Deletion("c", write.key, owner, write.version.replace("*", ""))
            assert await accepted(storage.delete([deletion], caller=caller)) == plain.delete(owner, deletion, caller)
        else:
            of = chance.choice([None, alice, bob])
            found, cursor = [], ""
            while True:
                page = await storage.list("c", user_id=of, caller=caller, limit=2, cursor=cursor)
                found += page.objects
                if not (cursor := page.cursor):
                    break
            assert [(one.key, one.user_id) for one in found] == plain.seen(caller, of)
    everything = await storage.read([ObjectId("c", key, owner) for owner in (alice, bob) for key in "abc"])
    assert {
        (one.user_id, one.key): (one.value, one.version, one.permission_read, one.permission_write)
        for one in everything
    } == plain.objects


async def test_what_was_written_is_there_after_a_restart(tmp_path, alice: str) -> None:

    clock = ManualClock()
    for n in range(2):
        database = await SqliteDatabase.open(tmp_path / "data.db", clock=clock)
        async with testing.node(database=database, clock=clock) as node:
            found = await node.services.storage.read([ObjectId("saves", "a", alice)])
            assert len(found) == n
            await node.services.storage.write([Write("saves", "a", {}, alice)])
