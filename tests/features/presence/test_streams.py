"""Streams: who is in them, and what the others are told."""

from __future__ import annotations

import pytest
from tests.features.lobby import Lobby

from supergame.core.errors import TooMany, Unavailable
from supergame.features.presence import PRESENCES_PER_SESSION_MAX, Presence, Stream, Streams
from supergame.protocol.presence import Stream as WireStream
from supergame.protocol.presence import StreamData, StreamPresenceEvent

ROOM = Stream(100, "a-subject", label="hall")
ROOM_ON_THE_WIRE = {"mode": 100, "subject": "a-subject", "label": "hall"}


@pytest.fixture
def lobby() -> Lobby:
    return Lobby()


@pytest.fixture
def streams(lobby: Lobby) -> Streams:
    return Streams(lobby.ground)


def joined(*players) -> dict:
    return event(joins=players)


def left(*players) -> dict:
    return event(leaves=players)


def event(joins=(), leaves=()) -> dict:
    changes = {"joins": [p.presence for p in joins], "leaves": [p.presence for p in leaves]}
    return {
        "stream_presence_event": {"stream": ROOM_ON_THE_WIRE, **{name: who for name, who in changes.items() if who}}
    }


async def test_everybody_in_a_stream_hears_who_comes_and_the_newcomer_does_too(lobby, streams):
    alice, bob = lobby.enter("alice"), lobby.enter("bob")
    assert streams.join(alice.session, ROOM)
    assert await alice.heard() == [joined(alice)]
    assert streams.join(bob.session, ROOM)
    assert await alice.heard() == await bob.heard() == [joined(bob)]
    assert streams.count(ROOM) == 2
    assert list(streams.members(ROOM)) == [alice.session, bob.session]


async def test_an_answer_that_is_sent_after_joining_still_comes_before_the_event(lobby, streams):
    alice = lobby.enter("alice")
    streams.join(alice.session, ROOM)
    alice.session.send(StreamData(data="the answer"))
    assert [list(message) for message in await alice.heard()] == [["stream_data"], ["stream_presence_event"]]


async def test_a_hundred_joins_in_one_turn_are_one_message(lobby, streams):
    players = [lobby.enter(f"player{i}") for i in range(100)]
    for player in players:
        streams.join(player.session, ROOM)
    assert await players[0].heard() == [joined(*players)]


async def test_joining_twice_changes_nothing(lobby, streams):
    alice = lobby.enter("alice")
    assert streams.join(alice.session, ROOM)
    await alice.heard()
    assert not streams.join(alice.session, ROOM, hidden=True)
    assert await alice.heard() == []
    assert streams.get(alice.session, ROOM) == Presence(alice.session.user_id, alice.session.id, "alice")


async def test_who_leaves_is_told_of_to_those_who_stay(lobby, streams):
    alice, bob = lobby.enter("alice"), lobby.enter("bob")
    for player in (alice, bob):
        streams.join(player.session, ROOM)
        await player.heard()
    await alice.heard()
    assert streams.leave(bob.session, ROOM)
    assert not streams.leave(bob.session, ROOM)
    assert await alice.heard() == [left(bob)]
    assert await bob.heard() == []
    assert streams.get(bob.session, ROOM) is None


async def test_nobody_hears_of_who_came_and_went_within_a_turn(lobby, streams):
    alice, bob = lobby.enter("alice"), lobby.enter("bob")
    streams.join(alice.session, ROOM)
    await alice.heard()
    streams.join(bob.session, ROOM)
    streams.leave(bob.session, ROOM)
    assert await alice.heard() == []


async def test_leaving_and_coming_back_within_a_turn_is_both_once(lobby, streams):
    alice, bob = lobby.enter("alice"), lobby.enter("bob")
    for player in (alice, bob):
        streams.join(player.session, ROOM)
    await alice.heard()
    for _ in range(3):
        streams.leave(bob.session, ROOM)
        streams.join(bob.session, ROOM)
    assert await alice.heard() == [event(joins=[bob], leaves=[bob])]
    streams.leave(bob.session, ROOM)
    streams.join(bob.session, ROOM)
    streams.leave(bob.session, ROOM)
    assert await alice.heard() == [left(bob)]


