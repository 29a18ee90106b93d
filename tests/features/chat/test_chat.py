"""Two players talk: rooms, direct messages, and what is kept of it."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from tests.features.lobby import Player

from supergame.core.errors import BadInput
from supergame.features.chat import InvalidChannel, MessageNotFound
from supergame.protocol.chat import ChannelType

ROOM = "2...lobby"
NOW = "2023-11-14T22:13:20Z"


async def join(*players: Player, room: str = "lobby", **flags) -> None:
    """Let them meet, and forget the greetings."""
    for player in players:
        answer = await player.ask("channel_join", target=room, type=1, **flags)
        assert "channel" in answer, answer
    for player in players:
        await player.heard()


async def say(player: Player, text: str, channel: str = ROOM) -> dict:
    """Say something; gives the acknowledgement."""
    answer = await player.ask("channel_message_send", channel_id=channel, content=json.dumps({"text": text}))
    assert "channel_message_ack" in answer, answer
    return answer["channel_message_ack"]


async def texts(player: Player, channel: str = ROOM, **query) -> list[str]:
    """What the history holds."""
    status, page = await player.http("GET", f"/v2/channel/{channel}", limit=100, **query)
    assert status == 200, page
    return [json.loads(message["content"])["text"] for message in page.get("messages", [])]


def spoken(messages: list[dict]) -> list[str]:
    return [json.loads(message["channel_message"]["content"])["text"] for message in messages]


# Coming and going


async def test_a_newcomer_is_told_who_is_in_the_room_and_the_others_of_the_newcomer(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await join(alice)
    kept = {"persistence": True}
    answer = await bob.ask("channel_join", target="lobby", type=1)
    assert answer == {
        "channel": {
            "id": ROOM,
            "presences": [{**alice.presence, **kept}],
            "self": {**bob.presence, **kept},
            "room_name": "lobby",
        }
    }
    event = {"channel_id": ROOM, "joins": [{**bob.presence, **kept}], "room_name": "lobby"}
    assert await alice.heard() == await bob.heard() == [{"channel_presence_event": event}]


async def test_joining_again_lists_oneself_and_tells_nobody(lobby):
    alice = await lobby.player("alice")
    await join(alice)
    answer = await alice.ask("channel_join", target="lobby")
    assert [who["session_id"] for who in answer["channel"]["presences"]] == [alice.session.id]
    assert await alice.heard() == []


async def test_whoever_leaves_hears_no_more(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await join(alice, bob)
    assert await bob.ask("channel_leave", channel_id=ROOM) == {}
    (left,) = await alice.heard()
    assert left["channel_presence_event"]["leaves"][0]["username"] == "bob"
    await say(alice, "alone?")
    assert await bob.heard() == []
    assert await bob.ask("channel_leave", channel_id=ROOM) == {}


async def test_the_hidden_hear_and_speak_and_are_not_listed(lobby):
    alice, spy = await lobby.player("alice"), await lobby.player("spy")
    await join(spy, hidden=True)
    answer = await alice.ask("channel_join", target="lobby")
    assert "presences" not in answer["channel"]
    await alice.heard()
    await spy.heard()
    await say(alice, "hello?")
    assert spoken(await spy.heard()) == ["hello?"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Invalid channel target"),
        ({"target": "x" * 65, "type": 1}, "Channel name is required and must be 1-64 chars"),
        ({"target": "ä" * 33, "type": 1}, "Channel name is required and must be 1-64 chars"),
        ({"target": "a\nb", "type": 1}, "Channel name must not contain control chars"),
        ({"target": "bob", "type": 2}, "Invalid user ID in direct message join"),
        ({"target": str(uuid4()), "type": 2}, "User ID not found"),
        ({"target": "group", "type": 3}, "Invalid group ID in group channel join"),
        ({"target": str(uuid4()), "type": 3}, "Group not found"),
        ({"target": "lobby", "type": 4}, "Unrecognized channel type"),
    ],
)
async def test_what_cannot_be_joined_is_refused(lobby, body, message):
    alice = await lobby.player("alice")
    assert await alice.ask("channel_join", **body) == {"error": {"code": 3, "message": message}}


# Talking


async def test_everybody_in_the_room_hears_a_message_the_sender_after_the_acknowledgement(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await join(alice, bob)
    ack = await say(alice, "hello")
    assert ack == {
        "channel_id": ROOM,
        "message_id": ack["message_id"],
        "code": 0,
        "username": "alice",
        "create_time": NOW,
        "update_time": NOW,
        "persistent": True,
        "room_name": "lobby",
    }
    message = {**ack, "sender_id": alice.id, "content": '{"text": "hello"}'}
    assert await alice.heard() == await bob.heard() == [{"channel_message": message}]


@pytest.mark.parametrize("persistence", [True, False])
async def test_the_acknowledgement_comes_first(lobby, persistence):
    alice = await lobby.player("alice")
    await join(alice, persistence=persistence)
    alice.tell("channel_message_send", channel_id=ROOM, content="{}")
    ack, message = await alice.hears(2)
    assert ack["channel_message_ack"]["message_id"] == message["channel_message"]["message_id"]


async def test_only_what_is_said_with_persistence_is_kept(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await join(alice)
    await join(bob, persistence=False)
    await say(alice, "for the record")
    ack = await say(bob, "off the record")
    assert ack["persistent"] is False
    assert spoken((await alice.heard())[-2:]) == ["for the record", "off the record"]
    assert await texts(alice) == ["for the record"]


async def test_only_who_is_in_a_channel_may_talk_there(lobby):
    alice = await lobby.player("alice")
    body = {"channel_id": ROOM, "message_id": str(uuid4()), "content": "{}"}
    for name, doing in (("send", "sending"), ("update", "updating"), ("remove", "removing")):
        fields = {"send": ("channel_id", "content"), "remove": ("channel_id", "message_id")}.get(name, tuple(body))
        answer = await alice.ask(f"channel_message_{name}", **{field: body[field] for field in fields})
        assert answer == {"error": {"code": 3, "message": f"Must join channel before {doing} messages"}}


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("send", {"channel_id": "lobby", "content": "{}"}, "Invalid channel identifier"),
        ("send", {"channel_id": ROOM, "content": "hello"}, "Message content must be a valid JSON object"),
        ("update", {"channel_id": ROOM, "message_id": "x", "content": "{}"}, "Invalid message identifier"),
        ("remove", {"channel_id": ROOM, "message_id": "x"}, "Invalid message identifier"),
    ],
)
async def test_what_cannot_be_said_is_refused(lobby, name, body, message):
    alice = await lobby.player("alice")
    await join(alice)
    assert await alice.ask(f"channel_message_{name}", **body) == {"error": {"code": 3, "message": message}}
    assert await alice.ask("channel_leave", channel_id="lobby") == {
        "error": {"code": 3, "message": "Invalid channel identifier"}
    }


async def test_the_sender_changes_a_message(each_lobby):
    alice, bob = await each_lobby.player("alice"), await each_lobby.player("bob")
    await join(alice, bob)
    sent = await say(alice, "helo")
    await bob.heard()
    await each_lobby.clock.advance(5)
    answer = await alice.ask(
        "channel_message_update", channel_id=ROOM, message_id=sent["message_id"], content='{"text":"hello"}'
    )
    later = "2023-11-14T22:13:25Z"
    assert answer["channel_message_ack"] == {**sent, "code": 1, "update_time": later}
    event = {**sent, "code": 1, "update_time": later, "sender_id": alice.id, "content": '{"text":"hello"}'}
    assert await bob.heard() == [{"channel_message": event}]
    _, page = await bob.http("GET", f"/v2/channel/{ROOM}")
    assert page["messages"] == [{**event, "code": 0}]


async def test_the_sender_takes_a_message_back(each_lobby):
    alice, bob = await each_lobby.player("alice"), await each_lobby.player("bob")
    await join(alice, bob)
    sent = await say(alice, "oops")
    await bob.heard()
    answer = await alice.ask("channel_message_remove", channel_id=ROOM, message_id=sent["message_id"])
    assert answer["channel_message_ack"] == {**sent, "code": 2}
    assert await bob.heard() == [{"channel_message": {**sent, "code": 2, "sender_id": alice.id, "content": "{}"}}]
    assert await texts(bob) == []


async def test_others_can_do_neither(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await join(alice, bob)
    sent = await say(alice, "mine")
    for name, body in (("update", {"content": '{"text":"yours"}'}), ("remove", {})):
        answer = await bob.ask(f"channel_message_{name}", channel_id=ROOM, message_id=sent["message_id"], **body)
        assert answer == {"error": {"code": 3, "message": "Could not find message in channel history"}}
    assert await texts(alice) == ["mine"]


async def test_what_is_not_kept_cannot_be_changed(lobby):
    alice = await lobby.player("alice")
    await join(alice, persistence=False)
    sent = await say(alice, "gone with the wind")
    answer = await alice.ask("channel_message_remove", channel_id=ROOM, message_id=sent["message_id"])
    assert answer["error"]["message"] == "Could not find message in channel history"


# Direct messages


async def direct(player: Player, other: Player) -> dict:
    answer = await player.ask("channel_join", target=other.id, type=2)
    return answer["channel"]


async def test_two_players_meet_in_the_same_channel_whoever_comes_first(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    one, two = sorted([alice.id, bob.id])
    hers, his = await direct(alice, bob), await direct(bob, alice)
    assert hers["id"] == his["id"] == f"4.{one}.{two}."
    assert (his["user_id_one"], his["user_id_two"]) == (one, two)
    assert [who["username"] for who in his["presences"]] == ["alice"]
    await alice.heard()
    await bob.heard()
    await say(alice, "psst", hers["id"])
    (message,) = await bob.heard()
    assert message["channel_message"]["user_id_one"] == one
    assert await texts(bob, hers["id"]) == ["psst"]


async def test_who_is_not_there_is_told_that_somebody_wants_to_talk(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await direct(alice, bob)
    (told,) = await bob.heard()
    (notification,) = told["notifications"]["notifications"]
    assert notification["subject"] == "alice wants to chat"
    assert (notification["code"], notification["content"]) == (-1, '{"username":"alice"}')
    assert (notification["sender_id"], notification["persistent"]) == (alice.id, True)
    await direct(alice, bob)
    await direct(bob, alice)
    await bob.ask("channel_leave", channel_id=f"4.{'.'.join(sorted([alice.id, bob.id]))}.")
    assert not [message for message in await alice.heard() if "notifications" in message]


async def test_who_comes_and_goes_leaves_one_request_and_pushes_nothing_out(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    for _ in range(3):
        channel = await direct(alice, bob)
        await alice.ask("channel_leave", channel_id=channel["id"])
    assert len(await bob.heard()) == 3
    assert len((await lobby.services["notifications"].list(bob.id)).notifications) == 1


async def test_nobody_talks_to_themselves(lobby):
    alice = await lobby.player("alice")
    answer = await alice.ask("channel_join", target=alice.id, type=2)
    assert answer == {"error": {"code": 3, "message": "Cannot open direct message channel with self"}}


async def test_a_third_player_reads_nothing_of_it(lobby):
    alice, bob, eve = [await lobby.player(name) for name in ("alice", "bob", "eve")]
    channel = await direct(alice, bob)
    await say(alice, "secret", channel["id"])
    status, body = await eve.http("GET", f"/v2/channel/{channel['id']}")
    assert (status, body["code"]) == (403, 7)
    answer = await eve.ask("channel_message_send", channel_id=channel["id"], content="{}")
    assert "error" in answer


# The order of things


async def test_what_many_say_at_once_is_heard_by_all_in_the_order_it_is_kept(each_lobby):
    players = [await each_lobby.player(f"player{n}") for n in range(5)]
    await join(*players)

    for number in range(10):
        for player in players:
            content = json.dumps({"text": f"{player.username} {number}"})
            player.tell("channel_message_send", channel_id=ROOM, content=content)
    heard = [await player.hears(60) for player in players]
    kept = await texts(players[0])
    for player, messages in zip(players, heard, strict=True):
        cids = [int(message["cid"]) for message in messages if "cid" in message]
        assert cids == sorted(cids)
        assert len(cids) == 10
        assert spoken([message for message in messages if "channel_message" in message]) == kept
        own = [text for text in kept if text.startswith(player.username)]
        assert own == [f"{player.username} {number}" for number in range(10)]


async def test_a_message_that_could_not_be_kept_is_refused_and_heard_by_nobody(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await join(alice, bob)
    await say(alice, "before")
    await bob.heard()
    await lobby.ground.database.close()
    answer = await alice.ask("channel_message_send", channel_id=ROOM, content="{}")
    assert "closed" in answer["error"]["message"]
    assert await bob.heard() == []


async def test_a_message_that_the_database_refuses_disturbs_no_other(lobby, service):
    alice = await lobby.player("alice")
    await join(alice)
    results = await asyncio.gather(
        service.message_send(ROOM, {"text": "one"}),
        service.message_send(ROOM, {"text": "two"}, sender_username="\ud800"),
        service.message_send(ROOM, {"text": "three"}),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == ["ChannelMessageAck", "BadInput", "ChannelMessageAck"]
    assert spoken(await alice.heard()) == await texts(alice) == ["one", "three"]


async def test_a_channel_takes_so_many_messages_before_the_first_is_stored(lobby, service, monkeypatch):
    monkeypatch.setattr("supergame.features.chat.service.UNDER_WAY_MAX", 3)
    alice = await lobby.player("alice")
    await join(alice)
    for _ in range(4):
        alice.tell("channel_message_send", channel_id=ROOM, content="{}")
    heard = await alice.hears(7)
    assert [message["cid"] for message in heard if "error" in message] == ["5"]
    assert len([message for message in heard if "channel_message" in message]) == 3


# Game code


async def test_game_code_speaks_as_the_system_or_as_a_player(lobby, service):
    alice = await lobby.player("alice")
    await join(alice)
    channel = await service.channel_id_build("lobby")
    await service.message_send(channel, {"text": "welcome"})
    ack = await service.message_send(
        channel, {"text": "as alice"}, sender_id=alice.id, sender_username="alice", persist=False
    )
    assert ack.username == "alice"
    heard = await alice.heard()
    assert spoken(heard) == ["welcome", "as alice"]
    assert "sender_id" not in heard[0]["channel_message"]
    assert await texts(alice) == ["welcome"]


async def test_game_code_changes_whatever_it_likes(lobby, service):
    alice = await lobby.player("alice")
    await join(alice)
    sent = await say(alice, "damn")
    await service.message_update(ROOM, sent["message_id"], {"text": "****"})
    assert await texts(alice) == ["****"]
    await service.message_remove(ROOM, sent["message_id"])
    heard = await alice.heard()
    assert [message["channel_message"]["code"] for message in heard] == [0, 1, 2]
    assert {message["channel_message"]["sender_id"] for message in heard} == {alice.id}
    with pytest.raises(MessageNotFound):
        await service.message_remove(ROOM, sent["message_id"])
    with pytest.raises(InvalidChannel):
        await service.message_send("lobby", {})
    with pytest.raises(BadInput):
        await service.message_send(ROOM, {}, sender_id="nobody")


async def test_game_code_builds_ids_of_what_can_be(lobby, service):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    one, two = sorted([alice.id, bob.id])
    built = await service.channel_id_build(alice.id, ChannelType.DIRECT_MESSAGE, user_id=bob.id)
    assert built == f"4.{one}.{two}."
    await service.message_send(built, {"text": "from the game"})
    assert [m.content for m in (await service.messages_list(built)).messages] == ['{"text":"from the game"}']
    for target, kind in ((str(uuid4()), ChannelType.GROUP), ("lobby", 9), (str(uuid4()), ChannelType.DIRECT_MESSAGE)):
        with pytest.raises(BadInput):
            await service.channel_id_build(target, kind, user_id=alice.id)


async def test_an_account_that_is_deleted_takes_all_it_said_along(each_lobby):
    alice, bob = await each_lobby.player("alice"), await each_lobby.player("bob")
    await join(alice, bob)
    await say(alice, "remember me")
    await say(bob, "who?")
    await each_lobby.services["accounts"].delete(alice.id)
    assert await texts(bob) == ["who?"]


async def test_history_of_a_group_is_not_found(lobby, service):
    with pytest.raises(BadInput, match="Group not found"):
        await service.messages_list(f"3.{uuid4()}..", caller_id=str(uuid4()))
