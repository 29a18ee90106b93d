"""The matchmaker between players: tickets, passes, what the matched get, and the game's say in it."""

import asyncio

import pytest

from supergame import testing
from supergame.client import SocketFailed
from supergame.core.errors import NotFound, Unavailable
from supergame.features.matchmaker import service
from supergame.features.matchmaker.service import MATCHED_SECONDS_MAX
from supergame.game import Game, Match
from supergame.protocol.matchmaker import MatchmakerMatched


@pytest.fixture
async def node():
    async with testing.node(settings={"matchmaker.interval_seconds": 1}) as node:
        yield node


async def test_two_who_fit_meet_in_a_relayed_match(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    ticket = await ann.socket.add_matchmaker(
        "+properties.mode:duel", string_properties={"mode": "duel"}, numeric_properties={"skill": 4}
    )
    await bob.socket.add_matchmaker("+properties.mode:duel", string_properties={"mode": "duel"})
    await node.advance(1)
    for_ann, for_bob = await ann.socket.next(MatchmakerMatched), await bob.socket.next(MatchmakerMatched)
    assert (for_ann.ticket, for_ann.match_id) == (ticket, None)
    assert for_ann.self.presence.username == "ann"
    assert for_ann.self.numeric_properties == {"skill": 4.0}
    assert {user.presence.username for user in for_bob.users} == {"ann", "bob"}
    first = await ann.socket.join_match(token=for_ann.token)
    second = await bob.socket.join_match(token=for_bob.token)
    assert (first.match_id, second.size) == (second.match_id, 2)


async def test_those_who_do_not_fit_wait_and_learn_why(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    ticket = await ann.socket.add_matchmaker("+properties.mode:duel", string_properties={"mode": "team"})
    await bob.socket.add_matchmaker("+properties.mode:duel", string_properties={"mode": "team"})
    await node.advance(5)
    stats = await ann.client.matchmaker_stats(ann.session)
    assert (stats.ticket_count, stats.completions) == (2, [])
    assert stats.oldest_ticket_create_time is not None
    assert any("fits its query" in sentence for sentence in node.services.matchmaker.explain(ticket))


async def test_a_ticket_is_taken_back_by_its_owner_only(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    ticket = await ann.socket.add_matchmaker()
    with pytest.raises(SocketFailed, match="ticket not found"):
        await bob.socket.remove_matchmaker(ticket)
    await ann.socket.remove_matchmaker(ticket)
    await bob.socket.add_matchmaker()
    await node.advance(3)
    assert node.services.matchmaker.stats().ticket_count == 1
    with pytest.raises(NotFound):
        node.services.matchmaker.remove(ticket)


async def test_who_leaves_is_no_longer_looked_for(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    await ann.socket.add_matchmaker()
    await ann.socket.close()
    await bob.socket.add_matchmaker()
    await node.advance(3)
    assert node.services.matchmaker.stats().ticket_count == 1


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"min_count": 1}, "Invalid minimum count"),
        ({"min_count": 3, "max_count": 2}, "Invalid maximum count"),
        ({"min_count": 3, "max_count": 4, "count_multiple": 2}, "Invalid count multiple"),
        ({"count_multiple": -1}, "Invalid count multiple"),
        ({"query": "+properties.skill:>="}, "does not parse"),
    ],
)
async def test_wishes_that_make_no_sense_are_refused(node, wish, reason):
    ann = await node.player("ann")
    with pytest.raises(SocketFailed, match=reason):
        await ann.socket.add_matchmaker(**wish)


async def test_a_multiple_of_zero_is_none(node):
    """Some clients send it where nobody has said anything."""
    ann = await node.player("ann")
    assert await ann.socket.add_matchmaker(count_multiple=0)


async def test_nobody_has_more_than_three_tickets(node):
    ann = await node.player("ann")
    for _ in range(3):
        await ann.socket.add_matchmaker()
    with pytest.raises(SocketFailed, match="too many tickets"):
        await ann.socket.add_matchmaker()


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_the_game_may_give_them_a_match_of_its_own(kind):
    game, asked = Game("test", folder="."), []
    game.match("duel")(type("Duel", (Match,), {}))

    async def later(ctx, tickets):
        asked.append([ticket.string_properties for ticket in tickets])
        return await ctx.services.matches.create("duel")

    def never(ctx, tickets):
        asked.append([ticket.string_properties for ticket in tickets])

    game.matchmaker_matched(later if kind == "async" else never)
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        for player in (ann, bob):
            await player.socket.add_matchmaker(string_properties={"mode": "duel"})
        await node.advance(3)
        matched = await ann.socket.next(MatchmakerMatched)
        assert asked == [[{"mode": "duel"}, {"mode": "duel"}]]
        if kind == "async":
            assert (await ann.socket.join_match(matched.match_id)).authoritative
            assert matched.token is None
        else:
            assert (await ann.socket.join_match(token=matched.token)).match_id.endswith(".")


