"""A worker's thread: calls in order, answers on the loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from supergame.store.worker import Worker


async def test_calls_are_made_in_order_and_answered_on_the_loop() -> None:
    worker = Worker("test", asyncio.get_running_loop())
    made: list[int] = []
    for i in range(5):
        worker.call(lambda i=i: made.append(i), lambda result, error: None)
    assert await worker.do(threading.get_ident) != threading.get_ident()
    assert made == [0, 1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        await worker.do(lambda: 1 // 0)
    worker.close()


async def test_nobody_needs_to_wait_for_the_answer() -> None:
    worker = Worker("test", asyncio.get_running_loop())
    begin, made = threading.Event(), []
    future = worker.do(lambda: begin.wait() and made.append(1))
    future.cancel()
    begin.set()
    assert await worker.do(lambda: 2) == 2
    assert made == [1]
    worker.close()


def test_a_loop_that_is_gone_hears_nothing() -> None:
    loop = asyncio.new_event_loop()
    worker = Worker("test", loop)
    loop.close()
    made: list[int] = []
    worker.call(lambda: made.append(1), lambda result, error: made.append(2))
    worker.close()
    assert made == [1]
