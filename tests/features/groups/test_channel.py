"""What the members of a group say to each other, and what its channel tells of itself."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from tests.features.groups.people import history

from supergame.core.errors import BadInput
from supergame.features.chat import group_channels
from supergame.protocol.chat import ChannelMessageCode, ChannelType

GROUP = ChannelType.GROUP
CHAT, JOIN, ADD, LEAVE, KICK, PROMOTE, BAN, DEMOTE = (
    ChannelMessageCode.CHAT,
    *list(ChannelMessageCode)[ChannelMessageCode.GROUP_JOIN :],
)


async def enter(player, group_id: str) -> dict:
    """Join the group's channel, and forget the greetings."""
    answer = await player.ask("channel_join", target=group_id, type=GROUP)
    await player.heard()
    return answer


async def said(player) -> list[tuple[int, str, dict]]:
    """The messages that a player has heard: (code, sender, content)."""
    messages = [message["channel_message"] for message in await player.heard() if "channel_message" in message]
    return [(message["code"], message["sender_id"], json.loads(message["content"])) for message in messages]


@pytest.fixture
async def people(lobby, service):
    """A group of ann's with bob in it and cat outside, and its id."""
    ann, bob, cat = [await lobby.player(name) for name in ("ann", "bob", "cat")]
    group = await service.create(ann.id, "Heroes", open=True)
    await service.join(group.id, bob.id)
    return ann, bob, cat, group.id


async def test_members_talk_and_read_what_was_said(lobby, people):
    ann, bob, _, group_id = people
    for player in (ann, bob):
        answer = await enter(player, group_id.upper())
        assert answer["channel"]["id"] == f"3.{group_id}.."
        assert answer["channel"]["group_id"] == group_id
    await ann.ask("channel_message_send", channel_id=f"3.{group_id}..", content='{"text":"hello"}')
    assert await said(bob) == [(CHAT, ann.id, {"text": "hello"})]
    status, page = await bob.http("GET", f"/v2/channel/3.{group_id}..", limit=10)
    assert status == 200
    assert [message["code"] for message in page["messages"]] == [JOIN, CHAT]
    assert {message["group_id"] for message in page["messages"]} == {group_id}


async def test_nobody_else_comes_in_or_reads(lobby, service, people):
    _, _, cat, group_id = people
    for target in (group_id, str(uuid4())):
        answer = await cat.ask("channel_join", target=target, type=GROUP)
        assert answer["error"] == {"code": 3, "message": "Group not found"}
        assert (await cat.http("GET", f"/v2/channel/3.{target}..", limit=10))[0] == 400
    await service.update(group_id, open=False)
    await service.join(group_id, cat.id)  # who only asks to be let in is not in
    assert "error" in await cat.ask("channel_join", target=group_id, type=GROUP)


async def test_the_channel_tells_who_comes_goes_rises_and_falls(lobby, service, people):
    ann, bob, cat, group_id = people
    await enter(ann, group_id)
    await service.leave(group_id, bob.id)
    await service.users_add(group_id, [bob.id, cat.id])
    await service.users_promote(group_id, [bob.id])
    await service.users_demote(group_id, [bob.id])
    await service.users_kick(group_id, [bob.id])
    await service.users_ban(group_id, [cat.id])
    told = [(LEAVE, bob), (ADD, bob), (ADD, cat), (PROMOTE, bob), (DEMOTE, bob), (KICK, bob), (BAN, cat)]
    assert await said(ann) == [(code, player.id, {"username": player.username}) for code, player in told]
    kept = [(JOIN, bob), *told]
    assert await history(lobby, group_id) == [(code, player.username) for code, player in kept]


async def test_what_changes_no_member_is_not_told(lobby, service, people):
    ann, _, cat, group_id = people
    await enter(ann, group_id)
    await service.update(group_id, open=False)
    await service.join(group_id, cat.id)
    await service.leave(group_id, cat.id)
    await service.users_ban(group_id, [cat.id])
    await service.users_kick(group_id, [cat.id])
    with pytest.raises(BadInput):
        await service.leave(group_id, ann.id)
    assert await said(ann) == []


