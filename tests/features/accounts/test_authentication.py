"""Logging in: whose account it is, and how it comes to be."""

from __future__ import annotations

import asyncio

import pytest
from tests.features.accounts.house import House

from supergame.core.errors import Aborted, BadInput, Banned, Conflict, NotFound, Unauthenticated
from supergame.core.ids import SeededIds
from supergame.features.accounts import Accounts, AccountsSettings
from supergame.store import Database, Query

HASH_OF = Query("hash_of", "SELECT password_hash FROM accounts_user WHERE username = :username")


async def test_the_first_login_with_a_device_makes_an_account_and_the_second_finds_it(accounts: Accounts) -> None:
    first = await accounts.authenticate_device("my-old-phone")
    second = await accounts.authenticate_device("my-old-phone")
    assert first.created
    assert not second.created
    assert second.user_id == first.user_id
    assert len(first.username) == 10
    assert first.username.isalpha()


async def test_a_custom_id_and_a_device_of_the_same_text_are_two_accounts(accounts: Accounts) -> None:
    by_device = await accounts.authenticate_device("the-same-text")
    by_custom = await accounts.authenticate_custom("the-same-text")
    assert by_device.user_id != by_custom.user_id


async def test_the_chosen_username_is_kept_and_later_ones_are_ignored(accounts: Accounts) -> None:
    await accounts.authenticate_custom("alice-id", username="alice")
    again = await accounts.authenticate_custom("alice-id", username="somebody else")
    assert again.username == "alice"


async def test_without_create_an_unknown_id_is_not_found(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match=r"User account not found."):
        await accounts.authenticate_device("never-seen-before", create=False)
    with pytest.raises(NotFound, match=r"User account not found."):
        await accounts.authenticate_email("nobody@example.com", "password", create=False)
    with pytest.raises(NotFound, match=r"User account not found."):
        await accounts.authenticate_username("nobody", "password")


async def test_a_taken_username_is_refused_and_leaves_nothing_behind(accounts: Accounts) -> None:
    await accounts.authenticate_device("phone-of-alice", username="alice")
    with pytest.raises(Conflict, match=r"Username is already in use."):
        await accounts.authenticate_device("phone-of-bob", username="alice")
    assert (await accounts.authenticate_device("phone-of-bob", username="bob")).created


async def test_usernames_that_differ_in_case_are_different(accounts: Accounts) -> None:
    await accounts.authenticate_device("phone-of-alice", username="alice")
    assert (await accounts.authenticate_device("phone-of-Alice", username="Alice")).created


class FewNames(SeededIds):
    """Makes up names that are taken, and after some tries one that is not."""

    def __init__(self, tries: int) -> None:
        super().__init__(7)
        self.tries = tries

    def username(self) -> str:
        self.tries -= 1
        return "taken" if self.tries > 0 else "free"


async def test_a_made_up_username_that_is_taken_is_made_up_again(house: House) -> None:
    await house.accounts.authenticate_device("phone-number-one", username="taken")
    house.accounts._authentication._ids = FewNames(tries=3)
    login = await house.accounts.authenticate_device("phone-number-two")
    assert login.username == "free"


async def test_making_up_usernames_has_an_end(house: House) -> None:
    await house.accounts.authenticate_device("phone-number-one", username="taken")
    house.accounts._authentication._ids = FewNames(tries=100)
    with pytest.raises(Aborted):
        await house.accounts.authenticate_device("phone-number-two")


async def test_eight_first_logins_at_once_make_one_account(each_house: House) -> None:
    logins = await asyncio.gather(*(each_house.accounts.authenticate_device("one-new-phone") for _ in range(8)))
    assert len({login.user_id for login in logins}) == 1
    assert sum(login.created for login in logins) == 1


