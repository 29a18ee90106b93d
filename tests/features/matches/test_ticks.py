"""Ticks: evenly spaced, never caught up in a burst, and never at the cost of everybody else."""

import asyncio

import pytest
from tests.features.matches.recorder import FAIL, Recorder, arrive

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.core.errors import BadInput
from supergame.features.matches import Match as BaseMatch
from supergame.features.matches import inbox
from supergame.features.matches import running as running_module
from supergame.features.matches.inbox import Inbox
from supergame.features.matches.model import MatchMessage
from supergame.features.matches.ticks import Ticks
from supergame.features.presence import Presence
from supergame.game import Match
from supergame.protocol.matches import MatchData


class BusyClock(ManualClock):
    """A clock that also moves while plain code runs."""

    def spend(self, seconds):
        self._now_us += round(seconds * 1_000_000)


async def ticking(rate, work, seconds):
    """When ticks of `work(clock)` begin, in seconds."""
    clock, began = BusyClock(), []

    def tick():
        began.append(round(clock.monotonic(), 3))
        with ticks:
            work(clock)
        ticks.next()

    ticks = Ticks(clock, tick)
    ticks.set_rate(rate)
    ticks.start()
    await clock.advance(seconds)
    ticks.stop()
    await clock.advance(1)
    return began


async def test_ticks_are_even_however_long_they_take():
    assert await ticking(10, lambda clock: clock.spend(0.03), 0.45) == [0, 0.1, 0.2, 0.3, 0.4]


async def test_a_tick_that_overruns_rests_as_long_as_it_took():
    assert await ticking(10, lambda clock: clock.spend(0.25), 1.2) == [0, 0.5, 1.0]


@pytest.mark.parametrize("rate", [0, 61, 7.5, "fast", None])
def test_a_rate_is_a_whole_number_from_1_to_60(rate):
    with pytest.raises(BadInput, match="from 1 to 60"):
        Ticks(ManualClock(), print).set_rate(rate)


async def test_an_overrun_is_counted_and_not_caught_up_in_a_burst(game, capsys):
    go_on = asyncio.Event()

    class Overrunning(Match):
        tick_rate = 10

        async def loop(self, tick, messages):
            await go_on.wait()

    game.match("overrunning")(Overrunning)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("overrunning")
        await node.advance(2.05)
        go_on.set()
        await node.advance(0)
        assert node.services.matches.running(match_id).tick <= 2  # not the twenty that were missed
        assert b"supergame_match_overruns_total 1.0" in node.node.metrics.render()
        assert b"supergame_match_ticks_skipped_total 19.0" in node.node.metrics.render()
        assert "a tick overran its period" in capsys.readouterr().out


async def test_what_is_wrong_all_the_time_is_not_logged_all_the_time(game, capsys):
    clock = BusyClock()

    class Slow(Match):
        def loop(self, tick, messages):
            clock.spend(0.2)
            if tick % 2:
                raise ValueError("every other tick")

    game.match("slow")(Slow)
    async with testing.node(game, clock=clock) as node:
        await node.services.matches.create("slow")
        await node.advance(running_module.REPORT_EVERY_SECONDS - 1)
        printed = capsys.readouterr().out
        assert (printed.count("a tick overran its period"), printed.count("ValueError: every other")) == (1, 1)
        await node.advance(3)
        assert "every other tick" in capsys.readouterr().out


async def test_an_error_in_a_tick_harms_neither_the_match_nor_others(node, capsys):
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    ann.socket.send_match_data(match_id, FAIL, b"")
    await arrive(node, ann)
    assert "what the author did not think of" in capsys.readouterr().out
    ann.socket.send_match_data(match_id, 1, b"still there")
    await arrive(node, ann)
    assert (await ann.socket.next(MatchData)).data == b"still there"


async def test_a_match_that_fails_every_tick_is_ended(game, capsys):
    class Broken(BaseMatch):
        def loop(self, tick, messages):
            raise ValueError("always")

    game.match("broken")(Broken)
    async with testing.node(game) as node:
        match_id = await node.services.matches.create("broken")
        await node.advance(running_module.TICK_FAILURES_MAX / Broken.tick_rate + 1)
        assert node.services.matches.get(match_id) is None
        assert "the match is ended, all its ticks fail" in capsys.readouterr().out


async def test_what_cannot_be_sent_at_the_end_of_a_tick_does_not_stop_the_match(game, capsys):
    class Confused(Recorder):
        def loop(self, tick, messages):
            self.broadcast_deferred(1, b"", to=["not a presence"])
            self.broadcast_deferred(2, b"for all")

    game.match("confused")(Confused)
    async with testing.node(game) as node:
        ann = await node.player("ann")
        match_id = await node.services.matches.create("confused")
        await ann.socket.join_match(match_id)
        await node.advance(1)
        assert node.services.matches.running(match_id).tick >= 10
        assert (await ann.socket.next(MatchData)).op_code == 2
    assert "broadcast_deferred" in capsys.readouterr().out


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


async def test_overfull_inboxes_drop_and_count(node, monkeypatch):
    monkeypatch.setattr(inbox, "INBOX_MESSAGES_MAX", 2)
    ann = await node.player("ann")
    match_id = await node.services.matches.create("recorder")
    await ann.socket.join_match(match_id)
    for number in range(5):
        ann.socket.send_match_data(match_id, 1, b"%d" % number)
    await ann.socket.ping()
    await node.advance(0.2)
    assert [(await ann.socket.next(MatchData)).data for _ in range(2)] == [b"0", b"1"]
    assert b"supergame_match_messages_dropped_total 3.0" in node.node.metrics.render()


def test_an_inbox_is_bounded_in_bytes_too(monkeypatch):
    monkeypatch.setattr(inbox, "INBOX_BYTES_MAX", 10)
    ann = Presence("ann", "session", "ann")
    messages = Inbox()
    assert messages.put(MatchMessage(ann, 1, b"123456", 0))
    assert not messages.put(MatchMessage(ann, 1, b"123456", 0))
    assert messages.put(MatchMessage(ann, 1, b"1234", 0))
    assert len(messages.take({"session"})) == 2
    assert messages.put(MatchMessage(ann, 1, b"1234567890", 0))
