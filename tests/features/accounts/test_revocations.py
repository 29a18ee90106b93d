"""Tokens that were called back stay so: on other nodes, after a restart, and no longer than they would have lived."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.features.accounts.house import House

from supergame.core.errors import Aborted, Unauthenticated, Unavailable
from supergame.edge import TokenPair
from supergame.features.accounts.revocations import SWEEP_SECONDS
from supergame.store import Database, Query

COUNT = Query(
    "count", "SELECT (SELECT COUNT(*) FROM accounts_revocation) + (SELECT COUNT(*) FROM accounts_session_family)"
)

End = Callable[[House, TokenPair], Awaitable[object]]
ENDS: dict[str, End] = {
    "logout": lambda house, pair: house.accounts.session_logout(pair.claims.user_id, pair.token),
    "logout everywhere": lambda house, pair: house.accounts.session_logout(pair.claims.user_id),
    "ban": lambda house, pair: house.accounts.ban(pair.claims.user_id),
    "delete": lambda house, pair: house.accounts.delete(pair.claims.user_id),
}


def good(house: House, token: str) -> bool:
    try:
        house.tokens.verify(token)
    except Unauthenticated:
        return False
    return True


async def pair_of(house: House) -> TokenPair:
    return await house.accounts.begin_session(await house.player("alice"))


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_it_survives_a_restart(sqlite: Database, end: End) -> None:
    before = await House.open(sqlite)
    pair = await pair_of(before)
    await end(before, pair)
    await before.close()
    after = await House.open(sqlite, before.clock)
    assert not good(after, pair.token)
    await after.close()


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_other_nodes_hear_of_it_and_close_their_sockets(twin: Database, end: End) -> None:
    here = await House.open(twin, seed=1)
    there = await House.open(twin, here.clock, here.bus, seed=2)
    pair = await pair_of(here)
    socket = there.connect(pair.token)
    await end(here, pair)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not good(there, pair.token)
    assert socket.closed
    await here.close()
    await there.close()


@pytest.mark.parametrize("end", [ENDS["ban"], ENDS["delete"], ENDS["logout everywhere"]])
@pytest.mark.parametrize("seconds", [0.0, 10.0])
async def test_who_is_logging_in_meanwhile_gets_no_tokens(house: House, end: End, seconds: float) -> None:
    """However late the login goes on after it has read the account."""
    pair = await pair_of(house)
    login = await house.player("alice")
    await end(house, pair)
    await house.clock.advance(seconds)
    with pytest.raises(Aborted):
        await house.accounts.begin_session(login)


async def test_who_logs_in_afterwards_gets_tokens_that_are_good(house: House) -> None:
    pair = await pair_of(house)
    await house.accounts.session_logout(pair.claims.user_id)
    again = await pair_of(house)
    assert good(house, again.token)
    assert not good(house, pair.token)


async def test_a_node_that_missed_the_news_learns_it_at_its_next_sweep(sqlite: Database) -> None:
    here = await House.open(sqlite, seed=1)
    deaf = await House.open(sqlite, here.clock, seed=2)
    await here.clock.advance(5 * SWEEP_SECONDS)
    pair = await pair_of(here)
    await here.accounts.session_logout(pair.claims.user_id)
    assert good(deaf, pair.token)
    await deaf.accounts._revocations.sweep()
    assert not good(deaf, pair.token)
    await here.close()
    await deaf.close()


async def test_rows_go_when_the_tokens_have_expired_anyway(house: House) -> None:
    pair = await pair_of(house)
    pair = await house.accounts.session_refresh(pair.refresh_token)
    await house.accounts.session_logout(pair.claims.user_id)
    other = await pair_of(house)
    await house.accounts.session_refresh(other.refresh_token)
    assert await house.database.one(COUNT, int) == 2
    await house.clock.advance(3600 + SWEEP_SECONDS)
    assert await house.database.one(COUNT, int) == 0


async def test_a_second_revocation_takes_the_place_of_the_first(each_house: House) -> None:
    for _ in range(2):
        pair = await pair_of(each_house)
        await each_house.accounts.session_logout(pair.claims.user_id)
    assert await each_house.database.one(COUNT, int) == 1


async def test_a_sweep_that_fails_is_tried_again(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = house.accounts._revocations.sweep
    calls: list[str] = []

    async def failing() -> None:
        calls.append("sweep")
        if len(calls) == 1:
            raise Unavailable("The database cannot be reached.")
        await sweep()

    house.accounts._revocations.sweep = failing  # type: ignore[method-assign]
    await house.clock.advance(2 * SWEEP_SECONDS)
    assert len(calls) == 2
    assert "revocations were not swept" in capsys.readouterr().out


async def test_accounts_that_never_started_can_be_stopped(sqlite: Database) -> None:
    await House(sqlite).accounts.stop()
