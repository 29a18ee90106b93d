"""Reading accounts: whole ones, what others may see, and what an operator looks for."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tests.features.accounts.house import House

from supergame.features.accounts import Accounts, Login
from supergame.store import Query

VERIFY = Query("verify", "UPDATE accounts_user SET verified_us = :now_us WHERE id = :user_id")


async def three(house: House) -> list[Login]:
    return [await house.player(name) for name in ("alice", "bob", "carol")]


async def test_a_new_account_says_what_a_client_expects(each_house: House) -> None:
    alice = await each_house.player("alice")
    account = await each_house.accounts.get(alice.user_id)
    user = account.user
    assert user is not None
    assert (user.id, user.username, user.lang_tag, user.metadata) == (alice.user_id, "alice", "en", "{}")
    assert (account.wallet, account.email, account.custom_id) == ("{}", "", "")
    assert [device.id for device in account.devices] == ["device-of-alice"]
    assert user.create_time == user.update_time == datetime.fromtimestamp(each_house.clock.now_seconds(), UTC)
    assert account.verify_time is None
    assert account.disable_time is None
    assert user.online is False


async def test_who_has_a_socket_open_is_online(house: House) -> None:
    alice = await house.player("alice")
    house.connect((await house.accounts.begin_session(alice)).token)
    (user,) = await house.accounts.users([alice.user_id])
    assert user.online
    account = await house.accounts.get(alice.user_id)
    assert account.user is not None
    assert account.user.online


async def test_many_accounts_come_in_the_order_asked_for(each_house: House) -> None:
    alice, bob, carol = await three(each_house)
    await each_house.accounts.link_device(carol.user_id, "tablet-of-carol")
    found = await each_house.accounts.get_many([carol.user_id, "nobody", alice.user_id, carol.user_id])
    assert [account.user and account.user.username for account in found] == ["carol", "alice"]
    assert [len(account.devices) for account in found] == [2, 1]
    assert await each_house.accounts.get_many([]) == []
    assert bob.username == "bob"


async def test_users_are_found_by_id_and_by_name_each_once(each_house: House) -> None:
    alice, bob, _ = await three(each_house)
    found = await each_house.accounts.users([alice.user_id, "nobody"], ["alice", "bob", "Bob"])
    assert sorted(user.username for user in found) == ["alice", "bob"]
    assert await each_house.accounts.users([]) == []
    assert set(await each_house.accounts.existing(ids=[alice.user_id], usernames=["bob"])) == {
        alice.user_id,
        bob.user_id,
    }
    assert await each_house.accounts.existing() == []


async def test_usernames_of_many(house: House) -> None:
    alice, bob, _ = await three(house)
    assert await house.accounts.usernames([alice.user_id, bob.user_id, "nobody"]) == {
        alice.user_id: "alice",
        bob.user_id: "bob",
    }
    assert await house.accounts.usernames([]) == {}


async def test_one_is_found_by_name(house: House) -> None:
    alice = await house.player("alice")
    assert await house.accounts.find_by_username("alice") == alice.user_id
    assert await house.accounts.find_by_username("ALICE") is None


async def test_a_transaction_can_ask_whether_somebody_exists(each_house: House) -> None:
    alice = await each_house.player("alice")
    database, accounts = each_house.database, each_house.accounts
    assert await database.transact(lambda tx: accounts.exists(tx, alice.user_id)) is True
    assert await database.transact(lambda tx: accounts.exists(tx, "nobody")) is False


async def test_everybody_comes_in_batches(each_house: House) -> None:
    players = await three(each_house)
    batches = [batch async for batch in each_house.accounts.ids(batch=2)]
    assert [len(batch) for batch in batches] == [2, 1]
    assert sorted(player.user_id for player in players) == [user_id for batch in batches for user_id in batch]
    assert [len(batch) async for batch in each_house.accounts.ids(batch=3)] == [3]


async def test_random_users_are_different_ones(each_house: House) -> None:
    await three(each_house)
    for _ in range(5):
        assert len({user.id for user in await each_house.accounts.users_random(2)}) == 2
    assert {user.username for user in await each_house.accounts.users_random(10)} == {"alice", "bob", "carol"}


async def names(accounts: Accounts, text: str, limit: int = 20) -> list[str]:
    return sorted(account.user.username for account in await accounts.find(text, limit) if account.user)


async def test_an_operator_finds_by_the_beginning_of_anything(each_house: House) -> None:
    accounts = each_house.accounts
    alice, bob, _ = await three(each_house)
    await accounts.link_custom(alice.user_id, "steam:1234")
    await accounts.link_email(bob.user_id, "Bob@Example.com", "open sesame")
    assert await names(accounts, alice.user_id[:13]) == ["alice"]
    assert await names(accounts, "ali") == ["alice"]
    assert await names(accounts, "steam:") == ["alice"]
    assert await names(accounts, "BOB@exam") == ["bob"]
    assert await names(accounts, "device-of-") == ["alice", "bob", "carol"]
    assert len(await names(accounts, "device-of-", limit=2)) == 2
    assert await names(accounts, "%") == []
    assert await names(accounts, "") == ["alice", "bob", "carol"]


async def test_the_exact_name_is_found_first_among_many_that_begin_so(each_house: House) -> None:
    for name in ("bo", *(f"bob{number}" for number in range(10)), "bob"):
        await each_house.player(name)
    for limit in (1, 5):
        first, *_ = await each_house.accounts.find("bob", limit)
        assert first.user is not None
        assert first.user.username == "bob"


async def test_a_verified_account_says_since_when(house: House) -> None:
    alice = await house.player("alice")
    await house.database.run(VERIFY, user_id=alice.user_id, now_us=1_700_000_000_000_000)
    assert (await house.accounts.get(alice.user_id)).verify_time == datetime.fromtimestamp(1_700_000_000, UTC)


async def test_metadata_is_json_in_text(house: House) -> None:
    alice = await house.player("alice")
    await house.accounts.update(alice.user_id, metadata={"level": 7, "name": "Ä"})
    (user,) = await house.accounts.users([alice.user_id])
    assert json.loads(user.metadata) == {"level": 7, "name": "Ä"}