async def test_two_that_want_the_same_username_at_once_get_it_once(each_house: House) -> None:
    outcomes = await asyncio.gather(
        *(each_house.accounts.authenticate_device(f"phone-number-{i}", username="alice") for i in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 3


async def test_email_needs_the_right_password(accounts: Accounts) -> None:
    login = await accounts.authenticate_email("Alice@Example.com", "open sesame")
    assert login.created
    again = await accounts.authenticate_email("alice@example.COM", "open sesame")
    assert again.user_id == login.user_id
    with pytest.raises(Unauthenticated, match=r"Invalid credentials."):
        await accounts.authenticate_email("alice@example.com", "open barley")


async def test_username_and_password_log_in_to_an_account_with_an_email(accounts: Accounts) -> None:
    login = await accounts.authenticate_email("alice@example.com", "open sesame", username="alice")
    assert (await accounts.authenticate_username("alice", "open sesame")).user_id == login.user_id
    with pytest.raises(Unauthenticated, match=r"Invalid credentials."):
        await accounts.authenticate_username("alice", "open barley")


async def test_an_account_without_a_password_has_none_that_fits(accounts: Accounts) -> None:
    await accounts.authenticate_device("phone-of-alice", username="alice")
    with pytest.raises(Unauthenticated, match=r"Invalid credentials."):
        await accounts.authenticate_username("alice", "password")


async def test_two_first_logins_by_email_at_once_need_the_same_password(each_house: House) -> None:
    outcomes = await asyncio.gather(
        *(each_house.accounts.authenticate_email("a@example.com", f"password {i}") for i in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Login", "WrongCredentials"]


async def test_a_hash_made_with_other_parameters_is_made_anew_at_login(sqlite: Database) -> None:
    old = await House.open(sqlite)
    await old.accounts.authenticate_email("alice@example.com", "open sesame", username="alice")
    await old.close()
    new = await House.open(sqlite, settings=AccountsSettings(password_memory_kib=16, password_rounds=1))
    await new.accounts.authenticate_email("alice@example.com", "open sesame")
    stored = await sqlite.one(HASH_OF, str, username="alice")
    assert stored is not None
    assert "m=16," in stored
    assert (await new.accounts.authenticate_username("alice", "open sesame")).username == "alice"
    await new.close()


@pytest.mark.parametrize(("end", "error"), [("ban", Banned), ("delete", NotFound)])
async def test_a_ban_or_deletion_while_the_password_is_checked_is_noticed(
    sqlite: Database, end: str, error: type[Exception]
) -> None:
    house = await House.open(sqlite, settings=AccountsSettings(password_memory_kib=65_536, password_rounds=2))
    login = await house.accounts.authenticate_email("alice@example.com", "open sesame")
    logging_in = asyncio.ensure_future(house.accounts.authenticate_email("alice@example.com", "open sesame"))
    await asyncio.sleep(0)
    await getattr(house.accounts, end)(login.user_id)
    with pytest.raises(error):
        await logging_in
    await house.close()


async def test_the_banned_are_told_so_only_with_the_right_password(accounts: Accounts) -> None:
    login = await accounts.authenticate_email("alice@example.com", "open sesame")
    await accounts.link_device(login.user_id, "phone-of-alice")
    await accounts.ban(login.user_id)
    with pytest.raises(Banned, match=r"User account banned."):
        await accounts.authenticate_device("phone-of-alice")
    with pytest.raises(Banned, match=r"User account banned."):
        await accounts.authenticate_email("alice@example.com", "open sesame")
    with pytest.raises(Unauthenticated, match=r"Invalid credentials."):
        await accounts.authenticate_email("alice@example.com", "open barley")


@pytest.mark.parametrize("username", ["tab\tinside", "x" * 129])
async def test_a_username_that_cannot_be_is_refused_before_anything_happens(accounts: Accounts, username: str) -> None:
    with pytest.raises(BadInput, match=r"Username invalid"):
        await accounts.authenticate_device("phone-of-alice", username=username)
    with pytest.raises(BadInput, match=r"Username invalid"):
        await accounts.authenticate_email("alice@example.com", "open sesame", username=username)
    assert await accounts.find("") == []
