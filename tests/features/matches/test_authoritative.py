"""Authoritative matches: the author's callbacks, what they send, and what becomes of a match that has ended."""

import asyncio

import pytest
from tests.features.matches.recorder import END, KICK, Recorder, arrive, told

from supergame import testing
from supergame.client import SocketFailed
from supergame.core.errors import BadInput, NotFound, TooMany
from supergame.features.matches import MatchNotFound, running, service
from supergame.game import Match
from supergame.protocol.matches import MatchData, MatchPresenceEvent


async def test_players_join_send_and_leave(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await node.services.matches.create("recorder", {"label": "open"})
    assert match_id.endswith(".supergame")
    first = await ann.socket.join_match(match_id)
    assert (first.authoritative, first.label, first.size, first.presences) == (True, "open", 1, [])
    second = await bob.socket.join_match(match_id)
    assert [presence.username for presence in second.presences] == ["ann"]
    event = await ann.socket.next(MatchPresenceEvent)
    assert [presence.username for presence in event.joins] == ["ann"]

    ann.socket.send_match_data(match_id, 7, b"hello")
    await arrive(node, ann)
    at_once, deferred = await bob.socket.next(MatchData), await bob.socket.next(MatchData)
    assert (at_once.op_code, at_once.data, at_once.presence.username) == (7, b"hello", "ann")
    assert (deferred.op_code, deferred.data, deferred.presence) == (8, b"late", None)

    await bob.socket.leave_match(match_id)
    await arrive(node)
    assert told(node, match_id) == [("join", ["ann"]), ("join", ["bob"]), ("leave", ["bob"])]


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("wrong", "That is not the password."),
        ("old", "That was the password."),
        ("none", "Match join rejected."),
    ],
)
async def test_the_author_may_refuse_a_player(node, password, reason):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    with pytest.raises(SocketFailed) as refused:
        await ann.socket.join_match(match_id, metadata={"password": password})
    assert (refused.value.code, refused.value.message) == (5, reason)


@pytest.mark.parametrize(
    ("match_id", "code", "message"),
    [
        ("00000000-0000-4000-8000-000000000000.supergame", 4, "Match not found."),
        ("00000000-0000-4000-8000-000000000000", 3, "Invalid match ID"),
        ("nonsense.supergame", 3, "Invalid match ID"),
        ("", 3, "Invalid match ID"),
    ],
)
async def test_a_match_that_is_not_there_cannot_be_joined(node, match_id, code, message):
    ann = await node.player("ann")
    with pytest.raises(SocketFailed) as refused:
        await ann.socket.join_match(match_id)
    assert (refused.value.code, refused.value.message) == (code, message)


