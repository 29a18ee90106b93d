"""Authoritative matches: the author's callbacks, seats that are kept, labels, and what a bad match does to others."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from supergame import testing
from supergame.client import SocketFailed
from supergame.core.errors import BadInput, NotFound, TooMany, Unavailable
from supergame.features.matches import Match as BaseMatch
from supergame.features.matches import MatchNotFound
from supergame.features.matches import running as running_module
from supergame.game import Game, Match
from supergame.protocol.matches import MatchData, MatchPresenceEvent
from supergame.store.sqlite import SqliteDatabase


class Recorder(Match):
    """Keeps what it was told, and sends every message on."""

    tick_rate = 10
    grace_seconds = 5

    def init(self, params):
        self.params = params
        self.told = []
        self.label = params.get("label", "")

    def join_attempt(self, presence, metadata):
        if metadata.get("password") == "wrong":
            return "That is not the password."
        return metadata.get("welcome") != "no"

    def join(self, presences):
        self.told.append(("join", [presence.username for presence in presences]))

    def leave(self, presences):
        self.told.append(("leave", [presence.username for presence in presences]))

    def lost(self, presence):
        self.told.append(("lost", presence.username))

    def back(self, presence):
        self.told.append(("back", presence.username))

    def loop(self, tick, messages):
        for message in messages:
            if message.op_code == 66:
                raise ValueError("what the author did not think of")
            if message.op_code == 99:
                return False
            if message.op_code == 50:
                self.kick([message.presence])
                continue
            self.broadcast_deferred(message.op_code + 1, b"late")
            self.broadcast(message.op_code, message.data, sender=message.presence)
        return None

    async def signal(self, data):
        return data.upper()

    def terminate(self, grace_seconds):
        self.told.append(("terminate", grace_seconds))

    def snapshot(self):
        return msgspec.json.encode(self.told)

    def restore(self, data):
        self.told = [tuple(entry) for entry in msgspec.json.decode(data)]


@pytest.fixture
def game():
    game = Game("test", folder=Path(__file__).parent)
    game.match("recorder")(Recorder)
    return game


@pytest.fixture
async def node(game):
    async with testing.node(game) as node:
        yield node


async def arrive(node):
    """Let what is on the way over loopback arrive, and a tick pass."""
    for _ in range(20):
        await asyncio.sleep(0.001)
    await node.advance(0.1)


def told(node, match_id):
    return node.services.matches.running(match_id).match.told


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
    await arrive(node)
    at_once, deferred = await bob.socket.next(MatchData), await bob.socket.next(MatchData)
    assert (at_once.op_code, at_once.data, at_once.presence.username) == (7, b"hello", "ann")
    assert (deferred.op_code, deferred.data, deferred.presence) == (8, b"late", None)

    await bob.socket.leave_match(match_id)
    await arrive(node)
    assert told(node, match_id) == [("join", ["ann"]), ("join", ["bob"]), ("leave", ["bob"])]


async def test_joining_twice_is_joining_once(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    again = await ann.socket.join_match(match_id)
    assert [presence.username for presence in again.presences] == ["ann"]
    await arrive(node)
    assert told(node, match_id) == [("join", ["ann"])]


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [({"password": "wrong"}, "That is not the password."), ({"welcome": "no"}, "Match join rejected.")],
)
async def test_the_author_may_refuse_a_player(node, metadata, reason):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    with pytest.raises(SocketFailed) as refused:
        await ann.socket.join_match(match_id, metadata=metadata)
    assert (refused.value.code, refused.value.message) == (5, reason)


async def test_a_match_that_is_not_there_cannot_be_joined(node):
    ann = await node.player("ann")
    for match_id in ("00000000-0000-4000-8000-000000000000.supergame", "nonsense", "a.b.c"):
        with pytest.raises(SocketFailed) as refused:
            await ann.socket.join_match(match_id)
        assert (refused.value.code, refused.value.message) == (4, "Match not found.")


async def test_a_lost_player_finds_the_seat_kept(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await ann.socket.close()
    await arrive(node)
    running = node.services.matches.running(match_id)
    assert (len(running.presences), len(running.seats)) == (0, 1)

    ann = await node.player("ann")
    await ann.socket.join_match(match_id, metadata={"password": "wrong"})  # a seat needs no second asking
    await arrive(node)
    await node.advance(10)
    assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("back", "ann")]
    assert (len(running.presences), len(running.seats)) == (1, 1)


async def test_a_lost_player_who_stays_away_has_left(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await ann.socket.close()
    await arrive(node)
    await node.advance(5)
    assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("leave", ["ann"])]


async def test_without_a_grace_a_lost_player_has_left_at_once(game):
    class Hasty(Recorder):
        grace_seconds = 0

    game.match("hasty")(Hasty)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("hasty")
        await ann.socket.join_match(match_id)
        await ann.socket.close()
        await arrive(node)
        assert told(node, match_id) == [("join", ["ann"]), ("leave", ["ann"])]


async def test_a_kicked_player_is_out(node):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    ann.socket.send_match_data(match_id, 50, b"")
    await arrive(node)
    assert told(node, match_id) == [("join", ["ann"]), ("leave", ["ann"])]
    assert node.services.matches.get(match_id).size == 0


async def test_when_a_match_ends_its_players_are_told(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    await bob.socket.join_match(match_id)
    await arrive(node)
    ann.socket.send_match_data(match_id, 99, b"")
    await arrive(node)
    while not (event := await bob.socket.next(MatchPresenceEvent)).leaves:
        pass
    assert {presence.username for presence in event.leaves} == {"ann", "bob"}
    assert node.services.matches.get(match_id) is None
    with pytest.raises(MatchNotFound):
        node.services.matches.running(match_id)


async def test_an_error_in_a_tick_harms_neither_the_match_nor_others(node, capsys):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    ann.socket.send_match_data(match_id, 66, b"")
    await arrive(node)
    assert "what the author did not think of" in capsys.readouterr().out
    ann.socket.send_match_data(match_id, 1, b"still there")
    await arrive(node)
    assert (await ann.socket.next(MatchData)).data == b"still there"


async def test_a_match_that_fails_every_tick_is_ended(game):
    class Broken(BaseMatch):
        def loop(self, tick, messages):
            raise ValueError("always")

    game.match("broken")(Broken)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("broken")
        await node.advance(running_module.TICK_FAILURES_MAX / Broken.tick_rate + 1)
        assert node.services.matches.get(match_id) is None


async def test_an_init_that_fails_is_the_creators_error(game):
    class Stillborn(Match):
        def init(self, params):
            raise BadInput("A race needs a level.")

    class Fast(Match):
        tick_rate = 1000

    game.match("stillborn")(Stillborn)
    game.match("fast")(Fast)
    async with testing.node(game) as node:
        with pytest.raises(BadInput, match="needs a level"):
            await node.services.matches.create("stillborn")
        with pytest.raises(Exception, match="1 to 60"):
            await node.services.matches.create("fast")
        with pytest.raises(NotFound, match="no match class called 'chess'"):
            await node.services.matches.create("chess")
        assert node.services.matches.list() == []


async def test_a_waiting_callback_delays_only_its_own_match(game):
    go_on = asyncio.Event()

    class Slow(Recorder):
        async def join(self, presences):
            await go_on.wait()
            super().join(presences)

    game.match("slow")(Slow)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        slow, quick = await node.services.matches.create("slow"), await node.services.matches.create("recorder")
        await ann.socket.join_match(slow)
        await ann.socket.join_match(quick)
        await arrive(node)
        await node.advance(1)
        assert node.services.matches.running(slow).tick < node.services.matches.running(quick).tick
        go_on.set()
        await arrive(node)
        assert told(node, slow) == [("join", ["ann"])]


async def test_overfull_inboxes_drop_and_count(node, monkeypatch):
    monkeypatch.setattr(running_module, "INBOX_MESSAGES_MAX", 2)
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    for number in range(5):
        ann.socket.send_match_data(match_id, 1, b"%d" % number)
    await ann.socket.ping()
    await node.advance(0.2)
    assert [(await ann.socket.next(MatchData)).data for _ in range(2)] == [b"0", b"1"]
    assert b"supergame_match_messages_dropped_total 3.0" in node.node.metrics.render()


async def test_a_match_refuses_more_calls_than_may_wait(game, monkeypatch):
    class Stuck(Match):
        async def signal(self, data):
            await asyncio.Event().wait()

    monkeypatch.setattr(running_module, "CALLS_WAITING_MAX", 1)
    game.match("stuck")(Stuck)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("stuck")
        calls = [asyncio.ensure_future(node.services.matches.signal(match_id, "")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(TooMany, match="too busy"):
            await node.services.matches.signal(match_id, "")
        for call in calls:
            call.cancel()


async def test_signals_are_answered(node):
    match_id = await node.services.matches.create("recorder")
    assert await node.services.matches.signal(match_id, "hello") == "HELLO"


async def test_labels_are_listed_and_searched(node):
    matches, ann = node.services.matches, await node.player("ann")
    for mode, level in (("duel", 1), ("duel", 7), ("team", 7)):
        await matches.create("recorder", {"label": msgspec.json.encode({"mode": mode, "level": level}).decode()})
    await matches.create("recorder", {"label": "plain text"})

    async def found(**filters):
        return [match.label for match in (await ann.client.list_matches(ann.session, **filters)).matches]

    assert len(await found()) == 4
    assert len(await found(limit=2)) == 2
    assert await found(query="+label.mode:duel +label.level:>5") == ['{"mode":"duel","level":7}']
    assert await found(label="plain text") == ["plain text"]
    assert await found(min_size=1) == []
    assert await found(authoritative=False) == []
    with pytest.raises(BadInput):
        matches.list(limit=0)
    with pytest.raises(BadInput):
        matches.list(min_size=3, max_size=2)
    with pytest.raises(BadInput):
        await matches.create("recorder", {"label": "x" * 2049})


async def test_a_match_goes_on_after_a_restart(game, tmp_path):
    clock = testing.ManualClock()
    first = await SqliteDatabase.open(tmp_path / "game.db", clock=clock)
    async with testing.node(game, database=first, clock=clock) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("recorder", {"label": "kept"})
        await ann.socket.join_match(match_id)
        await arrive(node)
        old_tick = node.services.matches.running(match_id).tick

    second = await SqliteDatabase.open(tmp_path / "game.db", clock=clock)
    async with testing.node(game, database=second, clock=clock, seed=1) as node:
        running = node.services.matches.running(match_id)
        assert (running.label, running.tick >= old_tick, len(running.seats)) == ("kept", True, 1)
        ann = await node.player("ann")
        await ann.socket.join_match(match_id)
        await arrive(node)
        assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("terminate", 0), ("back", "ann")]


async def test_a_node_that_stops_starts_no_match(node):
    await node.services.matches.drain()
    with pytest.raises(Unavailable):
        await node.services.matches.create("recorder")


async def test_new_classes_take_over_running_matches(node):
    class Changed(Recorder):
        async def signal(self, data):
            return f"new {data}"

    matches = node.services.matches
    match_id = await matches.create("recorder")
    matches.use({"recorder": Changed}, node.services)
    assert await matches.signal(match_id, "code") == "new code"


async def test_classes_that_do_not_fit_change_nothing(node):
    class Slotted(BaseMatch):
        __slots__ = ("extra",)

    matches = node.services.matches
    match_id = await matches.create("recorder")
    with pytest.raises(BadInput, match="is gone, but a match of it is running"):
        matches.use({}, node.services)
    with pytest.raises(BadInput, match="cannot become the new class"):
        matches.use({"recorder": Slotted}, node.services)
    assert await matches.signal(match_id, "old code") == "OLD CODE"


async def test_an_overrun_is_counted_and_not_caught_up_in_a_burst(game, capsys):
    go_on = asyncio.Event()

    class Overrunning(Match):
        tick_rate = 10

        async def loop(self, tick, messages):
            await go_on.wait()

    game.match("overrunning")(Overrunning)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("overrunning")
        await node.advance(2)
        go_on.set()
        await node.advance(0)
        assert node.services.matches.running(match_id).tick <= 2  # not the twenty that were missed
        assert b"supergame_match_overruns_total 1.0" in node.node.metrics.render()
        assert "a tick overran its period" in capsys.readouterr().out


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
                self.broadcast(1, {"to": "you"}, to=[message.presence])
                self.broadcast(2, "text")
                self.broadcast(0, reliable=False)

    game.match("talker")(Talker)
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        match_id = await node.services.matches.create("talker")
        for player in (ann, bob):
            await player.socket.join_match(match_id)
        ann.socket.send_match_data(match_id, 1, b"")
        await arrive(node)
        heard = {player.username: [await player.socket.next(MatchData) for _ in range(2)] for player in (ann, bob)}
        assert [(event.op_code, event.data) for event in heard["ann"]] == [(1, b'{"to":"you"}'), (2, b"text")]
        assert [(event.op_code, event.reliable) for event in heard["bob"]] == [(2, True), (0, False)]


async def test_too_many_deferred_broadcasts_are_refused(game, monkeypatch, capsys):
    class Loud(Match):
        def loop(self, tick, messages):
            for _ in range(3):
                self.broadcast_deferred(1)

    monkeypatch.setattr(running_module, "DEFERRED_MAX", 2)
    game.match("loud")(Loud)
    async with testing.node(game) as node:
        await node.services.matches.create("loud")
        await node.advance(0.1)
    assert "may put off 2 broadcasts" in capsys.readouterr().out


async def test_a_snapshot_that_fails_is_logged_and_left_out(game, capsys):
    class Forgetful(Match):
        def snapshot(self):
            return "text, not bytes"

    game.match("forgetful")(Forgetful)
    async with testing.node(game) as node:
        await node.services.matches.create("forgetful")
    assert "snapshot() gave str, not bytes" in capsys.readouterr().out


async def test_what_cannot_be_resumed_is_left_out_with_a_word(game, tmp_path, capsys):
    class Picky(Recorder):
        def restore(self, data):
            raise ValueError("an old format")

    clock = testing.ManualClock()
    async with testing.node(
        game, database=await SqliteDatabase.open(tmp_path / "g.db", clock=clock), clock=clock
    ) as node:
        await node.services.matches.create("recorder")
    game.matches["recorder"] = Picky
    async with testing.node(
        game, database=await SqliteDatabase.open(tmp_path / "g.db", clock=clock), clock=clock
    ) as node:
        assert node.services.matches.list() == []
        assert "an old format" in capsys.readouterr().out


async def test_snapshots_of_classes_that_are_gone_or_too_old_are_dropped(game, tmp_path, capsys):
    clock = testing.ManualClock()
    async with testing.node(
        game, database=await SqliteDatabase.open(tmp_path / "g.db", clock=clock), clock=clock
    ) as node:
        await node.services.matches.create("recorder")
    await clock.advance(2 * 3600)
    async with testing.node(
        game, database=await SqliteDatabase.open(tmp_path / "g.db", clock=clock), clock=clock
    ) as node:
        assert node.services.matches.list() == []
        assert "a match was not resumed" in capsys.readouterr().out
