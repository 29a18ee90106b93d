"""Presence, status, notifications and chat between two players over real sockets."""

from __future__ import annotations

import asyncio

from supergame import testing
from supergame.protocol.chat import ChannelMessage, ChannelPresenceEvent, ChannelType
from supergame.protocol.notifications import NotificationCode, Notifications
from supergame.protocol.status import StatusPresenceEvent


async def test_two_players_meet_in_a_room_and_talk():
    async with testing.node() as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        room = await ann.socket.join_chat("hall")
        await bob.socket.join_chat("hall")
        came = [await ann.socket.next(ChannelPresenceEvent) for _ in range(2)]
        assert [event.joins[0].username for event in came] == ["ann", "bob"]
        acks = await asyncio.gather(*(bob.socket.send_chat(room.id, {"n": n}) for n in range(50)))
        heard = [await ann.socket.next(ChannelMessage) for _ in range(50)]
        assert [message.message_id for message in heard] == [ack.message_id for ack in acks]
        page = await ann.client.list_messages(ann.session, room.id, limit=100)
        assert [message.content for message in page.messages] == [f'{{"n":{n}}}' for n in range(50)]


async def test_a_player_who_is_elsewhere_is_told_and_answers():
    async with testing.node() as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        await ann.socket.join_chat(bob.user_id, kind=ChannelType.DIRECT_MESSAGE)
        (told,) = (await bob.socket.next(Notifications)).notifications
        assert (told.code, told.sender_id) == (NotificationCode.DM_REQUEST, ann.user_id)
        channel = await bob.socket.join_chat(told.sender_id, kind=ChannelType.DIRECT_MESSAGE)
        await bob.socket.send_chat(channel.id, {"text": "hi"})
        message = await ann.socket.next(ChannelMessage)
        assert (message.username, message.content) == ("bob", '{"text":"hi"}')
        kept = await bob.client.list_notifications(bob.session)
        await bob.client.delete_notifications(bob.session, [notification.id for notification in kept.notifications])
        assert (await bob.client.list_notifications(bob.session)).notifications == []


async def test_ids_may_come_in_capitals():
    """Some platforms write them so; names stay as they are."""
    async with testing.node() as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        both = await ann.socket.join_chat(bob.user_id.upper(), kind=ChannelType.DIRECT_MESSAGE)
        assert sorted((both.user_id_one, both.user_id_two)) == sorted((ann.user_id, bob.user_id))
        ack = await ann.socket.send_chat(both.id, {})
        assert (await ann.socket.remove_chat(both.id, ack.message_id.upper())).message_id == ack.message_id
        assert (await ann.socket.join_chat("HALL")).room_name == "HALL"
        (told,) = (await bob.socket.next(Notifications)).notifications
        await bob.client.delete_notifications(bob.session, [told.id.upper()])
        assert (await bob.client.list_notifications(bob.session)).notifications == []
        await bob.socket.update_status("here")
        assert len((await ann.socket.follow([bob.user_id.upper()])).presences) == 1
        await ann.socket.unfollow([bob.user_id.upper()])


async def test_a_follower_sees_a_friend_come_and_go():
    async with testing.node() as node:
        ann = await node.player("ann")
        gone = await node.player("bob")
        await gone.socket.close()
        assert (await ann.socket.follow(usernames=["bob"])).presences == []
        bob = await node.player("bob", status=True)
        came = await ann.socket.next(StatusPresenceEvent)
        assert [(who.username, who.status) for who in came.joins] == [("bob", "")]
        await bob.socket.close()
        left = await ann.socket.next(StatusPresenceEvent)
        assert [who.username for who in left.leaves] == ["bob"]
