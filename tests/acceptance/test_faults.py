"""One seeded round of `faults` in every run of the suite; `make faults ROUNDS=20` for more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.acceptance import faults
from tests.acceptance.faults import Book, Lost, Number
from tests.acceptance.server import GAME

from supergame import testing
from supergame.client import Session


async def test_nothing_acknowledged_is_lost_when_the_node_is_killed(tmp_path: Path, rounds: int) -> None:
    await faults.run(tmp_path, rounds=rounds, seed=1)


def _object(book: Book, session: Session) -> None:
    book.objects[session.username] = Number(7, 7)


def _score(book: Book, session: Session) -> None:
    book.best[session.username] = Number(7, 7)


def _message(book: Book, session: Session) -> None:
    book.said["2...lobby"]["00000000-0000-7000-8000-000000000000"] = {"by": session.username}


def _logout(book: Book, session: Session) -> None:
    book.logged_out.append((session.token, session.refresh_token))


@pytest.mark.parametrize("claim", [_object, _score, _message, _logout])
async def test_what_is_not_there_is_noticed(claim: Callable[[Book, Session], None]) -> None:
    """The check itself finds what was never written, however it is claimed."""
    async with testing.node(GAME) as node:
        ann = await node.player("ann")
        book = Book()
        book.objects["ann"] = Number()
        await faults.check(node.port, book)
        claim(book, ann.session)
        with pytest.raises(Lost):
            await faults.check(node.port, book)
