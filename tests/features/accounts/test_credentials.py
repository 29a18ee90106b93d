"""Email address and password: shown to be the player's, reset, and asked for together with a second factor."""

from __future__ import annotations

import asyncio

import pytest
from tests.features.accounts.house import House
from tests.features.accounts.test_authentication import HASH_OF

from supergame.core.errors import BadInput, TooMany, Unauthenticated
from supergame.features.accounts import Accounts, AccountsSettings, CodeRequired, Login, WrongCredentials
from supergame.store import Database

EMAIL, PASSWORD = "alice@example.com", "open sesame"


async def alice(house: House) -> Login:
    return await house.accounts.authenticate_email(EMAIL, PASSWORD, username="alice")


async def verify(house: House, user_id: str, email: str) -> bool:
    return await house.database.transact(lambda tx: house.accounts.verify_email(tx, user_id, email))


async def reset(house: House, user_id: str, email: str, password: str) -> bool:
    password_hash = await house.accounts.hash_password(password)
    return await house.database.transact(lambda tx: house.accounts.reset_password(tx, user_id, email, password_hash))


async def test_an_address_is_verified_once_and_until_another_takes_its_place(each_house: House) -> None:
    accounts, login = each_house.accounts, await alice(each_house)
    assert (await accounts.get(login.user_id)).verify_time is None
    assert await verify(each_house, login.user_id, EMAIL)
    verified = (await accounts.get(login.user_id)).verify_time
    assert verified is not None
    await each_house.clock.advance(60)
    assert await verify(each_house, login.user_id, EMAIL)
    await accounts.link_email(login.user_id, EMAIL, "another password")
    assert (await accounts.get(login.user_id)).verify_time == verified
    await accounts.link_email(login.user_id, "alice@example.org", PASSWORD)
    assert (await accounts.get(login.user_id)).verify_time is None
    assert not await verify(each_house, login.user_id, EMAIL)


async def test_an_address_that_is_taken_away_is_verified_no_more(house: House) -> None:
    login = await alice(house)
    await verify(house, login.user_id, EMAIL)
    await house.accounts.link_device(login.user_id, "phone-of-alice")
    await house.accounts.unlink_email(login.user_id)
    assert (await house.accounts.get(login.user_id)).verify_time is None


async def test_whose_address_it_is(each_house: House) -> None:
    login = await alice(each_house)
    for email, owner in ((EMAIL, login.user_id), ("nobody@example.com", None)):
        assert await each_house.database.transact(lambda tx, e=email: each_house.accounts.email_owner(tx, e)) == owner


async def test_a_reset_gives_another_password_and_ends_all_sessions(each_house: House) -> None:
    accounts, login = each_house.accounts, await alice(each_house)
    pair = await accounts.begin_session(login)
    assert not await reset(each_house, login.user_id, "bob@example.com", "open barley")
    each_house.tokens.verify(pair.token)
    assert await reset(each_house, login.user_id, EMAIL, "open barley")
    with pytest.raises(Unauthenticated):
        each_house.tokens.verify(pair.token)
    with pytest.raises(WrongCredentials):
        await accounts.authenticate_email(EMAIL, PASSWORD)
    assert (await accounts.authenticate_email(EMAIL, "open barley")).user_id == login.user_id
    assert (await accounts.get(login.user_id)).verify_time is not None
    with pytest.raises(BadInput):
        await accounts.hash_password("short")


async def test_another_password_ends_the_other_sessions(each_house: House) -> None:
    accounts, login = each_house.accounts, await alice(each_house)
    own, other = await accounts.begin_session(login), await accounts.begin_session(login)
    sockets = [each_house.connect(pair.token) for pair in (own, other)]
    family = own.claims.family
    await accounts.link_email(login.user_id, EMAIL, PASSWORD, family=family)  # the same as before
    await accounts.link_email(login.user_id, "alice@example.org", PASSWORD, family=family)
    each_house.tokens.verify(other.token)
    await accounts.link_email(login.user_id, EMAIL, "open barley", family=family)
    assert [bool(socket.closed) for socket in sockets] == [False, True]
    with pytest.raises(Unauthenticated):
        await accounts.session_refresh(other.refresh_token)
    each_house.tokens.verify((await accounts.session_refresh(own.refresh_token)).token)
    later = await accounts.begin_session(await accounts.authenticate_email(EMAIL, "open barley"))
    each_house.tokens.verify(later.token)


