"""Whoever is blocked writes no direct messages, and neither does whoever blocks."""

from __future__ import annotations

import pytest
from tests.features.lobby import Player

UNKNOWN = {"error": {"code": 3, "message": "User ID not found"}}


async def open_direct(player: Player, other: Player) -> dict:
    return await player.ask("channel_join", target=other.id, type=2)


async def test_neither_can_open_direct_messages_and_neither_is_told_of_a_wish_to(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    friends = lobby.services["friends"]
    await friends.block(alice.id, [bob.id])
    assert await open_direct(bob, alice) == UNKNOWN
    assert await open_direct(alice, bob) == UNKNOWN
    assert await alice.heard() == await bob.heard() == []
    await friends.delete(alice.id, [bob.id])
    assert "channel" in await open_direct(bob, alice)


async def test_a_block_takes_both_out_of_their_direct_messages_and_out_of_no_others(each_lobby):
    alice, bob, cat = [await each_lobby.player(name) for name in ("alice", "bob", "cat")]
    channel = (await open_direct(alice, bob))["channel"]["id"]
    other = (await open_direct(alice, cat))["channel"]["id"]
    await open_direct(bob, alice)
    for player in (alice, bob):
        await player.heard()
    await each_lobby.services["friends"].block(alice.id, [bob.id])
    await each_lobby.events.settle()
    for player in (alice, bob):
        (event,) = await player.heard()
        left = event["channel_presence_event"]
        assert (left["channel_id"], len(left["leaves"])) == (channel, 2)
        answer = await player.ask("channel_message_send", channel_id=channel, content="{}")
        assert answer == {"error": {"code": 3, "message": "Must join channel before sending messages"}}
    assert "channel_message_ack" in await alice.ask("channel_message_send", channel_id=other, content="{}")


async def test_whoever_is_blocked_while_that_is_looked_up_does_not_get_in(lobby, monkeypatch: pytest.MonkeyPatch):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    friends = lobby.services["friends"]
    await open_direct(bob, alice)
    blocked = friends.blocked

    async def looked_up_then_blocked(*players: str) -> bool:
        found: bool = await blocked(*players)
        await friends.block(bob.id, [alice.id])
        await lobby.events.settle()
        return found

    monkeypatch.setattr(friends, "blocked", looked_up_then_blocked)
    assert await open_direct(alice, bob) == UNKNOWN


async def test_whoever_is_blocked_while_asking_for_a_chat_does_not_get_in(lobby, monkeypatch: pytest.MonkeyPatch):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    notifications, friends = lobby.services["notifications"], lobby.services["friends"]
    send = notifications.send

    async def sent_then_blocked(*notification, **options):
        await send(*notification, **options)
        await friends.block(bob.id, [alice.id])
        await lobby.events.settle()

    monkeypatch.setattr(notifications, "send", sent_then_blocked)
    assert await open_direct(alice, bob) == UNKNOWN