async def test_what_an_outsider_sends_goes_nowhere(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    bob.socket.send_match_data(match_id, 1, b"from outside")
    bob.socket.send_match_data("00000000-0000-4000-8000-000000000000.supergame", 1, b"to nowhere")
    await arrive(node, bob)
    ann.socket.send_match_data(match_id, 1, b"from inside")
    await arrive(node, ann)
    assert (await ann.socket.next(MatchData)).data == b"from inside"


async def test_when_a_match_ends_its_players_are_told(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await bob.socket.join_match(match_id)
    ann.socket.send_match_data(match_id, END, b"")
    await arrive(node, ann)
    while not (event := await bob.socket.next(MatchPresenceEvent)).leaves:
        pass
    assert {presence.username for presence in event.leaves} == {"ann", "bob"}
    assert node.services.matches.get(match_id) is None
    with pytest.raises(MatchNotFound):
        node.services.matches.running(match_id)
    await bob.socket.leave_match(match_id)  # which may have been on its way when the match ended


async def test_a_match_may_end_itself_whatever_it_is_doing(game):
    class Moody(Match):
        def join_attempt(self, presence, metadata):
            self.end()
            return True

        def signal(self, data):
            self.end()
            return "goodbye"

        def terminate(self, grace_seconds):
            self.end()

    game.match("moody")(Moody)
    async with testing.node(game) as node:
        matches, ann = node.services.matches, await node.player("ann")
        match_id = await matches.create("moody")
        with pytest.raises(SocketFailed) as refused:
            await ann.socket.join_match(match_id)
        assert refused.value.code == 4
        match_id = await matches.create("moody")
        assert await matches.signal(match_id, "") == "goodbye"
        assert matches.get(match_id) is None
        match_id = await matches.create("moody")
        matches.running(match_id).match.end()  # while nothing is called
        assert matches.get(match_id) is None
        await matches.create("moody")


async def test_an_init_may_end_its_match_too(game):
    class Brief(Match):
        def init(self, params):
            self.end()

    game.match("brief")(Brief)
    async with testing.node(game) as node:
        assert node.services.matches.get(await node.services.matches.create("brief")) is None


async def test_an_init_that_fails_is_the_creators_error(game):
    class Stillborn(Match):
        def init(self, params):
            raise BadInput("A race needs a level.")

    class Hasty(Match):
        def init(self, params):
            self.tick_rate = 1000

    game.match("stillborn")(Stillborn)
    game.match("hasty")(Hasty)
    async with testing.node(game) as node:
        with pytest.raises(BadInput, match="needs a level"):
            await node.services.matches.create("stillborn")
        with pytest.raises(BadInput, match="from 1 to 60, not 1000"):
            await node.services.matches.create("hasty")
        with pytest.raises(NotFound, match="no match class called 'chess'"):
            await node.services.matches.create("chess")
        assert node.services.matches.list() == []


async def test_a_node_runs_so_many_matches(node, monkeypatch):
    monkeypatch.setattr(service, "MATCHES_MAX", 1)
    await node.services.matches.create("recorder")
    with pytest.raises(TooMany, match="runs 1 matches already"):
        await node.services.matches.create("recorder")


async def test_signals_are_answered(node):
    match_id = await node.services.matches.create("recorder")
    assert await node.services.matches.signal(match_id, "hello") == "HELLO"


@pytest.mark.parametrize(("answer", "expected"), [(None, ""), ({"a": 1}, "signal\\(\\) gave dict, not text")])
async def test_a_signal_is_answered_with_text(game, answer, expected):
    class Answering(Match):
        def signal(self, data):
            return answer

    game.match("answering")(Answering)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("answering")
        if answer is None:
            assert await node.services.matches.signal(match_id, "") == expected
        else:
            with pytest.raises(Exception, match=expected):
                await node.services.matches.signal(match_id, "")


async def test_what_a_callback_raises_names_the_match_and_harms_it_not(game, capsys):
    class Careless(Recorder):
        def join_attempt(self, presence, metadata):
            raise ZeroDivisionError("the author's mistake")

        def join(self, presences):
            raise AssertionError("nobody joins")

    class Clumsy(Recorder):
        def join(self, presences):
            raise ZeroDivisionError("another mistake")

    game.match("careless")(Careless)
    game.match("clumsy")(Clumsy)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        careless, clumsy = [await node.services.matches.create(name) for name in ("careless", "clumsy")]
        with pytest.raises(SocketFailed) as refused:
            await ann.socket.join_match(careless)
        assert (refused.value.code, "mistake, which has been logged" in refused.value.message) == (0, True)
        await ann.socket.join_match(clumsy)
        await arrive(node)
        printed = capsys.readouterr().out
        assert f"in join_attempt of match {careless} (careless)" in printed
        assert "another mistake" in printed
        assert b"supergame_match_failures_total 2.0" in node.node.metrics.render()
        assert await node.services.matches.signal(clumsy, "alive") == "ALIVE"


async def test_new_classes_take_over_running_matches(node):
    class Changed(Recorder):
        tick_rate = 20

        async def signal(self, data):
            return f"new {data}"

    matches = node.services.matches
    match_id = await matches.create("recorder")
    await node.advance(0.1)
    tick = matches.running(match_id).tick
    matches.use({"recorder": Changed}, node.services)
    assert await matches.signal(match_id, "code") == "new code"
    await node.advance(1)
    assert matches.running(match_id).tick >= tick + 19


async def test_a_call_that_waits_in_line_meets_the_new_class(game):
    go_on = asyncio.Event()

    class Old(Match):
        async def join(self, presences):
            await go_on.wait()

        def signal(self, data):
            return "old"

    class New(Old):
        def signal(self, data):
            return "new"

    game.match("changing")(Old)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("changing")
        await ann.socket.join_match(match_id)
        answer = asyncio.ensure_future(node.services.matches.signal(match_id, ""))
        await asyncio.sleep(0)
        node.services.matches.use({"changing": New}, node.services)
        go_on.set()
        assert await answer == "new"


async def test_classes_that_do_not_fit_change_nothing(game):
    class Slotted(Recorder):
        __slots__ = ("extra",)

    class Hasty(Recorder):
        tick_rate = 61

    class Changed(Recorder):
        async def signal(self, data):
            return "new"

    game.match("other")(type("Other", (Recorder,), {}))
    async with testing.node(game) as node:
        matches = node.services.matches
        match_id = await matches.create("recorder")
        await matches.create("other")
        with pytest.raises(BadInput, match="is gone, but a match of it is running"):
            matches.use({"recorder": Changed}, node.services)
        with pytest.raises(BadInput, match="cannot become the new class"):
            matches.use({"recorder": Changed, "other": Slotted}, node.services)
        with pytest.raises(BadInput, match="from 1 to 60, not 61"):
            matches.use({"recorder": Changed, "other": Hasty}, node.services)
        assert await matches.signal(match_id, "old code") == "OLD CODE"


async def test_what_a_match_spawns_runs_beside_it(game, capsys):
    done = []

    class Spawner(Match):
        def init(self, params):
            self.spawn(self.work())
            self.spawn(self.fail())

        async def work(self):
            done.append(await self.services.storage.read([]))

        async def fail(self):
            raise ValueError("in the background")

    game.match("spawner")(Spawner)
    async with testing.node(game) as node:
        await node.services.matches.create("spawner")
        await node.advance(0.1)
    assert done == [[]]
    assert "in the background" in capsys.readouterr().out


async def test_what_a_match_spawns_may_outlast_it_for_a_while(game):
    go_on, ended = asyncio.Event(), []

    class Spawner(Match):
        def init(self, params):
            self.spawn(self.work("in time", go_on))
            self.spawn(self.work("never", asyncio.Event()))
            self.end()

        async def work(self, name, event):
            try:
                await event.wait()
                ended.append(name)
            except asyncio.CancelledError:
                ended.append(f"{name}, broken off")
                raise

    game.match("spawner")(Spawner)
    async with testing.node(game) as node:
        await node.services.matches.create("spawner")
        await node.advance(1)
        go_on.set()
        await node.advance(running.AFTERWARDS_SECONDS_MAX - 2)
        assert ended == ["in time"]
        await node.advance(2)
        assert ended == ["in time", "never, broken off"]


async def test_a_match_spawns_only_so_much(game, monkeypatch):
    class Eager(Match):
        def init(self, params):
            for _ in range(3):
                self.spawn(asyncio.Event().wait())

    monkeypatch.setattr(running, "SPAWNED_MAX", 2)
    game.match("eager")(Eager)
    async with testing.node(game) as node:
        with pytest.raises(TooMany, match="may have 2 coroutines"):
            await node.services.matches.create("eager")


async def test_an_author_sees_the_match_through_its_attributes(game):
    class Curious(Match):
        def loop(self, tick, messages):
            self.seen = (self.id, self.tick, len(self.presences), len(self.seats), self.random.random() < 1)
            self.now_us = self.clock.now_us()
            self.log.info("hello from a match")

    game.match("curious")(Curious)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("curious")
        await node.advance(0.05)
        match = node.services.matches.running(match_id).match
        assert match.seen == (match_id, 0, 0, 0, True)
        assert match.now_us <= node.clock.now_us()


async def test_broadcasts_reach_those_they_are_for_as_what_they_are(game):
    class Talker(Match):
        def loop(self, tick, messages):
            for message in messages:
                self.broadcast(1, {"to": "you"}, to=[message.presence, message.presence])
                self.broadcast(2, "text")
                self.broadcast(0, reliable=False)

    game.match("talker")(Talker)
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        match_id = await node.services.matches.create("talker")
        for player in (ann, bob):
            await player.socket.join_match(match_id)
        ann.socket.send_match_data(match_id, 1, b"")
        await arrive(node, ann)
        heard = {player.username: [await player.socket.next(MatchData) for _ in range(2)] for player in (ann, bob)}
        assert [(event.op_code, event.data) for event in heard["ann"]] == [(1, b'{"to":"you"}'), (2, b"text")]
        assert [(event.op_code, event.reliable) for event in heard["bob"]] == [(2, True), (0, False)]


@pytest.mark.parametrize("op_code", ["7", 2**63])
async def test_an_op_code_is_a_number_of_64_bits(game, op_code):
    class Confused(Match):
        def signal(self, data):
            self.broadcast(op_code, b"")

    game.match("confused")(Confused)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("confused")
        with pytest.raises((TypeError, ValueError)):
            await node.services.matches.signal(match_id, "")


async def test_who_was_kicked_is_out_and_who_is_not_in_cannot_be(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    (presence,) = node.services.matches.running(match_id).presences
    ann.socket.send_match_data(match_id, KICK, b"")
    await arrive(node, ann)
    assert told(node, match_id) == [("join", ["ann"]), ("leave", ["ann"])]
    assert node.services.matches.get(match_id).size == 0
    node.services.matches.running(match_id).kick([presence])
    await arrive(node)
    assert len(told(node, match_id)) == 2