async def test_the_first_password_ends_none_and_its_end_the_others(each_house: House) -> None:
    accounts, login = each_house.accounts, await each_house.player("alice")
    own, other = await accounts.begin_session(login), await accounts.begin_session(login)
    await accounts.link_email(login.user_id, EMAIL, PASSWORD, family=own.claims.family)
    each_house.tokens.verify(other.token)
    await accounts.unlink_email(login.user_id, family=own.claims.family)
    each_house.tokens.verify(own.token)
    with pytest.raises(Unauthenticated):
        each_house.tokens.verify(other.token)


async def test_a_password_that_nobody_with_a_session_has_changed_ends_all(house: House) -> None:
    login = await alice(house)
    pair = await house.accounts.begin_session(login)
    await house.accounts.link_email(login.user_id, EMAIL, "open barley")
    with pytest.raises(Unauthenticated):
        house.tokens.verify(pair.token)


async def test_an_old_password_that_is_compared_during_the_reset_is_wrong_already(sqlite: Database) -> None:
    house = await House.open(sqlite, settings=AccountsSettings(password_memory_kib=65_536, password_rounds=2))
    login = await alice(house)
    password_hash = await house.accounts.hash_password("open barley")
    logging_in = asyncio.ensure_future(house.accounts.authenticate_email(EMAIL, PASSWORD))
    await asyncio.sleep(0)
    await sqlite.transact(lambda tx: house.accounts.reset_password(tx, login.user_id, EMAIL, password_hash))
    with pytest.raises(WrongCredentials):
        await logging_in
    await house.close()


async def test_two_first_logins_after_the_parameters_changed_both_succeed(sqlite: Database) -> None:
    old = await House.open(sqlite)
    await alice(old)
    before = await sqlite.one(HASH_OF, str, username="alice")
    await old.close()
    house = await House.open(sqlite, settings=AccountsSettings(password_memory_kib=16, password_rounds=1))
    logins = await asyncio.gather(*(house.accounts.authenticate_email(EMAIL, PASSWORD) for _ in range(4)))
    assert len({login.user_id for login in logins}) == 1
    assert await sqlite.one(HASH_OF, str, username="alice") != before
    await house.close()


async def test_a_second_factor_is_asked_for_once_the_password_is_right(accounts: Accounts) -> None:
    await accounts.authenticate_email(EMAIL, PASSWORD, username="alice")
    asked: list[str] = []

    async def check(user_id: str, code: str) -> None:
        asked.append(code)
        if not code:
            raise CodeRequired
        if code != "123456":
            raise WrongCredentials

    accounts.require_second_factor(check)
    with pytest.raises(WrongCredentials, match=r"Invalid credentials\."):
        await accounts.authenticate_email(EMAIL, "open barley", code="123456")
    assert asked == []
    with pytest.raises(CodeRequired, match=r"One-time code required\."):
        await accounts.authenticate_email(EMAIL, PASSWORD)
    with pytest.raises(WrongCredentials, match=r"Invalid credentials\."):
        await accounts.authenticate_username("alice", PASSWORD, code="000000")
    await accounts.authenticate_email(EMAIL, PASSWORD, code="123456")
    await accounts.authenticate_username("alice", PASSWORD, code="123456")


async def test_too_many_wrong_passwords_have_to_wait_and_a_reset_begins_anew(sqlite: Database) -> None:
    settings = AccountsSettings(password_memory_kib=8, password_rounds=1, login_failures_max=3)
    house = await House.open(sqlite, settings=settings)
    login, accounts = await alice(house), house.accounts
    for _ in range(3):
        with pytest.raises(WrongCredentials):
            await accounts.authenticate_email(EMAIL, "open barley", address="192.0.2.1")
    for right in (
        accounts.authenticate_email(EMAIL, PASSWORD, address="192.0.2.1"),
        accounts.authenticate_username("alice", PASSWORD, address="192.0.2.1"),
    ):
        with pytest.raises(TooMany) as refused:
            await right
        assert refused.value.retry_seconds == pytest.approx(1_200)
    await accounts.authenticate_email(EMAIL, PASSWORD, address="192.0.2.2")
    accounts.forgive(login.user_id, "192.0.2.1")
    await accounts.authenticate_email(EMAIL, PASSWORD, address="192.0.2.1")
    await house.close()
