"""Tombstones: who was deleted stays deleted, also when a backup that knows them is restored."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.features.accounts.house import House

from supergame.core.clock import SystemClock
from supergame.core.errors import NotFound
from supergame.features.accounts import copy_tombstones, deleted_among, tombstones
from supergame.store import Database, Tx
from supergame.store.sqlite import SqliteDatabase


@pytest.fixture
async def backup() -> AsyncIterator[Database]:
    """What takes the place of the data."""
    database = await SqliteDatabase.memory(clock=SystemClock())
    yield database
    await database.close()


async def test_who_was_deleted_is_told_apart_from_who_never_was(each_house: House) -> None:
    alice, bob, nobody = await each_house.player("alice"), await each_house.player("bob"), each_house.ids.uuid()
    await each_house.accounts.delete(alice.user_id)

    async def body(tx: Tx) -> list[list[str]]:
        return [await deleted_among(tx, ids) for ids in ([], [bob.user_id, nobody], [nobody, alice.user_id])]

    assert await each_house.database.transact(body) == [[], [], [alice.user_id]]


async def test_the_next_start_deletes_again_whom_a_backup_brings_back(
    house: House, backup: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tombstones, "TOMBSTONES_PER_TRANSACTION", 2)
    players = [await house.player(f"player-{number}") for number in range(5)]
    restored = await House.open(backup)  # the same ids by the same seed: a copy, from before the deletions
    copies = [await restored.player(f"player-{number}") for number in range(5)]
    assert [copy.user_id for copy in copies] == [player.user_id for player in players]
    for player in players[1:]:
        await house.accounts.delete(player.user_id)
    assert await copy_tombstones(house.database, backup) == 4
    await restored.close()

    restored = await House.open(backup)
    assert (await restored.accounts.get(players[0].user_id)).user is not None
    for player in players[1:]:
        with pytest.raises(NotFound):
            await restored.accounts.get(player.user_id)
    assert await copy_tombstones(house.database, backup) == 0
    await restored.close()
