"""What becomes of a player's notifications when accounts are merged, deleted or archived."""

from __future__ import annotations

import pytest
from tests.features.lobby import Lobby

from supergame.core.errors import NotFound
from supergame.features.notifications import STORED_PER_USER_MAX, Draft, NotificationCode, Notifications
from supergame.features.notifications.service import DRAFTS_MAX


async def kept(service: Notifications, user_id: str) -> list[tuple[str, str]]:
    return [
        (notification.subject, notification.sender_id) for notification in (await service.list(user_id)).notifications
    ]


async def test_what_either_was_sent_one_has(each_lobby: Lobby) -> None:
    service, accounts = each_lobby.services["notifications"], each_lobby.services["accounts"]
    ann, old, bob = [await each_lobby.player(name) for name in ("ann", "old", "bob")]
    await service.send(old.id, "first", {}, 1)
    await service.send(ann.id, "second", {}, 1)
    await service.send(old.id, "from ann", {}, 2, sender_id=ann.id)
    for sender in (old, ann):
        await service.send(
            bob.id, f"{sender.username} wants to chat", {}, NotificationCode.DM_REQUEST, sender_id=sender.id
        )
        await service.send(bob.id, "a gift", {}, 3, sender_id=sender.id)
    for one, other in ((ann, old), (old, ann)):
        await service.send(other.id, "wants to chat", {}, NotificationCode.DM_REQUEST, sender_id=one.id)
    await accounts.merge(old.id, ann.id)
    assert await kept(service, ann.id) == [("first", ""), ("second", ""), ("from ann", ann.id)]
    assert await kept(service, bob.id) == [("a gift", ann.id), ("ann wants to chat", ann.id), ("a gift", ann.id)]


async def test_of_too_many_the_newest_are_kept(lobby: Lobby) -> None:
    service, accounts = lobby.services["notifications"], lobby.services["accounts"]
    ann, old = await lobby.player("ann"), await lobby.player("old")
    for player, subject in ((old, "old"), (ann, "new")):
        half = [Draft(user_id=player.id, subject=subject, content={}, code=1)] * (STORED_PER_USER_MAX - 1)
        await service.send_many(half[:DRAFTS_MAX])
    await accounts.merge(old.id, ann.id)
    told = (await accounts.export(ann.id))["notifications"]["received"]
    assert [row["subject"] for row in told] == ["old"] + ["new"] * (STORED_PER_USER_MAX - 1)


async def test_an_archive_tells_what_was_received_and_what_was_sent(lobby: Lobby) -> None:
    service, accounts = lobby.services["notifications"], lobby.services["accounts"]
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    await service.send(ann.id, "hello", {"n": 1}, 1)
    await service.send(bob.id, "a gift", {"n": 2}, 2, sender_id=ann.id)
    told = (await accounts.export(ann.id))["notifications"]
    assert [(row["subject"], row["content"]) for row in told["received"]] == [("hello", {"n": 1})]
    assert [(row["user_id"], row["content"]) for row in told["sent"]] == [(bob.id, {"n": 2})]


async def test_nothing_is_kept_in_the_name_of_a_deleted_player(lobby: Lobby) -> None:
    service, accounts = lobby.services["notifications"], lobby.services["accounts"]
    ann, bob = await lobby.player("ann"), await lobby.player("bob")
    await accounts.delete(ann.id)
    with pytest.raises(NotFound, match="Account not found"):
        await service.send(bob.id, "a gift", {}, 1, sender_id=ann.id)
    assert await kept(service, bob.id) == []
