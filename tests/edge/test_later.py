"""Answers that come later, while the session goes on."""

from __future__ import annotations

import asyncio

import pytest

from supergame.core.errors import BadInput
from supergame.edge import Later


def test_whoever_listens_is_told_at_the_moment_the_answer_is_given():
    later: Later[int] = Later()
    heard = []
    later.then(lambda value, error: heard.append((value, error)))
    assert heard == []
    later.answer(7)
    assert heard == [(7, None)]


def test_whoever_listens_afterwards_is_told_at_once():
    later: Later[int] = Later()
    error = BadInput("no")
    later.fail(error)
    heard = []
    later.then(lambda value, error: heard.append((value, error)))
    assert heard == [(None, error)]


async def test_it_can_be_awaited_before_and_after_the_answer():
    later: Later[str] = Later()
    asyncio.get_running_loop().call_soon(later.answer, "now")
    assert await later == "now"
    done: Later[str] = Later()
    done.fail(BadInput("no"))
    with pytest.raises(BadInput, match="no"):
        await done


async def test_whoever_stopped_waiting_is_left_alone():
    later: Later[int] = Later()

    async def wait() -> int:
        return await later

    waiting = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    later.answer(1)
