"""Turns: a match's callbacks are called one at a time, and none that waits stops it for good."""

import asyncio

import pytest
from tests.features.matches.recorder import Recorder, arrive, told

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.core.errors import DeadlineExceeded, TooMany
from supergame.core.log import get_log
from supergame.features.matches import MatchNotFound, turns
from supergame.features.matches.turns import BrokenOff, Turns
from supergame.game import Match


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def line(clock):
    return Turns(clock, get_log(), lambda: None)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_comes_while_a_callback_waits_is_done_after_it_in_order(line):
    done, go_on = [], asyncio.Event()

    async def slow():
        await go_on.wait()
        done.append("slow")

    line.take(slow, lambda result, error: None)
    for number in range(1000):  # more than Python would let call each other
        line.take(lambda number=number: done.append(number), lambda result, error: None)
    assert done == []
    go_on.set()
    await settle()
    assert done == ["slow", *range(1000)]
    assert not line.busy


async def test_what_is_taken_by_a_callback_comes_after_it(line):
    done = []

    def outer():
        line.take(lambda: done.append("inner"), lambda result, error: None)
        done.append("outer")

    line.take(outer, lambda result, error: None)
    assert done == ["outer", "inner"]


async def test_who_asks_gets_the_result_or_the_error(line):
    async def later():
        return "later"

    def stop():
        return next(iter(()))

    assert await line.ask(lambda: "now") == "now"
    assert await line.ask(later) == "later"
    with pytest.raises(ZeroDivisionError):
        await line.ask(lambda: 1 / 0)
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        await line.ask(stop)


async def test_who_asks_waits_only_so_long_and_then_the_call_is_left_out(line, clock):
    go_on, called = asyncio.Event(), []
    line.take(go_on.wait, lambda result, error: None)
    answer = asyncio.ensure_future(line.ask(lambda: called.append(1)))
    await clock.advance(turns.CALL_SECONDS_MAX)
    with pytest.raises(DeadlineExceeded, match="did not answer in time"):
        await answer
    go_on.set()
    await settle()
    assert called == []


async def test_an_error_that_comes_too_late_is_logged(line, capsys):
    go_on = asyncio.Event()

    async def slow():
        await go_on.wait()
        raise ValueError("too late")

    answer = asyncio.ensure_future(line.ask(slow))
    await settle()
    answer.cancel()
    go_on.set()
    await settle()
    assert "too late" in capsys.readouterr().out


async def test_a_callback_that_never_ends_is_broken_off(line, clock):
    errors = []
    line.take(asyncio.Event().wait, lambda result, error: errors.append(error))
    line.take(lambda: "next", lambda result, error: errors.append(result))
    await clock.advance(turns.CALLBACK_SECONDS_MAX)
    assert isinstance(errors[0], BrokenOff)
    assert errors[1:] == ["next"]


async def test_a_callback_that_waits_for_what_was_cancelled_has_failed(line):
    cancelled = asyncio.get_running_loop().create_future()
    cancelled.cancel()

    async def waits():
        await cancelled

    with pytest.raises(BrokenOff):
        await line.ask(waits)
    assert await line.ask(lambda: "and it goes on") == "and it goes on"


async def test_when_the_turns_are_over_everybody_who_waits_is_told(line):
    go_on = asyncio.Event()

    async def slow():
        await go_on.wait()
        raise ValueError("nobody hears of it as an answer")

    answers = [asyncio.ensure_future(line.ask(work)) for work in (slow, lambda: "second")]
    await settle()
    line.close()
    for answer in answers:
        with pytest.raises(MatchNotFound):
            await answer
    with pytest.raises(MatchNotFound):
        await line.ask(lambda: "third")
    go_on.set()
    await settle()
    assert not line.busy


async def test_after_the_last_call_nothing_is_done(line):
    go_on, called = asyncio.Event(), []

    async def last():
        await go_on.wait()
        return "last"

    answer = asyncio.ensure_future(line.ask(last, last=True))
    await settle()
    line.take(lambda: called.append(1), lambda result, error: None)
    go_on.set()
    assert await answer == "last"
    line.take(lambda: called.append(2), lambda result, error: None)
    assert called == []


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
        await node.advance(1)
        assert node.services.matches.running(slow).tick < node.services.matches.running(quick).tick
        go_on.set()
        await arrive(node)
        assert told(node, slow) == [("join", ["ann"])]


async def test_a_match_refuses_more_calls_than_may_wait_and_hears_of_all_who_leave(game, monkeypatch):
    go_on = asyncio.Event()

    class Stuck(Recorder):
        async def signal(self, data):
            await go_on.wait()

    monkeypatch.setattr(turns, "CALLS_WAITING_MAX", 2)
    game.match("stuck")(Stuck)
    async with testing.node(game) as node:
        ann, bob = await node.player("ann"), await node.player("bob")
        match_id = await node.services.matches.create("stuck")
        await ann.socket.join_match(match_id)
        await arrive(node)
        calls = [asyncio.ensure_future(node.services.matches.signal(match_id, "")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(TooMany, match="too busy"):
            await node.services.matches.signal(match_id, "")
        with pytest.raises(Exception, match="too busy"):
            await bob.socket.join_match(match_id)
        await ann.socket.leave_match(match_id)
        await node.advance(0.2)
        go_on.set()
        await asyncio.gather(*calls)
        await arrive(node)
        assert told(node, match_id) == [("join", ["ann"]), ("leave", ["ann"])]


async def test_callbacks_may_be_plain_or_async(game):
    class Patient(Match):
        async def init(self, params):
            await asyncio.sleep(0)
            self.label = "patient"

    game.match("patient")(Patient)
    async with testing.node(game) as node:
        assert node.services.matches.get(await node.services.matches.create("patient")).label == "patient"
