"""What becomes of a player's objects when accounts are merged, deleted or archived."""

from __future__ import annotations

import pytest

from supergame import testing
from supergame.core.errors import NotFound
from supergame.features.storage import ObjectId, Storage, Write


async def two_players(node: testing.RunningNode) -> tuple[str, str]:
    accounts = node.services.accounts
    logins = [await accounts.authenticate_device(f"device-of-{name}") for name in ("ann", "old-ann")]
    return logins[0].user_id, logins[1].user_id


async def values(storage: Storage, user_id: str) -> dict[str, str]:
    return {stored.key: stored.value for stored in (await storage.list("saves", user_id=user_id)).objects}


async def test_the_objects_of_the_one_that_stays_are_kept_and_the_others_moved(each_node: testing.RunningNode) -> None:
    storage, accounts = each_node.services.storage, each_node.services.accounts
    ann, old = await two_players(each_node)
    await storage.write([Write("saves", key, {"of": "ann"}, ann) for key in ("both", "mine")])
    await storage.write([Write("saves", key, {"of": "old"}, old, permission_read=2) for key in ("both", "other")])
    (moved,) = await storage.read([ObjectId("saves", "other", old)])
    await accounts.merge(old, ann)
    assert await values(storage, ann) == {"both": '{"of":"ann"}', "mine": '{"of":"ann"}', "other": '{"of":"old"}'}
    assert await values(storage, old) == {}
    (there,) = await storage.read([ObjectId("saves", "other", ann)])
    assert (there.version, there.permission_read, there.create_us) == (moved.version, 2, moved.create_us)


async def test_nothing_of_a_batch_is_written_where_one_owner_was_deleted(each_node: testing.RunningNode) -> None:
    storage, accounts = each_node.services.storage, each_node.services.accounts
    ann, old = await two_players(each_node)
    await accounts.delete(old)
    with pytest.raises(NotFound, match="Account not found"):
        await storage.write([Write("saves", "slot", {}, user_id) for user_id in (ann, old)])
    assert await values(storage, ann) == {}


async def test_an_archive_has_values_as_they_are_and_times(node: testing.RunningNode) -> None:
    storage, accounts = node.services.storage, node.services.accounts
    ann, _ = await two_players(node)
    await storage.write([Write("saves", "slot", {"level": 7, "big": 2**62}, ann)])
    (told,) = (await accounts.export(ann))["storage"]["objects"]
    assert told["value"] == {"level": 7, "big": 2**62}
    assert (told["create"], told["update"]) == ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20Z")
