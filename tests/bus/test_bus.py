"""The bus's contract, held against every twin there is."""

import asyncio

import pytest

from supergame.bus import MemoryBus
from supergame.core.errors import DeadlineExceeded, Internal, TooMany, Unavailable


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
    [("match.1", ["match.1"]), ("match.*", ["match.1", "match.2"]), (">", ["match.1", "match.2", "a.b.c"])],
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


async def test_a_flood_is_refused_at_the_named_limit(bus, monkeypatch):
    monkeypatch.setattr(MemoryBus, "UNDER_WAY_MAX", 3)
    for _ in range(3):
        bus.publish("flood", b"")
    with pytest.raises(TooMany):
        bus.publish("flood", b"")