async def test_a_hidden_session_hears_all_and_is_not_seen(lobby, streams):
    alice, spy = lobby.enter("alice"), lobby.enter("spy")
    streams.join(spy.session, ROOM, hidden=True)
    streams.join(alice.session, ROOM)
    assert await spy.heard() == [joined(alice)]
    assert [presence.username for presence in streams.presences(ROOM)] == ["alice"]
    assert [presence.username for presence in streams.presences(ROOM, hidden=True)] == ["spy", "alice"]
    assert streams.count(ROOM) == 1
    await alice.heard()
    streams.leave(spy.session, ROOM)
    assert await alice.heard() == []


async def test_a_new_status_is_a_leave_of_the_old_and_a_join_of_the_new(lobby, streams):
    alice = lobby.enter("alice")
    streams.update(alice.session, ROOM, "away")
    await alice.heard()
    streams.update(alice.session, ROOM, "busy")
    streams.update(alice.session, ROOM, "back")
    (message,) = await alice.heard()
    assert message["stream_presence_event"]["leaves"] == [{**alice.presence, "status": "away"}]
    assert message["stream_presence_event"]["joins"] == [{**alice.presence, "status": "back"}]


async def test_a_status_changed_before_anybody_saw_it_was_never_there(lobby, streams):
    alice = lobby.enter("alice")
    streams.join(alice.session, ROOM, status="first")
    streams.update(alice.session, ROOM, "second")
    (message,) = await alice.heard()
    assert message["stream_presence_event"] == {
        "stream": ROOM_ON_THE_WIRE,
        "joins": [{**alice.presence, "status": "second"}],
    }


async def test_showing_a_status_ends_hiding(lobby, streams):
    alice = lobby.enter("alice")
    streams.join(alice.session, ROOM, hidden=True)
    streams.update(alice.session, ROOM, "here")
    (message,) = await alice.heard()
    assert "leaves" not in message["stream_presence_event"]
    assert streams.count(ROOM) == 1


async def test_a_session_that_closes_leaves_all_its_streams(lobby, streams):
    alice, bob = lobby.enter("alice"), lobby.enter("bob")
    other = Stream(101)
    for player in (alice, bob):
        streams.join(player.session, ROOM)
    streams.join(bob.session, other)
    await alice.heard()
    bob.session.close()
    assert await alice.heard() == [left(bob)]
    assert streams.streams_of(alice.session) == [ROOM]
    assert streams.streams_of(bob.session) == []
    assert streams.members(other) == {}


async def test_a_closed_session_cannot_come_back_as_a_ghost(lobby, streams):
    alice = lobby.enter("alice")
    alice.session.close()
    await alice.heard()
    with pytest.raises(Unavailable):
        streams.join(alice.session, ROOM)
    assert streams.members(ROOM) == {}


async def test_a_session_may_be_in_so_many_streams(lobby, streams):
    alice = lobby.enter("alice")
    for number in range(PRESENCES_PER_SESSION_MAX):
        streams.join(alice.session, Stream(100, str(number)))
    with pytest.raises(TooMany):
        streams.join(alice.session, ROOM)
    streams.leave(alice.session, Stream(100, "0"))
    assert streams.join(alice.session, ROOM)


async def test_a_feature_may_tell_in_its_own_words_and_to_whom_it_likes(lobby, streams):
    alice, friend = lobby.enter("alice"), lobby.enter("friend")

    def words(stream, joins, leaves):
        return StreamData(data=f"{len(joins)} came to {stream.label}, {len(leaves)} left")

    streams.announce_with(ROOM.mode, words, lambda stream: [friend.session])
    streams.join(alice.session, ROOM)
    assert await friend.heard() == [{"stream_data": {"data": "1 came to hall, 0 left"}}]
    assert await alice.heard() == []
    alice.session.close()
    assert await friend.heard() == [{"stream_data": {"data": "0 came to hall, 1 left"}}]


