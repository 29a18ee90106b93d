"""Long work in steps: the result is the same, whether others run in between or not."""

from __future__ import annotations

import asyncio

from supergame.core.steps import Steps, at_once, bit_by_bit


def counted(most: int, seen: list[str]) -> Steps[int]:
    for number in range(most):
        seen.append(str(number))
        yield
    return most


def test_at_once() -> None:
    seen: list[str] = []
    assert at_once(counted(2, seen)) == 2
    assert seen == ["0", "1"]


async def test_bit_by_bit_others_run_in_between() -> None:
    seen: list[str] = []
    work = asyncio.ensure_future(bit_by_bit(counted(2, seen)))
    other = asyncio.ensure_future(bit_by_bit(counted(2, seen)))
    assert (await work, await other) == (2, 2)
    assert seen == ["0", "0", "1", "1"]
