"""Parties over a real node: every call of the Python client, the game's hooks, and many players at the same time."""

from __future__ import annotations

import asyncio
import random

import pytest

from supergame import testing
from supergame.client import ConnectionLost, Socket, SocketFailed
from supergame.core.errors import Refused
from supergame.game import Game
from supergame.protocol.matchmaker import MatchmakerMatched
from supergame.protocol.parties import (
    Party,
    PartyClose,
    PartyData,
    PartyJoinRequest,
    PartyLeader,
    PartyMatchmakerTicket,
    PartyPresenceEvent,
    PartyUpdate,
)


async def test_every_message(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    party = await ann.socket.create_party(4, open=False, label='{"mode":"duel"}')
    listed = await ann.client.list_parties(ann.session, open=False, query="+label.mode:duel")
    assert [found.party_id for found in listed.parties] == [party.party_id]

    await bob.socket.join_party(party.party_id)
    (asking,) = (await ann.socket.next(PartyJoinRequest)).presences
    assert await ann.socket.party_requests(party.party_id) == [asking]
    await ann.socket.accept_party_member(party.party_id, asking)
    joined = await bob.socket.next(Party)
    assert (joined.leader, joined.self) == (party.self, asking)

    bob.socket.send_party_data(party.party_id, 7, b"ready")
    assert (await ann.socket.next(PartyData)).data == b"ready"
    ticket = await ann.socket.add_party_matchmaker(party.party_id, min_count=4, max_count=4)
    assert (await bob.socket.next(PartyMatchmakerTicket)).ticket == ticket
    await ann.socket.remove_party_matchmaker(party.party_id, ticket)
    ticket = await ann.socket.add_party_matchmaker(party.party_id)
    await node.advance(3)
    matched = await bob.socket.next(MatchmakerMatched)
    assert (matched.ticket, matched.self.party_id) == (ticket, party.party_id)

    await ann.socket.update_party(party.party_id, open=True)
    assert (await bob.socket.next(PartyUpdate)).open
    assert (await ann.socket.promote_party_member(party.party_id, asking)).presence == asking
    assert (await ann.socket.next(PartyLeader)).presence == asking
    await bob.socket.remove_party_member(party.party_id, party.self)
    assert (await ann.socket.next(PartyClose)).party_id == party.party_id
    await ann.socket.join_party(party.party_id)
    await ann.socket.next(Party)
    await ann.socket.leave_party(party.party_id)
    await bob.socket.close_party(party.party_id)
    assert (await bob.socket.next(PartyClose)).party_id == party.party_id


async def test_the_game_has_a_say_before_and_hears_of_it_after():
    game, joined = Game("test", folder="."), []

    @game.before("party_create")
    async def no_crowds(ctx, request):
        if request.max_size > 4:
            raise Refused("Parties are for four.")
        request.label = '{"checked":true}'
        return request

    @game.after("party_join")
    async def count(ctx, request, answer):
        found, _ = await ctx.services.parties.list(query="+label.checked:T")
        joined.append((ctx.username, [party.size for party in found], ctx.services.parties.get(request.party_id).size))

    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        with pytest.raises(SocketFailed, match="Parties are for four"):
            await ann.socket.create_party(8)
        party = await ann.socket.create_party(4)
        assert party.label == '{"checked":true}'
        await bob.socket.join_party(party.party_id)
        await bob.socket.ping()
        assert joined == [("bob", [2], 2)]


async def test_a_deleted_player_is_in_no_party(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    party = await ann.socket.create_party(2)
    await bob.socket.join_party(party.party_id)
    await node.services.accounts.delete(ann.user_id)
    assert (await bob.socket.next(PartyLeader)).presence.user_id == bob.user_id


PLAYERS = 24
TURNS = 40


async def test_under_churn_a_party_is_never_without_a_leader(each_node):
    """Players join, leave, drop, hand on the lead and send each other away, all at once; the party stays sound."""
    node = each_node
    host = await node.player("host")
    party_id = (await host.socket.create_party(8)).party_id
    over = asyncio.Event()
    leaders = set()

    async def watch() -> None:
        while not over.is_set():
            party = node.services.parties.get(party_id)
            leaders.add(party.leader.session_id)
            assert party.leader in party.members
            assert 1 <= party.size <= party.max_size
            assert len({member.session_id for member in party.members}) == party.size
            await asyncio.sleep(0)

    async def play(number: int) -> None:
        chance = random.Random(number)
        player = await node.player(f"player{number}")
        socket = player.socket
        for _ in range(TURNS):
            try:
                await turn(chance, socket)
            except SocketFailed:
                pass  # full, not the leader, gone by now: all of it may be
            except ConnectionLost:
                socket = (await node.player(player.username)).socket

    async def turn(chance: random.Random, socket: Socket) -> None:
        somebody = chance.choice(node.services.parties.get(party_id).members)
        match chance.randrange(6):
            case 0:
                await socket.leave_party(party_id)
            case 1:  # the game's doing: the host, who leads at first, does nothing
                node.services.parties.promote(party_id, somebody.session_id)
            case 2 if somebody.username != "host":
                await socket.remove_party_member(party_id, somebody)
            case 3:
                socket.drop()
            case _:
                await socket.join_party(party_id)

    watching = asyncio.ensure_future(watch())
    await asyncio.gather(*(play(number) for number in range(PLAYERS)))
    over.set()
    await watching
    assert len(leaders) > 8  # more than could have led if nobody had come and gone


async def test_of_many_who_join_at_once_as_many_get_in_as_there_is_room(node):
    host = await node.player("host")
    party = await host.socket.create_party(8)
    players = [await node.player(f"player{number}") for number in range(20)]
    outcomes = await asyncio.gather(
        *(player.socket.join_party(party.party_id) for player in players), return_exceptions=True
    )
    assert outcomes.count(None) == 7
    assert {str(outcome) for outcome in outcomes if outcome} == {"party full"}
    assert node.services.parties.get(party.party_id).size == 8
    seen = await players[outcomes.index(None)].socket.next(PartyPresenceEvent)
    assert seen.party_id == party.party_id
