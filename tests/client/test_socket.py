"""The realtime side of the client: every message, events and listeners, and coming back after a lost connection."""

import asyncio

import pytest

from supergame import testing
from supergame.client import ClientError, ConnectionLost, Reconnected, RequestFailed, SocketFailed
from supergame.client import socket as socket_module
from supergame.game import Game, Match
from supergame.protocol.chat import ChannelMessage, ChannelPresenceEvent, ChannelType
from supergame.protocol.matches import MatchData, MatchPresenceEvent
from supergame.protocol.matchmaker import MatchmakerMatched
from supergame.protocol.status import StatusPresenceEvent
from supergame.protocol.system import Ping, Pong


class Room(Match):
    """A match that anybody may join unless it is locked."""

    def init(self, params):
        self.locked = False

    def join_attempt(self, presence, metadata):
        return not self.locked

    def signal(self, data):
        self.locked = data == "lock"
        return ""


@pytest.fixture
async def node():
    game = Game("sockets")
    game.match("room")(Room)
    game.rpc("echo")(lambda ctx, text: text)

    @game.rpc
    async def never(ctx) -> None:
        await asyncio.Event().wait()

    async with testing.node(game, settings={"matchmaker.interval_seconds": 1}) as node:
        yield node


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
async def test_every_message(node, encoding):
    ann, bob = await node.player("ann", encoding=encoding), await node.player("bob", encoding=encoding)
    await ann.socket.ping()
    assert await ann.socket.rpc("echo", "hello") == "hello"

    channel = await ann.socket.join_chat("hall")
    ack = await ann.socket.send_chat(channel.id, {"text": "helo"})
    await ann.socket.update_chat(channel.id, ack.message_id, {"text": "hello"})
    await ann.socket.remove_chat(channel.id, ack.message_id)
    assert [(await ann.socket.next(ChannelMessage)).code for _ in range(3)] == [0, 1, 2]
    await ann.socket.leave_chat(channel.id)
    direct = await ann.socket.join_chat(bob.user_id, ChannelType.DIRECT_MESSAGE)
    assert direct.id.startswith("4.")

    assert (await ann.socket.follow([bob.user_id])).presences == []
    await bob.socket.update_status("in a race")
    assert (await ann.socket.next(StatusPresenceEvent)).joins[0].status == "in a race"
    await bob.socket.update_status(None)
    await ann.socket.unfollow([bob.user_id])

    match = await ann.socket.create_match("duel")
    await bob.socket.join_match(match.match_id, metadata={"car": "red"})
    ann.socket.send_match_data(match.match_id, 7, b"go")
    assert (await bob.socket.next(MatchData)).data == b"go"
    await bob.socket.leave_match(match.match_id)

    ticket = await ann.socket.add_matchmaker(string_properties={"mode": "duel"}, numeric_properties={"skill": 5})
    await ann.socket.remove_matchmaker(ticket)
    for player in (ann, bob):
        await player.socket.add_matchmaker(min_count=2, max_count=2, count_multiple=2)
    await node.advance(1)
    matched = await ann.socket.next(MatchmakerMatched)
    joined = await ann.socket.join_match(token=matched.token)
    assert joined.match_id.endswith(".")


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
async def test_a_refused_message_raises_what_the_server_said(node, encoding):
    ann = await node.player("ann", encoding=encoding)
    with pytest.raises(SocketFailed, match="Match not found") as failed:
        await ann.socket.join_match("00000000-0000-4000-8000-000000000000.")
    assert failed.value.code == 4
    with pytest.raises(ClientError, match="answered Ping with Pong"):
        await ann.socket.request(Ping(), ChannelMessage)


async def test_events_are_taken_in_order_or_by_their_type(node):
    ann = await node.player("ann")
    channel = await ann.socket.join_chat("hall")
    for number in range(3):
        await ann.socket.send_chat(channel.id, {"n": number})
    assert (await ann.socket.next(ChannelMessage)).content == '{"n":0}'
    seen = []
    async for event in ann.socket.events():
        seen.append(type(event))
        if len(seen) == 3:
            break
    assert seen == [ChannelPresenceEvent, ChannelMessage, ChannelMessage]
    with pytest.raises(TimeoutError):
        await ann.socket.next(ChannelMessage, timeout_seconds=0)


async def test_whoever_waits_gets_the_event_and_the_end(node):
    ann = await node.player("ann")
    channel = await ann.socket.join_chat("hall")
    await ann.socket.next(ChannelPresenceEvent)
    waiting = asyncio.ensure_future(ann.socket.next(ChannelMessage))
    await ann.socket.send_chat(channel.id, {})
    assert (await waiting).channel_id == channel.id
    waiting = asyncio.ensure_future(ann.socket.next(ChannelMessage))
    everything = asyncio.ensure_future(anext(ann.socket.events(), None))
    await asyncio.sleep(0)
    await ann.socket.close()
    with pytest.raises(ConnectionLost):
        await waiting
    assert await everything is None
    with pytest.raises(ConnectionLost, match="closed"):
        await ann.socket.next(ChannelMessage)
    with pytest.raises(ConnectionLost, match="no connection"):
        ann.socket.send_match_data("x.", 1, b"")
    await ann.socket.close()  # again is harmless


