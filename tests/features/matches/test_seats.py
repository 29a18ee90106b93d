"""Seats: who has one, for whom one is kept, and that the author hears of every change in the order it happened."""

import asyncio

import pytest
from tests.features.lobby import Lobby
from tests.features.matches.recorder import Recorder, arrive, gone, told

from supergame import testing
from supergame.client import SocketFailed
from supergame.features import accounts, matches, presence
from supergame.features.matches import running as running_module
from supergame.game import Match
from supergame.protocol.matches import MatchJoin, MatchLeave


async def test_joining_twice_is_joining_once(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    again = await ann.socket.join_match(match_id)
    assert [presence.username for presence in again.presences] == ["ann"]
    await arrive(node)
    assert told(node, match_id) == [("join", ["ann"])]


async def test_a_lost_player_finds_the_seat_kept(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await gone(node, ann)
    running = node.services.matches.running(match_id)
    assert (len(running.presences), len(running.seats)) == (0, 1)

    ann = await node.player("ann")
    await ann.socket.join_match(match_id, metadata={"password": "wrong"})  # a seat needs no second asking
    await node.advance(10)
    assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("back", "ann")]
    assert (len(running.presences), len(running.seats)) == (1, 1)


async def test_of_two_connections_each_comes_back_to_a_seat_of_its_own(node):
    match_id = await node.services.matches.create("recorder")
    for _ in range(2):
        await (await node.player("ann")).socket.join_match(match_id)
    running = node.services.matches.running(match_id)
    assert len(running.seats) == 2
    for session in list(node.services.sessions):
        session.close()
    await node.advance(0)
    for _ in range(2):
        await (await node.player("ann")).socket.join_match(match_id, metadata={"password": "wrong"})
    third = await node.player("ann")
    with pytest.raises(SocketFailed, match="not the password"):
        await third.socket.join_match(match_id, metadata={"password": "wrong"})
    assert (len(running.presences), len(running.seats)) == (2, 2)


async def test_a_lost_player_who_stays_away_has_left(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await gone(node, ann)
    await node.advance(5)
    assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("leave", ["ann"])]


async def test_a_lost_player_may_be_kicked(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await gone(node, ann)
    running = node.services.matches.running(match_id)
    running.match.kick(running.seats)
    await node.advance(10)
    assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("leave", ["ann"])]


async def test_a_match_that_ended_waits_for_nobody(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await gone(node, ann)
    match = node.services.matches.running(match_id).match
    match.end()
    await node.advance(10)
    assert match.told == [("join", ["ann"]), ("lost", "ann")]


async def test_without_a_grace_a_lost_player_has_left_at_once(game):
    class Hasty(Recorder):
        grace_seconds = 0

    game.match("hasty")(Hasty)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("hasty")
        await ann.socket.join_match(match_id)
        await gone(node, ann)
        assert told(node, match_id) == [("join", ["ann"]), ("leave", ["ann"])]


async def test_comings_and_goings_in_one_moment_are_told_in_their_order(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    for message in (MatchJoin(match_id), MatchLeave(match_id), MatchJoin(match_id)):
        ann.socket.post(message)
    await arrive(node, ann)
    assert told(node, match_id) == [("join", ["ann"]), ("leave", ["ann"]), ("join", ["ann"])]
    assert len(node.services.matches.running(match_id).presences) == 1


async def test_who_joins_and_is_lost_in_one_moment_has_joined_first(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    (session,) = node.services.sessions
    running = node.services.matches.running(match_id)
    await running.join(session, {})
    node.services.presence.leave_all(session)
    await node.advance(0)
    assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann")]
    assert ann.user_id == session.user_id


async def test_the_author_knows_a_player_before_the_first_message(node):
    await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    (session,) = node.services.sessions
    running = node.services.matches.running(match_id)
    await running.join(session, {})
    running.receive(session, 1, b"")
    running._tick_due()  # a tick that is due before the loop's next turn
    assert running.match.told == [("join", ["ann"])]


async def test_what_a_player_sent_goes_with_the_player(game):
    class Strict(Recorder):
        def loop(self, tick, messages):
            self.told.extend((message.presence.username, message.data) for message in messages)

    game.match("strict")(Strict)
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        match_id = await node.services.matches.create("strict")
        await ann.socket.join_match(match_id)
        await bob.socket.join_match(match_id)
        await arrive(node)
        ann.socket.send_match_data(match_id, 1, b"from ann")
        bob.socket.send_match_data(match_id, 1, b"from bob")
        await bob.socket.ping()
        await ann.socket.leave_match(match_id)
        await node.advance(0.1)
        assert told(node, match_id)[2:] == [("leave", ["ann"]), ("bob", b"from bob")]


async def test_who_leaves_while_the_match_makes_up_its_mind_gets_no_seat(game):
    asked, decide = asyncio.Event(), asyncio.Event()

    class Slow(Recorder):
        async def join_attempt(self, presence, metadata):
            asked.set()
            await decide.wait()
            return True

    game.match("slow")(Slow)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("slow")
        ann.socket.post(MatchJoin(match_id))
        running = node.services.matches.running(match_id)
        await asked.wait()
        await gone(node, ann)
        decide.set()
        await node.advance(0.1)
        assert (running.seats, node.services.matches.get(match_id).size, told(node, match_id)) == ([], 0, [])


async def test_who_asks_for_a_seat_in_a_match_that_ends_learns_that_it_has(game):
    asked = asyncio.Event()

    class Slow(Match):
        async def join_attempt(self, presence, metadata):
            asked.set()
            await asyncio.Event().wait()
            return True

    game.match("slow")(Slow)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("slow")
        join = asyncio.ensure_future(ann.socket.join_match(match_id))
        await asked.wait()
        node.services.matches.running(match_id).stop()
        with pytest.raises(SocketFailed, match="Match not found"):
            await join


async def test_a_match_has_so_many_seats(node, monkeypatch):
    monkeypatch.setattr(running_module, "SEATS_MAX", 1)
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    with pytest.raises(SocketFailed, match="A match has 1 seats"):
        await bob.socket.join_match(match_id)


async def test_who_joins_gets_the_answer_then_the_event_and_then_what_the_match_says(sqlite):
    class Greeting(Recorder):
        def join(self, presences):
            self.broadcast(1, b"welcome")

    lobby = await Lobby.open([presence.feature, accounts.feature, matches.feature], sqlite)
    lobby.services["matches"].use({"greeting": Greeting}, None)
    match_id = await lobby.services["matches"].create("greeting")
    ann = lobby.enter("ann")
    ann.tell("match_join", match_id=match_id)
    answer, event, data = await ann.hears(3)
    assert answer["match"]["self"] == ann.presence
    assert event == {"match_presence_event": {"match_id": match_id, "joins": [ann.presence]}}
    assert data["match_data"]["data"] == "d2VsY29tZQ=="
    await lobby.services["matches"].drain()


async def test_who_was_put_out_of_the_stream_may_join_again(node):
    await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    (session,) = node.services.sessions
    running = node.services.matches.running(match_id)
    await running.join(session, {})
    node.services.presence.leave(session, running.stream)
    assert await running.join(session, {})
    await node.advance(0)
    assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("back", "ann")]
    assert running.size == len(running.presences) == 1
