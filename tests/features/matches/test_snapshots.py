"""Snapshots: what a node that stops keeps of its matches, and what its next start does with it."""

import asyncio

import pytest
from tests.features.matches.recorder import Recorder, arrive, gone, told

from supergame import testing
from supergame.bus import MemoryDirectory
from supergame.core.errors import Unavailable
from supergame.features.matches import snapshots
from supergame.game import Match
from supergame.protocol.matches import MatchPresenceEvent
from supergame.store.sqlite import SqliteDatabase


@pytest.fixture
def clock():
    return testing.ManualClock()


@pytest.fixture
def start(game, clock, tmp_path):
    """Start a node on what the last one left behind."""

    async def database():
        return await SqliteDatabase.open(tmp_path / "game.db", clock=clock)

    seeds = iter(range(10))

    class Start:
        async def __aenter__(self):
            self.node = testing.node(game, database=await database(), clock=clock, seed=next(seeds))
            return await self.node.__aenter__()

        async def __aexit__(self, *error):
            await self.node.__aexit__(*error)

    return Start


async def test_a_match_goes_on_after_a_restart(start):
    async with start() as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("recorder", {"label": "kept"})
        await ann.socket.join_match(match_id)
        await arrive(node)
        old_tick = node.services.matches.running(match_id).tick

    async with start() as node:
        running = node.services.matches.running(match_id)
        assert (running.label, running.tick >= old_tick, len(running.seats)) == ("kept", True, 1)
        ann = await node.player("ann")
        await ann.socket.join_match(match_id, metadata={"password": "wrong"})
        await arrive(node)
        assert told(node, match_id) == [("join", ["ann"]), ("lost", "ann"), ("terminate", 0), ("back", "ann")]


async def test_seats_are_kept_over_a_restart_for_their_grace(start):
    async with start() as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("recorder")
        await ann.socket.join_match(match_id)
        await gone(node, ann)
    async with start() as node:
        assert len(node.services.matches.running(match_id).seats) == 1
        await node.advance(6)
        assert told(node, match_id)[-1] == ("leave", ["ann"])


async def test_the_seat_of_a_player_who_was_deleted_is_not_kept(start):
    async with start() as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        match_id = await node.services.matches.create("recorder")
        for player in (ann, bob):
            await player.socket.join_match(match_id)
        await arrive(node)
        await node.services.accounts.delete(ann.user_id)
        assert len(node.services.matches.running(match_id).seats) == 2  # hers waits for a while
    async with start() as node:
        assert [seat.username for seat in node.services.matches.running(match_id).seats] == ["bob"]


async def test_players_of_a_match_that_goes_on_are_not_told_that_it_is_over(game):
    game.match("mortal")(type("Mortal", (Match,), {}))
    async with testing.node(game) as node:
        ann = await node.player("ann")
        kept = await node.services.matches.create("recorder")
        over = await node.services.matches.create("mortal")
        for match_id in (kept, over):
            await ann.socket.join_match(match_id)
        await arrive(node)
        await node.services.matches.drain()
        while not (event := await ann.socket.next(MatchPresenceEvent)).leaves:
            pass
        assert event.match_id == over
        with pytest.raises(TimeoutError):
            await ann.socket.next(MatchPresenceEvent, timeout_seconds=0.05)


async def test_nothing_is_called_after_the_snapshot(game):
    class Patient(Recorder):
        taken = False

        async def snapshot(self):
            await asyncio.sleep(0)
            self.taken = True
            return b"state"

        def loop(self, tick, messages):
            assert not self.taken

        def leave(self, presences):
            assert not self.taken

    game.match("patient")(Patient)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("patient")
        await ann.socket.join_match(match_id)
        await arrive(node)
        running = node.services.matches.running(match_id)
        retiring = asyncio.ensure_future(running.retire(0))
        await asyncio.sleep(0)
        running.kick(running.presences)
        await node.advance(1)
        snapshot = await retiring
        assert (snapshot.state, snapshot.presences()) == (b"state", [])
        assert b"supergame_match_failures_total 0.0" in node.node.metrics.render()


async def test_a_callback_that_still_waits_costs_the_match_its_snapshot(game, start, capsys):
    class Stuck(Recorder):
        async def join(self, presences):
            await asyncio.Event().wait()

    game.match("stuck")(Stuck)
    async with start() as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("stuck")
        await ann.socket.join_match(match_id)
        await arrive(node)
    assert "ended without a snapshot, a callback still waits" in capsys.readouterr().out
    async with start() as node:
        assert node.services.matches.get(match_id) is None