@pytest.mark.parametrize("how", ["leave", "users_kick", "users_ban"])
async def test_who_is_out_is_out_of_the_channel_at_once(lobby, service, people, how):
    ann, bob, _, group_id = people
    second = await lobby.player("bob")
    for player in (ann, bob, second):
        await enter(player, group_id)
    await bob.heard(), await ann.heard()
    await getattr(service, how)(group_id, bob.id if how == "leave" else [bob.id])
    for gone in (bob, second):
        answer = await gone.ask("channel_message_send", channel_id=f"3.{group_id}..", content="{}")
        assert answer["error"]["message"] == "Must join channel before sending messages"
        assert "error" in await gone.ask("channel_join", target=group_id, type=GROUP)
        assert len(await said(gone)) == 1  # why
    (presences,) = [message for message in await ann.heard() if "channel_presence_event" in message]
    left = presences["channel_presence_event"]["leaves"]
    assert {presence["session_id"] for presence in left} == {bob.session.id, second.session.id}


async def test_whoever_is_put_out_while_coming_in_stays_out(lobby, service, people):
    _, bob, _, group_id = people
    channels, has_member, looked = lobby.services["chat"].group_channels, service.has_member, []

    async def slow_gate(group_id: str, user_id: str) -> bool:
        looked.append(await has_member(group_id, user_id))
        if len(looked) == 1:
            await service.users_kick(group_id, [user_id])
        return looked[-1]

    channels.admit_by(slow_gate)
    assert "error" in await bob.ask("channel_join", target=group_id, type=GROUP)
    assert looked == [True, False]


async def test_nobody_changes_what_the_channel_has_told_of_them(lobby, service, people):
    _, bob, _, group_id = people
    await enter(bob, group_id)
    page = await lobby.services["chat"].messages_list(f"3.{group_id}..")
    (join,) = page.messages
    for name, fields in (("channel_message_update", {"content": "{}"}), ("channel_message_remove", {})):
        answer = await bob.ask(name, channel_id=f"3.{group_id}..", message_id=join.message_id, **fields)
        assert answer["error"]["message"] == "Could not find message in channel history"


async def test_a_deleted_groups_channel_is_closed_and_its_history_goes(each_lobby, each_service, monkeypatch):
    monkeypatch.setattr(group_channels, "FORGOTTEN_PER_TRANSACTION", 2)
    ann = await each_lobby.player("ann")
    group = await each_service.create(ann.id, "Heroes")
    await enter(ann, group.id)
    for number in range(5):
        ann.tell("channel_message_send", channel_id=f"3.{group.id}..", content=json.dumps({"number": number}))
    await each_service.delete(group.id)
    answer = await ann.ask("channel_message_send", channel_id=f"3.{group.id}..", content="{}")
    assert "error" in answer
    (closed,) = [message for message in await ann.heard() if "channel_presence_event" in message]
    assert [presence["user_id"] for presence in closed["channel_presence_event"]["leaves"]] == [ann.id]
    await each_lobby.events.settle()
    assert await history(each_lobby, group.id) == []
    assert (await ann.http("GET", f"/v2/channel/3.{group.id}..", limit=10))[0] == 400


async def test_a_change_that_fails_is_not_told(lobby, service, people):
    ann, bob, cat, group_id = people
    await enter(ann, group_id)
    await service.update(group_id, max_count=2)
    with pytest.raises(BadInput):
        await service.users_add(group_id, [cat.id])
    with pytest.raises(BadInput):
        await service.users_kick(group_id, [bob.id, ann.id])
    assert await said(ann) == []
    assert await history(lobby, group_id) == [(JOIN, "bob")]


async def test_game_code_names_the_channel_and_talks_in_it(lobby, people):
    ann, bob, cat, group_id = people
    chat = lobby.services["chat"]
    await enter(bob, group_id)
    channel_id = await chat.channel_id_build(group_id, GROUP)
    assert await chat.channel_id_build(group_id, GROUP, user_id=ann.id) == channel_id
    with pytest.raises(BadInput, match="Group not found"):
        await chat.channel_id_build(group_id, GROUP, user_id=cat.id)
    with pytest.raises(BadInput):
        await chat.channel_id_build("no id", GROUP)
    await chat.message_send(channel_id, {"text": "welcome"})
    await asyncio.sleep(0)
    assert [content for _, _, content in await said_by_the_system(bob)] == [{"text": "welcome"}]


async def said_by_the_system(player) -> list[tuple[int, str, dict]]:
    messages = [message["channel_message"] for message in await player.heard() if "channel_message" in message]
    return [(message["code"], "", json.loads(message["content"])) for message in messages if "sender_id" not in message]