async def test_a_game_that_fails_leaves_them_a_relayed_match(capsys):
    game = Game("test", folder=".")

    @game.matchmaker_matched
    async def broken(ctx, tickets):
        raise ValueError("no idea")

    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        for player in (ann, bob):
            await player.socket.add_matchmaker()
        await node.advance(3)
        assert (await bob.socket.next(MatchmakerMatched)).token
    assert "no idea" in capsys.readouterr().out


@pytest.mark.parametrize("answer", [7, "nonsense", "00000000-0000-4000-8000-000000000000.supergame", {"match_id": "x"}])
async def test_a_match_that_is_not_there_is_given_to_nobody(capsys, answer):
    game = Game("test", folder=".")
    game.matchmaker_matched(lambda ctx, tickets: answer)
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        for player in (ann, bob):
            await player.socket.add_matchmaker()
        await node.advance(3)
        matched = await bob.socket.next(MatchmakerMatched)
        assert (matched.match_id, bool(matched.token)) == (None, True)
    assert f"There is no match {answer!r}." in capsys.readouterr().out


async def test_a_game_that_says_nothing_in_time_leaves_them_a_relayed_match(capsys):
    game = Game("test", folder=".")

    @game.matchmaker_matched
    async def undecided(ctx, tickets):
        await asyncio.Event().wait()

    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        for player in (ann, bob):
            await player.socket.add_matchmaker()
        await node.advance(3)
        await node.advance(MATCHED_SECONDS_MAX)
        assert (await bob.socket.next(MatchmakerMatched)).token
    assert "took longer than" in capsys.readouterr().out


async def test_who_is_gone_when_the_game_has_its_say_is_not_told():
    game, say = Game("test", folder="."), asyncio.Event()

    @game.matchmaker_matched
    async def slow(ctx, tickets):
        await say.wait()

    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        for player in (ann, bob):
            await player.socket.add_matchmaker()
        await node.advance(3)
        (session,) = node.services.sessions.of_user(ann.user_id)
        session.close()
        await node.advance(0)
        say.set()
        await node.advance(0)
        assert {user.presence.username for user in (await bob.socket.next(MatchmakerMatched)).users} == {"ann", "bob"}


async def test_a_session_that_has_ended_leaves_no_ticket_behind(node):
    await node.player("ann")
    (session,) = node.services.sessions
    session.close()
    await node.advance(0)
    with pytest.raises(Unavailable):
        node.services.matchmaker.add(session)
    assert node.services.matchmaker.stats().ticket_count == 0


async def test_many_matched_players_are_told_in_several_turns(node, monkeypatch):
    monkeypatch.setattr(service, "USERS_PER_TURN", 1)
    players = [await node.player(name) for name in ("ann", "bob", "cat")]
    for player in players:
        await player.socket.add_matchmaker(min_count=3, max_count=3)
    await node.advance(2)
    assert len({(await player.socket.next(MatchmakerMatched)).token for player in players}) == 1


async def test_a_pass_that_fails_is_not_the_last(node, monkeypatch, capsys):
    steps = node.services.matchmaker._pool.steps

    def fail(now_us):
        monkeypatch.setattr(node.services.matchmaker._pool, "steps", steps)
        raise ValueError("a mistake in the rules")
        yield

    monkeypatch.setattr(node.services.matchmaker._pool, "steps", fail)
    ann, bob = await node.player("ann"), await node.player("bob")
    for player in (ann, bob):
        await player.socket.add_matchmaker()
    await node.advance(1)
    assert "a mistake in the rules" in capsys.readouterr().out
    await node.advance(2)
    assert await ann.socket.next(MatchmakerMatched)


async def test_a_pass_ends_with_the_node(node, monkeypatch):
    turns = []

    def steps(now_us):
        while True:
            turns.append("pass")
            yield None

    monkeypatch.setattr(node.services.matchmaker._pool, "steps", steps)
    await node.advance(1)
    await node.services.matchmaker.stop()
    made = len(turns)
    await node.advance(2)
    assert made <= len(turns) <= made + 1


async def test_a_long_pass_lets_others_run(node, monkeypatch):
    turns = []

    def steps(now_us):
        for _ in range(3):
            turns.append("pass")
            yield None

    monkeypatch.setattr(node.services.matchmaker._pool, "steps", steps)
    await node.advance(1)
    assert turns == ["pass"] * 3
