"""Limits: how much passes in any time, and whose address a request really comes from."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.core.clock import ManualClock
from supergame.core.config import BadSetting
from supergame.edge.limits import Addresses, Bucket, Rate, group


async def passed(bucket: Bucket, tries: int) -> int:
    return sum(bucket.take() for _ in range(tries))


async def test_a_bucket_lets_through_what_it_holds_and_then_what_flows_in() -> None:
    clock = ManualClock()
    bucket = Bucket(Rate(clock, 10, 5))
    assert await passed(bucket, 20) == 5
    await clock.advance(0.35)
    assert await passed(bucket, 20) == 3
    await clock.advance(60)
    assert await passed(bucket, 20) == 5


async def test_no_limit_is_no_limit() -> None:
    bucket = Bucket(Rate(ManualClock(), 0, 1))
    assert await passed(bucket, 10_000) == 10_000
    assert bucket.tokens == math.inf


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 30)), max_size=20), st.integers(1, 20), st.integers(1, 20))
async def test_no_more_passes_than_burst_and_time_allow(
    steps: list[tuple[float, int]], per_second: int, burst: int
) -> None:
    clock = ManualClock()
    bucket = Bucket(Rate(clock, per_second, burst))
    through = 0
    for seconds, tries in steps:
        await clock.advance(seconds)
        through += await passed(bucket, tries)
        assert through <= burst + clock.monotonic() * per_second + 1e-6


def test_one_household_has_one_limit() -> None:
    assert group("2001:db8:1:2:aaaa::1") == group("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert group("2001:db8:1:3::1") != group("2001:db8:1:2::1")
    assert group("::ffff:10.0.0.1") == group("10.0.0.1") == "10.0.0.1"
    assert group("no address") == "no address"


def test_the_table_of_addresses_is_bounded_and_keeps_who_is_connected() -> None:
    addresses = Addresses(Rate(ManualClock(), 1, 1), 3)
    connected = addresses.of("10.0.0.1")
    connected.connections = 1
    for i in range(2, 50):
        addresses.of(f"10.0.0.{i}")
    assert len(addresses) == 3
    assert addresses.of("10.0.0.1") is connected
    for i in range(2, 50):
        addresses.of(f"10.0.1.{i}").connections = 1  # even then it does not grow
    assert len(addresses) == 3


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("203.0.113.9:8080", "203.0.113.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("[2001:db8::9]:443, 10.0.0.7", "2001:db8::9"),
        ("10.0.0.9, 10.0.0.7", "10.0.0.9"),
        ("unknown, 10.0.0.7", "10.0.0.7"),
        ("", "10.0.0.1"),
        (", ,", "10.0.0.1"),
    ],
)
def test_behind_our_own_proxies_the_last_other_hop_is_the_player(forwarded: str, found: str) -> None:
    addresses = Addresses(Rate(ManualClock(), 0, 1), 10, ("10.0.0.0/8", "::1"))
    assert addresses.client("10.0.0.1", forwarded) == found


def test_who_is_trusted() -> None:
    addresses = Addresses(Rate(ManualClock(), 0, 1), 10, ("10.0.0.0/8", "::1"))
    assert [addresses.trusts(peer) for peer in ("10.9.9.9", "::1", "::ffff:10.0.0.1", "11.0.0.1", "x", "")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    with pytest.raises(BadSetting, match="trusted_proxies"):
        Addresses(Rate(ManualClock(), 0, 1), 10, ("10.0.0.0/99",))
