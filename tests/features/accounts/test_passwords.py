"""Passwords: hashed beside the loop, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from supergame.core.errors import TooMany, Unavailable
from supergame.features.accounts import AccountsSettings
from supergame.features.accounts.passwords import Passwords


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(AccountsSettings(password_memory_kib=8, password_rounds=1, passwords_waiting_max=3))
    yield made
    made.close()


async def test_a_password_matches_its_own_hash_only(passwords: Passwords) -> None:
    stored = await passwords.hash("open sesame")
    assert stored.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert await passwords.matches(stored, "open sesame")
    assert not await passwords.matches(stored, "open barley")
    assert stored != await passwords.hash("open sesame")


async def test_nothing_stored_matches_nothing_by_the_same_work(passwords: Passwords) -> None:
    assert not await passwords.matches(None, "open sesame")
    assert not passwords.outdated(passwords._decoy)


async def test_what_is_no_hash_matches_nothing(passwords: Passwords) -> None:
    assert not await passwords.matches("not a hash", "open sesame")


async def test_a_hash_of_other_parameters_is_outdated_and_still_matches(passwords: Passwords) -> None:
    older = Passwords(AccountsSettings(password_memory_kib=16, password_rounds=1))
    stored = await older.hash("open sesame")
    assert passwords.outdated(stored)
    assert await passwords.matches(stored, "open sesame")
    older.close()


async def test_more_than_the_limit_at_once_are_asked_to_try_again(passwords: Passwords) -> None:
    outcomes = await asyncio.gather(*(passwords.hash("open sesame") for _ in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(TooMany) == 2
    assert await passwords.hash("open sesame")


async def test_one_address_cannot_take_all_the_room() -> None:
    passwords = Passwords(
        AccountsSettings(password_memory_kib=8, password_rounds=1, passwords_waiting_per_address_max=2)
    )
    addresses = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"]  # the first three are one household's
    outcomes = await asyncio.gather(
        *(passwords.hash("open sesame", address) for address in addresses), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [str, str, TooMany, str]
    assert await passwords.matches(None, "open sesame", "2001:db8::3") is False
    passwords.close()


async def test_the_loop_goes_on_while_a_password_is_hashed() -> None:
    slow = Passwords(AccountsSettings(password_memory_kib=65_536, password_rounds=2))
    hashing = asyncio.ensure_future(slow.hash("open sesame"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    slow.close()


async def test_a_node_that_stops_hashes_no_more(passwords: Passwords) -> None:
    passwords.close()
    with pytest.raises(Unavailable, match=r"The server is stopping."):
        await passwords.hash("open sesame")