async def test_listeners_hear_until_they_are_ended_and_their_errors_are_their_own(node):
    ann = await node.player("ann")
    heard, failures = [], []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context["exception"]))
    end = ann.socket.on(ChannelMessage, lambda event: heard.append(event.content))
    broken = ann.socket.on(ChannelMessage, lambda event: 1 / 0)
    channel = await ann.socket.join_chat("hall")
    await ann.socket.send_chat(channel.id, {"n": 1})
    assert heard == ['{"n":1}']
    assert [type(error) for error in failures] == [ZeroDivisionError]
    for _ in range(2):
        end()
        broken()
    await ann.socket.send_chat(channel.id, {"n": 2})
    assert (await ann.socket.next(ChannelMessage)).content == '{"n":2}'  # nobody hears, so it is kept


async def test_events_that_nobody_takes_are_bounded(node, monkeypatch):
    monkeypatch.setattr(socket_module, "EVENTS_WAITING_MAX", 3)
    ann = await node.player("ann")
    channel = await ann.socket.join_chat("hall")
    for number in range(5):
        await ann.socket.send_chat(channel.id, {"n": number})
    assert (await ann.socket.next(ChannelMessage)).content == '{"n":2}'


async def test_a_request_under_way_fails_when_the_socket_closes_or_breaks(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    for player, end in ((ann, ann.socket.close), (bob, None)):
        asking = asyncio.ensure_future(player.socket.rpc("never"))
        await asyncio.sleep(0)
        if end is None:
            player.socket.drop()
        else:
            await end()
        with pytest.raises(ConnectionLost):
            await asking
    await bob.socket.closed.wait()
    assert not bob.socket.connected


async def test_an_answer_that_does_not_come_in_time(node, monkeypatch):
    monkeypatch.setattr(socket_module, "ANSWER_SECONDS", 0.01)
    ann = await node.player("ann")
    with pytest.raises(TimeoutError):
        await ann.socket.rpc("never")


async def test_why_the_server_closed_the_socket_is_told(node):
    ann = await node.player("ann")
    node.services.sessions.disconnect(user_id=ann.user_id)
    await ann.socket.closed.wait()
    assert ann.socket.close_reason == "server-side session disconnect"


async def come_back(node, socket) -> Reconnected:
    """Move the clock until the socket is back."""
    waiting = asyncio.ensure_future(socket.next(Reconnected))
    while not waiting.done():
        await node.advance(5)
        await asyncio.sleep(0.001)  # the network takes its own time
    return await waiting


async def test_after_a_lost_connection_the_player_is_back_in_channels_and_matches(node):
    ann, bob = await node.player("ann", reconnect=True), await node.player("bob", encoding="protobuf")
    channel = await ann.socket.join_chat("hall")
    match_id = await node.services.matches.create("room")
    await ann.socket.join_match(match_id)
    relayed = await bob.socket.create_match()
    await ann.socket.join_match(relayed.match_id)
    ann.socket.drop()
    ann.socket.drop()
    back = await come_back(node, ann.socket)
    assert [found.id for found in back.channels] == [channel.id]
    assert {found.match_id for found in back.matches} == {match_id, relayed.match_id}
    await ann.socket.send_chat(channel.id, {"text": "here I am again"})
    assert ann.socket.connected
    bob.socket.send_match_data(relayed.match_id, 1, b"welcome")
    assert (await ann.socket.next(MatchData)).data == b"welcome"
    assert await bob.socket.next(MatchPresenceEvent)


async def test_what_is_over_meanwhile_is_left_out(node):
    ann = await node.player("ann", reconnect=True)
    lasting, ending = [await node.services.matches.create("room") for _ in range(2)]
    for match_id in (lasting, ending):
        await ann.socket.join_match(match_id)
    channel = await ann.socket.join_chat("hall")
    ann.socket._channels["gone"] = type(ann.socket._channels[channel.id])("", 99)
    ann.socket.drop()
    node.services.matches.running(ending).stop()
    back = await come_back(node, ann.socket)
    assert [match.match_id for match in back.matches] == [lasting]
    assert [found.id for found in back.channels] == [channel.id]


async def test_a_player_who_is_not_wanted_any_more_stays_away(node):
    ann = await node.player("ann", reconnect=True)
    waiting = asyncio.ensure_future(ann.socket.next(Pong))
    await node.services.accounts.ban(ann.user_id)
    while not ann.socket.closed.is_set():
        await node.advance(1)
        await asyncio.sleep(0.001)
    with pytest.raises(ConnectionLost, match="refused the socket"):
        await waiting
    with pytest.raises(RequestFailed):
        await ann.client.connect(ann.session)


async def test_a_connection_that_breaks_while_it_is_mended_is_mended_again(node):
    ann = await node.player("ann", reconnect=True)
    await ann.socket.join_chat("hall")
    rejoin, broken = ann.socket._rejoin, []

    async def breaks_once():
        if not broken:
            broken.append(True)
            ann.socket.drop()
        return await rejoin()

    ann.socket._rejoin = breaks_once
    ann.socket.drop()
    back = await come_back(node, ann.socket)
    assert len(back.channels) == 1
    assert ann.socket.connected


async def test_closing_ends_the_tries_to_come_back(node):
    ann = await node.player("ann", reconnect=True)
    ann.socket.drop()
    while ann.socket.connected:  # noqa: ASYNC110 - until the loop has told it
        await asyncio.sleep(0)
    await ann.socket.close()
    assert ann.socket.closed.is_set()


async def test_frames_that_make_no_sense_are_passed_over(node):
    ann = await node.player("ann")
    for frame in (b"", b"{", b'{"unheard_of":{}}', b'{"match_data":5}', b'{"cid":"77","pong":{}}'):
        ann.socket.received(frame)
    ann.socket.received(b'{"ping":{}}')  # which is answered
    await ann.socket.ping()
