"""Players who may have one socket only, or one session only."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from tests.features.accounts.house import QUICK, House
from tests.features.accounts.test_revocations import good
from tests.features.lobby import Lobby

from supergame import testing
from supergame.bus import MemoryBus
from supergame.client import RequestFailed
from supergame.core.clock import SystemClock
from supergame.core.errors import Aborted, Unauthenticated
from supergame.edge import TokenPair
from supergame.features.accounts import Provider
from supergame.features.accounts.single import SingleSocket
from supergame.protocol.notifications import NotificationCode, Notifications
from supergame.store import Database, Query
from supergame.store.postgres import PostgresDatabase

SINGLE = replace(QUICK, single_session=True)
ROWS = Query("rows", "SELECT family FROM accounts_kept_family")


async def test_a_new_socket_ends_the_old_one_and_says_why() -> None:
    async with testing.node(settings={"accounts.single_socket": True}) as node:
        phone, bob = await node.player("ann"), await node.player("bob")
        tablet = await node.player("ann")
        (told,) = (await phone.socket.next(Notifications)).notifications
        assert (told.code, told.subject) == (NotificationCode.SINGLE_SOCKET, "single_socket")
        await phone.socket.closed.wait()
        await tablet.socket.ping()
        await bob.socket.ping()


async def test_on_other_nodes_as_well() -> None:
    bus = MemoryBus()
    here, there = Lobby(bus=bus, node="node1"), Lobby(bus=bus, node="node2")
    for lobby in (here, there):
        SingleSocket(lobby.ground)
    user_id = here.ids.uuid()
    phone = here.enter("ann", user_id=user_id)
    there.enter("bob")  # so that the ids of that node's sessions are later ones
    tablet = there.enter("ann", user_id=user_id)
    (told,) = await phone.hears(1)
    assert told["notifications"]["notifications"][0]["subject"] == "single_socket"
    assert phone.session.closed
    assert not tablet.session.closed


async def test_several_are_fine_unless_it_is_said() -> None:
    async with testing.node() as node:
        phone, tablet = await node.player("ann"), await node.player("ann")
        await tablet.socket.ping()
        await phone.socket.ping()


@pytest.fixture
async def single(twin: Database) -> AsyncIterator[House]:
    """A node on which players have one session each."""
    house = await House.open(twin, settings=SINGLE)
    yield house
    await house.close()


async def log_in(house: House) -> TokenPair:
    return await house.accounts.begin_session(await house.player("ann"))


async def refreshes(house: House, pair: TokenPair) -> bool:
    try:
        await house.accounts.session_refresh(pair.refresh_token)
    except Unauthenticated:
        return False
    return True


async def test_a_login_ends_the_earlier_sessions(single: House) -> None:
    phone = await log_in(single)
    rotated = await single.accounts.session_refresh(phone.refresh_token)
    bob = await single.accounts.begin_session(await single.player("bob"))
    sockets = [single.connect(pair.token) for pair in (phone, bob)]
    tablet = await log_in(single)
    assert not good(single, phone.token)
    assert not good(single, rotated.token)
    assert not await refreshes(single, rotated)
    assert [bool(socket.closed) for socket in sockets] == [True, False]
    assert good(single, tablet.token)
    socket = single.connect(tablet.token)
    again = await single.accounts.session_refresh(tablet.refresh_token)
    assert good(single, again.token)
    assert not socket.closed
    assert good(single, bob.token)


Way = Callable[[House, str], Awaitable[TokenPair]]


async def by_email(house: House, user_id: str) -> TokenPair:
    return await house.accounts.begin_session(await house.accounts.authenticate_email("ann@example.com", "open sesame"))


async def by_custom_id(house: House, user_id: str) -> TokenPair:
    return await house.accounts.begin_session(await house.accounts.authenticate_custom("custom-of-ann"))


async def by_another_platform(house: House, user_id: str) -> TokenPair:
    return await house.accounts.begin_session(await house.accounts.authenticate_verified(Provider.STEAM, "76561"))


async def by_game_code(house: House, user_id: str) -> TokenPair:
    return await house.accounts.token_generate(user_id)


@pytest.mark.parametrize("way", [by_email, by_custom_id, by_another_platform, by_game_code])
async def test_whichever_way_it_comes(sqlite: Database, way: Way) -> None:
    house = await House.open(sqlite, settings=SINGLE)
    before = await log_in(house)
    user_id = before.claims.user_id
    await house.accounts.link_email(user_id, "ann@example.com", "open sesame")
    await house.accounts.link_custom(user_id, "custom-of-ann")
    await house.accounts.link_verified(user_id, Provider.STEAM, "76561")
    after = await way(house, user_id)
    assert (good(house, before.token), good(house, after.token)) == (False, True)
    await house.close()


async def test_over_http_and_sockets() -> None:
    async with testing.node(settings={"accounts.single_session": True}) as node:
        phone, bob = await node.player("ann"), await node.player("bob")
        tablet = await node.player("ann")
        await phone.socket.closed.wait()
        with pytest.raises(RequestFailed, match="Auth token invalid"):
            await phone.client.account(phone.session)
        with pytest.raises(RequestFailed, match="Refresh token invalid or expired"):
            await phone.client.refresh(phone.session)
        await tablet.client.account(tablet.session)
        await tablet.client.refresh(tablet.session)
        await tablet.client.account(tablet.session)
        for player in (tablet, bob):
            await player.socket.ping()


async def test_of_many_logins_at_once_one_works(single: House) -> None:
    pairs = await asyncio.gather(*(log_in(single) for _ in range(5)))
    (last,) = [pair for pair in pairs if good(single, pair.token)]
    assert await refreshes(single, last)
    assert not any([await refreshes(single, pair) for pair in pairs if pair is not last])


async def test_on_two_nodes_at_once_too(postgres: Database, postgres_url: str) -> None:
    """Both clocks say the same, so only the database can tell which login was the last."""
    database = await PostgresDatabase.open(postgres_url, clock=SystemClock(), jitter=random.Random(2))
    here = await House.open(postgres, settings=SINGLE, seed=1)
    there = await House.open(database, here.clock, here.bus, SINGLE, seed=2)
    await here.player("ann")
    pairs = await asyncio.gather(*(log_in(house) for house in [here, there] * 3))
    sockets = [house.connect(pair.token) for house in (here, there) for pair in pairs if good(house, pair.token)]
    for _ in range(3):
        await asyncio.sleep(0)
    for house in (here, there):
        assert [good(house, pair.token) for pair in pairs].count(True) == 1
    assert len([socket for socket in sockets if not socket.closed]) == 2
    await there.close()
    await here.close()
    await database.close()


async def test_a_node_that_missed_the_news_learns_it_at_its_next_sweep(twin: Database) -> None:
    here = await House.open(twin, settings=SINGLE, seed=1)
    deaf = await House.open(twin, here.clock, settings=SINGLE, seed=2)
    phone = await log_in(here)
    socket = deaf.connect(phone.token)
    tablet = await log_in(here)
    assert not await refreshes(deaf, phone)  # the database knows
    await deaf.accounts._revocations.sweep()
    assert (good(deaf, phone.token), good(deaf, tablet.token), bool(socket.closed)) == (False, True, True)
    await here.close()
    await deaf.close()


async def test_news_that_come_late_change_nothing(single: House) -> None:
    first, second = await log_in(single), await log_in(single)
    moment = single.tokens.others_called_back_us(first.claims.user_id)
    single.tokens.revoke_others(first.claims.user_id, first.claims.family, moment - 1, second.claims.expires_at)
    assert (good(single, first.token), good(single, second.token)) == (False, True)


async def test_it_survives_a_restart_and_is_forgotten_in_time(single: House, twin: Database) -> None:
    phone, tablet = await log_in(single), await log_in(single)
    again = await House.open(twin, single.clock, settings=SINGLE, seed=2)
    assert (good(again, phone.token), good(again, tablet.token)) == (False, True)
    await single.clock.advance(2 * 3_600)
    await again.accounts._revocations.sweep()
    assert await twin.all(ROWS, str) == []
    await again.close()


async def test_logging_out_everywhere_ends_that_one_too(single: House) -> None:
    pair = await log_in(single)
    await single.accounts.session_logout(pair.claims.user_id)
    assert not good(single, pair.token)
    assert await single.database.all(ROWS, str) == []
    assert good(single, (await log_in(single)).token)


@pytest.mark.parametrize("end", ["ban", "delete"])
async def test_a_login_that_the_end_of_the_account_overtakes_gets_no_session(single: House, end: str) -> None:
    """Not even on a node that has heard nothing of it yet."""
    deaf = await House.open(single.database, single.clock, settings=SINGLE, seed=2)
    login = await deaf.player("ann")
    await getattr(single.accounts, end)(login.user_id)
    with pytest.raises(Aborted):
        await deaf.accounts.begin_session(login)
    assert await single.database.all(ROWS, str) == []
    await deaf.close()


async def test_several_sessions_are_fine_unless_it_is_said(house: House) -> None:
    phone, tablet = await log_in(house), await log_in(house)
    assert (good(house, phone.token), good(house, tablet.token)) == (True, True)
    assert await house.database.all(ROWS, str) == []