async def test_a_feature_that_finds_no_words_keeps_no_other_stream_from_its_event(lobby, streams, capsys):
    alice = lobby.enter("alice")

    def speechless(stream, joins, leaves):
        raise RuntimeError("a mistake in a feature")

    streams.announce_with(101, speechless)
    streams.join(alice.session, Stream(101))
    streams.join(alice.session, ROOM)
    assert await alice.heard() == [joined(alice)]
    assert "a mistake in a feature" in capsys.readouterr().out


async def test_whoever_listens_hears_of_every_leaving_even_if_another_listener_fails(lobby, streams):
    alice = lobby.enter("alice")
    heard = []

    def fail(*_):
        raise RuntimeError("a mistake in a feature")

    streams.on_left(ROOM.mode, fail)
    streams.on_left(ROOM.mode, lambda stream, session, presence: heard.append((stream, presence.username)))
    streams.join(alice.session, ROOM)
    streams.join(alice.session, Stream(101))
    alice.session.close()
    await alice.heard()
    assert heard == [(ROOM, "alice")]
    assert streams.streams_of(alice.session) == []


async def test_a_message_goes_to_all_in_a_stream_or_to_some_of_them(lobby, streams):
    alice, bob, outsider = lobby.enter("alice"), lobby.enter("bob"), lobby.enter("outsider")
    for player in (alice, bob):
        streams.join(player.session, ROOM)
    await alice.heard()
    await bob.heard()
    streams.send(ROOM, StreamData(data="to all"))
    streams.send(ROOM, StreamData(data="to one"), to=[bob.session, outsider.session])
    assert await alice.heard() == [{"stream_data": {"data": "to all"}}]
    assert [message["stream_data"]["data"] for message in await bob.heard()] == ["to all", "to one"]
    assert await outsider.heard() == []


async def test_game_code_sends_texts_of_its_own(lobby, streams):
    alice, bob = lobby.enter("alice"), lobby.enter("bob")
    for player in (alice, bob):
        streams.join(player.session, ROOM)
    await alice.heard()
    streams.send_data(ROOM, "from the game")
    streams.send_data(ROOM, "from bob", sender=streams.get(bob.session, ROOM), to=[alice.session], reliable=False)
    from_game = {"stream": ROOM_ON_THE_WIRE, "data": "from the game", "reliable": True}
    from_bob = {"stream": ROOM_ON_THE_WIRE, "data": "from bob", "sender": bob.presence}
    assert await alice.heard() == [{"stream_data": from_game}, {"stream_data": from_bob}]


async def test_closing_a_stream_takes_everybody_out_in_silence(lobby, streams):
    alice = lobby.enter("alice")
    streams.join(alice.session, ROOM)
    await alice.heard()
    streams.close(ROOM)
    assert await alice.heard() == []
    assert streams.members(ROOM) == {}


async def test_a_farewell_tells_everybody_that_all_have_left(lobby, streams):
    alice, spy = lobby.enter("alice"), lobby.enter("spy")
    streams.join(alice.session, ROOM)
    streams.join(spy.session, ROOM, hidden=True)
    await alice.heard()
    await spy.heard()
    streams.farewell(ROOM)
    assert await alice.heard() == await spy.heard() == [left(alice)]
    assert streams.members(ROOM) == {}
    streams.farewell(ROOM)


async def test_the_number_of_presences_is_a_metric(lobby, streams):
    alice = lobby.enter("alice")
    streams.join(alice.session, ROOM)
    streams.join(alice.session, Stream(101))
    assert b"supergame_presences 2.0" in lobby.metrics.render()


def test_the_default_event_names_the_stream():
    assert StreamPresenceEvent(WireStream(*ROOM)).stream == WireStream(100, "a-subject", "", "hall")