async def test_what_a_finished_match_still_does_is_waited_for(game, start):
    class Scored(Match):
        def init(self, params):
            self.spawn(self.score())
            self.end()

        async def score(self):
            await self.services.leaderboards.record_write("best", "00000000-0000-4000-8000-000000000000", 7)

    game.leaderboard("best")
    game.match("scored")(Scored)
    async with start() as node:
        await node.services.matches.create("scored")
    async with start() as node:
        records = await node.services.leaderboards.records_list("best", limit=1)
        assert [record.score for record in records.records] == [7]


async def test_a_node_that_stops_starts_no_match(node):
    await node.services.matches.drain()
    with pytest.raises(Unavailable):
        await node.services.matches.create("recorder")


@pytest.mark.parametrize(
    ("state", "complaint"),
    [("text, not bytes", "snapshot() gave str, not bytes"), (b"12345", "gave 5 bytes, 4 are kept at most")],
)
async def test_a_snapshot_that_fails_is_logged_and_left_out(game, start, monkeypatch, capsys, state, complaint):
    class Forgetful(Match):
        def snapshot(self):
            return state

        def terminate(self, grace_seconds):
            raise ValueError("not in the mood")

    monkeypatch.setattr(snapshots, "SNAPSHOT_BYTES_MAX", 4)
    game.match("forgetful")(Forgetful)
    async with start() as node:
        await node.services.matches.create("forgetful")
    printed = capsys.readouterr().out
    assert complaint in printed
    assert "not in the mood" in printed
    async with start() as node:
        assert node.services.matches.list() == []


async def test_what_cannot_be_resumed_waits_for_better_code(game, start, capsys):
    class Picky(Recorder):
        def restore(self, data):
            raise ValueError("an old format")

    class Unborn(Recorder):
        def __init__(self, host):
            raise ValueError("not even made")

    async with start() as node:
        match_id = await node.services.matches.create("recorder")
    for kind, complaint in ((Picky, "an old format"), (Unborn, "not even made")):
        game.matches["recorder"] = kind
        async with start() as node:
            assert node.services.matches.list() == []
            assert complaint in capsys.readouterr().out
    del game.matches["recorder"]
    async with start() as node:
        assert node.services.matches.list() == []
        assert "there is no match class of that name" in capsys.readouterr().out
    game.matches["recorder"] = Recorder
    async with start() as node:
        assert node.services.matches.get(match_id) is not None


async def test_a_match_that_another_node_runs_is_left_to_it(game, clock, tmp_path, capsys, start):
    async with start() as node:
        match_id = await node.services.matches.create("recorder")
    directory = MemoryDirectory()
    await directory.claim(match_id, "another")
    database = await SqliteDatabase.open(tmp_path / "game.db", clock=clock)
    async with testing.node(game, database=database, clock=clock) as node:
        assert node.services.matches.get(match_id) is not None
        matches = node.services.matches
        matches.running(match_id).stop()
        object.__setattr__(matches._ground, "directory", directory)
        snapshot = snapshots.Snapshot.of(match_id, "recorder", "", 0, [], b"[]", clock.now_us())
        await matches._snapshots.save([snapshot])
        assert await matches.resume() == 0
        assert "Another node runs this match" in capsys.readouterr().out
        assert (await directory.find(match_id)).node == "another"  # what ended here gave back only its own lease


async def test_snapshots_that_are_too_old_are_dropped(start, clock, capsys):
    async with start() as node:
        await node.services.matches.create("recorder")
    await clock.advance(2 * 3600)
    async with start() as node:
        assert node.services.matches.list() == []
        assert "they are too old" in capsys.readouterr().out
    async with start() as node:
        assert "too old" not in capsys.readouterr().out


async def test_many_snapshots_are_kept_in_several_transactions(start, monkeypatch):
    monkeypatch.setattr(snapshots, "SNAPSHOTS_PER_TRANSACTION_MAX", 2)
    async with start() as node:
        made = {await node.services.matches.create("recorder") for _ in range(5)}
    async with start() as node:
        assert {match.id for match in node.services.matches.list()} == made
