"""Relayed matches: players send each other data, the server passes it on."""

import asyncio

import pytest

from supergame import testing
from supergame.client import SocketFailed
from supergame.protocol.matches import MatchData, MatchPresenceEvent
from supergame.protocol.presence import UserPresence

NOWHERE = "00000000-0000-4000-8000-000000000000."


@pytest.fixture
async def node():
    async with testing.node() as node:
        yield node


async def test_data_goes_to_everybody_else(node):
    ann, bob, cat = [await node.player(name) for name in ("ann", "bob", "cat")]
    match = await ann.socket.create_match()
    assert (match.authoritative, match.label, match.size, match.presences) == (False, None, 1, [])
    assert match.match_id.endswith(".")
    await bob.socket.join_match(match.match_id)
    joined = await cat.socket.join_match(match.match_id)
    assert (joined.size, [presence.username for presence in joined.presences]) == (3, ["ann", "bob"])

    ann.socket.send_match_data(match.match_id, 5, b"\x00hello")
    for player in (bob, cat):
        event = await player.socket.next(MatchData)
        assert (event.op_code, event.data, event.presence.username) == (5, b"\x00hello", "ann")
    with pytest.raises(TimeoutError):
        await ann.socket.next(MatchData, timeout_seconds=0.05)


async def test_data_may_be_for_some_only(node):
    ann, bob, cat = [await node.player(name) for name in ("ann", "bob", "cat")]
    match = await ann.socket.create_match()
    for player in (bob, cat):
        joined = await player.socket.join_match(match.match_id)
    for_cat = UserPresence(cat.user_id, joined.self.session_id, "cat")
    ann.socket.send_match_data(match.match_id, 1, b"secret", to=[for_cat])
    ann.socket.send_match_data(match.match_id, 2, b"for all")
    assert (await cat.socket.next(MatchData)).data == b"secret"
    assert (await bob.socket.next(MatchData)).data == b"for all"


async def test_who_comes_and_goes_is_told(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match = await ann.socket.create_match()
    own = await ann.socket.next(MatchPresenceEvent)
    assert [presence.username for presence in own.joins] == ["ann"]  # the joiner hears of itself, after the reply
    await bob.socket.join_match(match.match_id)
    assert [presence.username for presence in (await ann.socket.next(MatchPresenceEvent)).joins] == ["bob"]
    await bob.socket.leave_match(match.match_id)
    assert [presence.username for presence in (await ann.socket.next(MatchPresenceEvent)).leaves] == ["bob"]


async def test_those_who_give_the_same_name_meet(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    first, second = await ann.socket.create_match("tavern"), await bob.socket.create_match("tavern")
    assert first.match_id == second.match_id
    assert second.size == 2


async def test_joining_what_one_is_in_lists_oneself(node):
    ann = await node.player("ann")
    match = await ann.socket.create_match()
    again = await ann.socket.join_match(match.match_id)
    assert [presence.username for presence in again.presences] == ["ann"]


async def test_a_match_that_everybody_has_left_is_gone(node):
    ann = await node.player("ann")
    match = await ann.socket.create_match()
    assert [found.match_id for found in (await ann.client.list_matches(ann.session)).matches] == [match.match_id]
    assert node.services.matches.get(match.match_id).size == 1
    await ann.socket.leave_match(match.match_id)
    assert (await ann.client.list_matches(ann.session)).matches == []
    assert node.services.matches.get(match.match_id) is None
    with pytest.raises(SocketFailed, match="Match not found"):
        await ann.socket.join_match(match.match_id)


async def test_a_token_opens_an_empty_match_for_a_while(node):
    ann = await node.player("ann")
    match_id = node.services.matches.relayed.new_id()
    token = node.services.matches.token(match_id)
    assert (await ann.socket.join_match(token=token)).match_id == match_id
    await node.advance(31)
    for bad in (token, token[:-4] + "AAAA", "nonsense", ann.session.token):
        with pytest.raises(SocketFailed) as refused:
            await ann.socket.join_match(token=bad)
        assert (refused.value.code, refused.value.message) == (3, "Invalid match token")


async def test_what_outsiders_send_goes_nowhere_and_leaving_twice_is_leaving_once(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match = await ann.socket.create_match()
    await bob.socket.leave_match(match.match_id)
    bob.socket.send_match_data(match.match_id, 1, b"from outside")
    bob.socket.send_match_data(NOWHERE, 1, b"to nowhere")
    await bob.socket.ping()
    await bob.socket.join_match(match.match_id)
    bob.socket.send_match_data(match.match_id, 1, b"from inside")
    assert (await ann.socket.next(MatchData)).data == b"from inside"
    for _ in range(2):
        await bob.socket.leave_match(match.match_id)
    with pytest.raises(SocketFailed, match="Invalid match ID"):
        await bob.socket.leave_match("nonsense")


@pytest.mark.parametrize(
    ("message", "code"),
    [({"match_id": NOWHERE}, 4), ({}, 3), ({"match_id": ""}, 3)],
)
async def test_a_join_that_names_no_match_is_refused(node, message, code):
    ann = await node.player("ann")
    with pytest.raises(SocketFailed) as refused:
        await ann.socket.join_match(**message)
    assert refused.value.code == code


async def test_a_token_of_another_kind_opens_nothing(node):
    ann = await node.player("ann")
    other = node.node.edge.tokens.sign({"exp": node.clock.now_seconds() + 30})
    arena = node.services.matches.token("00000000-0000-4000-8000-000000000000.supergame")
    for token, code in ((other, 3), (arena, 4)):
        with pytest.raises(SocketFailed) as refused:
            await ann.socket.join_match(token=token)
        assert refused.value.code == code


async def test_a_name_has_a_length(node):
    ann = await node.player("ann")
    with pytest.raises(SocketFailed, match="at most 128 bytes"):
        await ann.socket.create_match("x" * 129)


async def test_a_lost_connection_leaves_the_match(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match = await ann.socket.create_match()
    await bob.socket.join_match(match.match_id)
    bob.socket.drop()
    while not (event := await ann.socket.next(MatchPresenceEvent)).leaves:
        pass
    assert [presence.username for presence in event.leaves] == ["bob"]
    await asyncio.sleep(0)
    assert node.services.matches.get(match.match_id).size == 1


async def test_a_session_is_in_one_match_only_where_that_is_said(game):
    async with testing.node(game, settings={"matches.single_match": True}) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        first = await ann.socket.create_match()
        await bob.socket.join_match(first.match_id)
        run = await node.services.matches.create("recorder")
        await ann.socket.join_match(run)
        assert (await bob.socket.next(MatchPresenceEvent)).leaves == []  # its own coming
        left = await bob.socket.next(MatchPresenceEvent)
        assert [presence.username for presence in left.leaves] == ["ann"]
        second = await ann.socket.create_match()
        assert node.services.matches.get(run).size == 0
        assert node.services.matches.get(second.match_id).size == 1
        again = await ann.socket.join_match(second.match_id)
        assert again.size == 1
