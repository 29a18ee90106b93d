"""Linking: more ways to log in to one account, and never none."""

from __future__ import annotations

import asyncio

import pytest
from tests.features.accounts.house import House

from supergame.core.errors import BadInput, Conflict, NotFound, Refused, SupergameError, TooMany, Unauthenticated
from supergame.features.accounts import Accounts
from supergame.features.accounts.model import DEVICES_PER_ACCOUNT_MAX

LAST = r"Cannot unlink last account identifier. Check profile exists and is not last link."


async def test_every_linked_id_logs_in_to_the_same_account(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    await accounts.link_device(alice.user_id, "tablet-of-alice")
    await accounts.link_custom(alice.user_id, "custom-alice")
    await accounts.link_email(alice.user_id, "Alice@Example.com", "open sesame")
    for login in (
        await accounts.authenticate_device("tablet-of-alice"),
        await accounts.authenticate_custom("custom-alice"),
        await accounts.authenticate_email("alice@example.com", "open sesame"),
        await accounts.authenticate_username("alice", "open sesame"),
    ):
        assert (login.user_id, login.created) == (alice.user_id, False)
    account = await accounts.get(alice.user_id)
    assert [device.id for device in account.devices] == ["device-of-alice", "tablet-of-alice"]
    assert (account.custom_id, account.email) == ("custom-alice", "alice@example.com")


async def test_linking_what_is_linked_already_is_fine(house: House) -> None:
    accounts, alice = house.accounts, await house.player("alice")
    await accounts.link_device(alice.user_id, "device-of-alice")
    await accounts.link_custom(alice.user_id, "custom-alice")
    await accounts.link_custom(alice.user_id, "custom-alice")
    assert len((await accounts.get(alice.user_id)).devices) == 1


async def test_a_new_custom_id_or_email_takes_the_place_of_the_old(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    await accounts.link_custom(alice.user_id, "custom-old")
    await accounts.link_custom(alice.user_id, "custom-new")
    await accounts.link_email(alice.user_id, "old@example.com", "open sesame")
    await accounts.link_email(alice.user_id, "new@example.com", "open sesame")
    account = await accounts.get(alice.user_id)
    assert (account.custom_id, account.email) == ("custom-new", "new@example.com")
    assert (await accounts.authenticate_custom("custom-old")).created


async def test_linking_the_same_email_again_changes_the_password(house: House) -> None:
    accounts, alice = house.accounts, await house.player("alice")
    await accounts.link_email(alice.user_id, "alice@example.com", "open sesame")
    await accounts.link_email(alice.user_id, "alice@example.com", "open barley")
    assert await accounts.authenticate_email("alice@example.com", "open barley")
    with pytest.raises(Unauthenticated):
        await accounts.authenticate_email("alice@example.com", "open sesame")


async def test_what_is_somebody_elses_cannot_be_linked(house: House) -> None:
    accounts, alice, bob = house.accounts, await house.player("alice"), await house.player("bob")
    await accounts.link_custom(alice.user_id, "custom-alice")
    await accounts.link_email(alice.user_id, "alice@example.com", "open sesame")
    with pytest.raises(Conflict, match=r"Device ID already in use."):
        await accounts.link_device(bob.user_id, "device-of-alice")
    with pytest.raises(Conflict, match=r"Custom ID is already in use."):
        await accounts.link_custom(bob.user_id, "custom-alice")
    with pytest.raises(Conflict, match=r"Email is already in use."):
        await accounts.link_email(bob.user_id, "ALICE@example.com", "open sesame")


async def test_two_that_link_one_device_at_once_do_not_both_get_it(each_house: House) -> None:
    players = [await each_house.player(name) for name in ("alice", "bob", "carol")]
    outcomes = await asyncio.gather(
        *(each_house.accounts.link_device(player.user_id, "shared-console") for player in players),
        return_exceptions=True,
    )
    assert sorted(str(outcome) for outcome in outcomes) == [*["Device ID already in use."] * 2, "None"]


async def test_devices_have_a_limit(house: House) -> None:
    alice = await house.player("alice")
    for number in range(DEVICES_PER_ACCOUNT_MAX - 1):
        await house.accounts.link_device(alice.user_id, f"device-number-{number}")
    with pytest.raises(TooMany, match=r"devices"):
        await house.accounts.link_device(alice.user_id, "one-too-many")
    assert len((await house.accounts.get(alice.user_id)).devices) == DEVICES_PER_ACCOUNT_MAX


async def test_the_last_way_to_log_in_stays(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    with pytest.raises(Refused, match=LAST):
        await accounts.unlink_device(alice.user_id, "device-of-alice")
    await accounts.link_email(alice.user_id, "alice@example.com", "open sesame")
    await accounts.unlink_device(alice.user_id, "device-of-alice")
    with pytest.raises(Refused, match=LAST):
        await accounts.unlink_email(alice.user_id, "alice@example.com")
    assert (await accounts.authenticate_email("alice@example.com", "open sesame")).user_id == alice.user_id


async def test_two_ways_unlinked_at_once_leave_one(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    await accounts.link_custom(alice.user_id, "custom-alice")
    outcomes = await asyncio.gather(
        accounts.unlink_device(alice.user_id, "device-of-alice"),
        accounts.unlink_custom(alice.user_id, "custom-alice"),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Refused]
    account = await accounts.get(alice.user_id)
    assert len(account.devices) + bool(account.custom_id) == 1


async def test_what_is_not_linked_cannot_be_unlinked(house: House) -> None:
    accounts, alice, bob = house.accounts, await house.player("alice"), await house.player("bob")
    await accounts.link_custom(alice.user_id, "custom-alice")
    with pytest.raises(Refused, match=LAST):
        await accounts.unlink_device(alice.user_id, "device-of-bob")
    with pytest.raises(Refused, match=LAST):
        await accounts.unlink_email(alice.user_id)
    assert not (await accounts.authenticate_device("device-of-bob")).created
    assert bob.user_id


async def test_custom_id_and_email_can_be_unlinked_without_naming_them(house: House) -> None:
    accounts, alice = house.accounts, await house.player("alice")
    await accounts.link_custom(alice.user_id, "custom-alice")
    await accounts.link_email(alice.user_id, "alice@example.com", "open sesame")
    await accounts.unlink_custom(alice.user_id)
    await accounts.unlink_email(alice.user_id)
    account = await accounts.get(alice.user_id)
    assert (account.custom_id, account.email) == ("", "")
    with pytest.raises(Unauthenticated):
        await accounts.authenticate_username("alice", "open sesame")


async def test_nothing_is_linked_to_an_account_that_is_not_there(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match=r"Account not found."):
        await accounts.link_device("nobody", "some-device-id")
    with pytest.raises(NotFound, match=r"Account not found."):
        await accounts.unlink_device("nobody", "some-device-id")
    with pytest.raises(NotFound, match=r"Account not found."):
        await accounts.link_email("nobody", "nobody@example.com", "open sesame")
    assert (await accounts.authenticate_device("some-device-id")).created


async def test_what_is_missing_is_named(accounts: Accounts) -> None:
    with pytest.raises(BadInput, match=r"A device ID must be supplied."):
        await accounts.unlink_device("anybody", "")
    with pytest.raises(BadInput, match=r"Email address and password is required."):
        await accounts.link_email("anybody", "alice@example.com", "")
    with pytest.raises(BadInput, match=r"Device ID is required."):
        await accounts.link_device("anybody", "")
    with pytest.raises(SupergameError, match=r"Custom ID is required."):
        await accounts.link_custom("anybody", "")
