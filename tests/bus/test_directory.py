"""The placement directory: one owner at a time."""

import pytest

from supergame.bus import MemoryDirectory


@pytest.fixture
def directory():
    return MemoryDirectory()


async def test_only_one_node_owns_a_thing(directory):
    lease = await directory.claim("match-1", "a")
    assert lease is not None
    assert lease.node == "a"
    assert await directory.claim("match-1", "b") is None
    assert await directory.claim("match-1", "a") == lease
    assert await directory.find("match-1") == lease
    assert await directory.find("match-2") is None


async def test_a_thing_that_changes_hands_gets_a_later_epoch(directory):
    first = await directory.claim("match-1", "a")
    await directory.release(first)
    second = await directory.claim("match-1", "b")
    assert second.epoch > first.epoch
    await directory.release(first)  # an old lease frees nothing
    assert await directory.find("match-1") == second
