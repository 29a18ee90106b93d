"""Turns: work on one thing goes one after the other, work on different things at once."""

from __future__ import annotations

import asyncio

import pytest

from supergame.core import turns as turns_module
from supergame.core.errors import Unavailable
from supergame.core.turns import Turns


class Works:
    """Work that notes when it begins and ends."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.seen: list[str] = []

    def start(self, key: str, name: str) -> asyncio.Task[str]:
        async def work() -> str:
            self.seen.append(f"{name} begins")
            await asyncio.sleep(0)
            self.seen.append(f"{name} ends")
            if name == "bad":
                raise ValueError("bad")
            return name

        return asyncio.ensure_future(self.turns.run(key, work))


async def test_one_key_one_after_the_other() -> None:
    works = Works()
    assert await asyncio.gather(*(works.start("a", name) for name in "12")) == ["1", "2"]
    assert works.seen == ["1 begins", "1 ends", "2 begins", "2 ends"]


async def test_two_keys_at_once() -> None:
    works = Works()
    await asyncio.gather(works.start("a", "1"), works.start("b", "2"))
    assert works.seen == ["1 begins", "2 begins", "1 ends", "2 ends"]


async def test_an_error_is_its_own() -> None:
    works = Works()
    bad, good = works.start("a", "bad"), works.start("a", "good")
    with pytest.raises(ValueError, match="bad"):
        await bad
    assert await good == "good"


async def test_who_stops_waiting_stops_nothing() -> None:
    works = Works()
    leaving = works.start("a", "bad")
    await asyncio.sleep(0)
    leaving.cancel()
    await works.turns.settle()
    assert works.seen == ["bad begins", "bad ends"]


async def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "WORKS_MAX", 2)
    works = Works()
    waiting = [works.start("a", name) for name in "123"]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="Too many writes are waiting"):
        await waiting[2]
    assert await asyncio.gather(*waiting[:2]) == ["1", "2"]
    assert await works.start("a", "4") == "4"


async def test_work_that_is_broken_off_makes_room() -> None:
    works = Works()
    works.start("a", "1")
    await asyncio.sleep(0)
    (task,) = works.turns._last.values()
    task.cancel()
    await works.turns.settle()
    assert await works.start("a", "2") == "2"
