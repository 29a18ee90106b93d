"""The bus's contract, held against every twin there is."""

import asyncio

import pytest

from supergame.bus import MemoryBus, memory
from supergame.core.errors import BadInput, DeadlineExceeded, Internal, TooMany, Unavailable


@pytest.fixture
async def bus():
    bus = MemoryBus()
    yield bus
    await bus.close()


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("pattern", "hears"),
    [
        ("match.1", ["match.1"]),
        ("match.*", ["match.1", "match.2"]),
        ("*", []),
        ("match.1.>", []),
        ("a.>", ["a.b.c"]),
        ("a.*.c", ["a.b.c"]),
        (">", ["match.1", "match.2", "a.b.c"]),
    ],
)
async def test_a_pattern_chooses_what_is_heard(bus, pattern, hears):
    heard = []
    bus.subscribe(pattern, lambda subject, data: heard.append(subject))
    for subject in ("match.1", "match.2", "a.b.c"):
        bus.publish(subject, b"")
    assert heard == []  # never within the publisher's call
    await settle()
    assert heard == hears


async def test_a_listeners_error_stays_its_own(bus):
    heard = []

    async def later(subject, data):
        raise ValueError("mine")

    def at_once(subject, data):
        raise ValueError("mine too")

    bus.subscribe("news", at_once)
    bus.subscribe("news", later)
    bus.subscribe("news", lambda subject, data: heard.append(data))
    bus.publish("news", b"hello")
    await settle()
    assert heard == [b"hello"]


async def test_a_cancelled_subscription_hears_nothing_more(bus):
    heard = []
    subscription = bus.subscribe("news", lambda subject, data: heard.append(data))
    subscription.cancel()
    subscription.cancel()
    bus.publish("news", b"hello")
    await settle()
    assert heard == []


async def test_a_request_is_answered(bus):
    async def double(subject, data):
        return data * 2

    bus.subscribe("double", double)
    assert await bus.request("double", b"ab", deadline_seconds=1) == b"abab"


async def test_a_request_that_cannot_be_answered_says_why(bus):
    with pytest.raises(Unavailable):
        await bus.request("nobody", b"", deadline_seconds=1)

    async def never(subject, data):
        await asyncio.Event().wait()

    def broken(subject, data):
        raise ValueError("broken")

    bus.subscribe("never", never)
    bus.subscribe("broken", broken)
    with pytest.raises(DeadlineExceeded):
        await bus.request("never", b"", deadline_seconds=0.001)
    with pytest.raises(Internal):
        await bus.request("broken", b"", deadline_seconds=1)


async def test_the_first_answer_counts(bus):
    go_on, heard = asyncio.Event(), []

    async def slow(subject, data):
        await go_on.wait()
        heard.append("slow")
        return b"slow"

    async def slow_to_fail(subject, data):
        await go_on.wait()
        raise ValueError("nobody is interested")

    for handler in (slow, slow_to_fail, lambda subject, data: None, lambda subject, data: b"first"):
        bus.subscribe("ask", handler)
    assert await bus.request("ask", b"", deadline_seconds=1) == b"first"
    go_on.set()
    await settle()
    assert heard == ["slow"]  # as over a network, the others hear of it all the same


async def test_who_answers_nothing_has_not_answered(bus):
    bus.subscribe("ask", lambda subject, data: None)
    with pytest.raises(DeadlineExceeded):
        await bus.request("ask", b"", deadline_seconds=0.001)
    bus.subscribe("ask", lambda subject, data: b"")
    assert await bus.request("ask", b"", deadline_seconds=1) == b""


async def test_a_handlers_own_timeout_is_its_failure(bus):
    def impatient(subject, data):
        raise TimeoutError

    bus.subscribe("ask", impatient)
    with pytest.raises(Internal):
        await bus.request("ask", b"", deadline_seconds=1)


async def test_one_listener_may_cancel_another(bus):
    heard, later = [], []

    def first(subject, data):
        heard.append(data)
        later[0].cancel()

    bus.subscribe("news", first)
    later.append(bus.subscribe("news", lambda subject, data: heard.append("later")))
    bus.publish("news", b"hello")
    await settle()
    assert heard == [b"hello"]


async def test_what_a_listener_publishes_comes_after_what_was_published_before(bus):
    heard = []

    def first(subject, data):
        heard.append(data)
        if data == b"1":
            bus.publish("news", b"3")

    bus.subscribe("news", first)
    bus.publish("news", b"1")
    bus.publish("news", b"2")
    await settle()
    assert heard == [b"1", b"2", b"3"]


@pytest.mark.parametrize("pattern", ["", "a.", ".a", "a..b", ">.a", "a.>.b"])
def test_what_is_no_pattern(pattern):
    with pytest.raises(BadInput, match="not a pattern"):
        MemoryBus().subscribe(pattern, print)


async def test_a_bus_that_is_closed_breaks_off_what_is_under_way(bus):
    ended = []

    async def never(subject, data):
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("broken off")

    bus.subscribe("news", never)
    bus.publish("news", b"1")
    await settle()
    bus.publish("news", b"2")
    await bus.close()
    await settle()
    assert ended == ["broken off"]


async def test_a_flood_is_refused_at_the_named_limit(bus, monkeypatch):
    monkeypatch.setattr(memory, "UNDER_WAY_MAX", 3)
    for _ in range(3):
        bus.publish("flood", b"")
    with pytest.raises(TooMany):
        bus.publish("flood", b"")


async def test_listeners_that_are_behind_count_too(bus, monkeypatch):
    async def slow(subject, data):
        await asyncio.Event().wait()

    monkeypatch.setattr(memory, "UNDER_WAY_MAX", 3)
    bus.subscribe("flood", slow)
    for _ in range(3):
        bus.publish("flood", b"")
    await settle()
    with pytest.raises(TooMany):
        bus.publish("flood", b"")
