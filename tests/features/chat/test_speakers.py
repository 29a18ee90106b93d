"""What becomes of what a player has said, and of direct messages, when accounts are merged or deleted."""

from __future__ import annotations

import pytest
from tests.features.lobby import Lobby, Player

from supergame.core.errors import NotFound
from supergame.features.chat import channels

ROOM = "2...hall"


class Three:
    """Three players, who say things by game code."""

    def __init__(self, lobby: Lobby, ann: Player, old: Player, bob: Player) -> None:
        self.accounts, self.chat = lobby.services["accounts"], lobby.services["chat"]
        self.ann, self.old, self.bob = ann, old, bob

    async def say(self, channel_id: str, player: Player, text: str) -> None:
        await self.chat.message_send(channel_id, {"t": text}, sender_id=player.id, sender_username=player.username)

    async def history(self, channel_id: str) -> list[tuple[str, str, str]]:
        messages = (await self.chat.messages_list(channel_id)).messages
        return [(message.username, message.sender_id, message.content[6:-2]) for message in messages]


def direct(one: Player, other: Player) -> str:
    return channels.direct(one.id, other.id).id


@pytest.fixture
async def three(each_lobby: Lobby) -> Three:
    return Three(each_lobby, *[await each_lobby.player(name) for name in ("ann", "old", "bob")])


async def test_what_either_has_said_one_has_said(three: Three) -> None:
    ann, old, bob = three.ann, three.old, three.bob
    for player in (old, bob, ann):
        await three.say(ROOM, player, "hello")
    await three.accounts.merge(old.id, ann.id)
    assert await three.history(ROOM) == [("ann", ann.id, "hello"), ("bob", bob.id, "hello"), ("ann", ann.id, "hello")]


@pytest.mark.parametrize("turned", [False, True])
async def test_direct_messages_go_on_in_the_channel_of_the_one_that_stays(three: Three, turned: bool) -> None:
    """Whichever of the players a channel names first."""
    old, ann = (three.ann, three.old) if turned else (three.old, three.ann)
    bob = three.bob
    await three.say(direct(old, bob), old, "one")
    await three.say(direct(old, bob), bob, "two")
    await three.say(direct(ann, bob), ann, "three")
    await three.accounts.merge(old.id, ann.id)
    name = ann.username
    assert await three.history(direct(ann, bob)) == [
        (name, ann.id, "one"),
        ("bob", bob.id, "two"),
        (name, ann.id, "three"),
    ]
    assert await three.history(direct(old, bob)) == []


async def test_what_the_two_have_said_to_each_other_is_forgotten(three: Three) -> None:
    ann, old = three.ann, three.old
    await three.say(direct(ann, old), ann, "are you me?")
    await three.say(direct(ann, old), old, "I am")
    await three.accounts.merge(old.id, ann.id)
    assert await three.history(direct(ann, old)) == []
    assert (await three.accounts.export(ann.id))["chat"] == {"messages": []}


async def test_both_sides_of_a_conversation_go_with_either(three: Three) -> None:
    ann, old, bob = three.ann, three.old, three.bob
    for one, other in ((ann, bob), (old, bob), (ann, old)):
        await three.say(direct(one, other), one, "hello")
        await three.say(direct(one, other), other, "hello")
    await three.accounts.delete(bob.id)
    assert await three.history(direct(ann, bob)) == await three.history(direct(old, bob)) == []
    assert len(await three.history(direct(ann, old))) == 2


async def test_whoever_talks_to_somebody_who_is_gone_is_told(three: Three) -> None:
    """A socket may still be in the channel, and another player's may send at the same time."""
    ann, bob = three.ann, three.bob
    await bob.ask("channel_join", target=ann.id, type=2)
    await bob.heard()
    await three.accounts.delete(ann.id)
    answer = await bob.ask("channel_message_send", channel_id=direct(ann, bob), content="{}")
    assert answer["error"]["message"] == "Account not found."
    with pytest.raises(NotFound):
        await three.say(ROOM, ann, "late")
    await three.say(ROOM, bob, "hello")
    assert await three.history(ROOM) == [("bob", bob.id, "hello")]
