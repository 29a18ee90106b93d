"""Changing, deleting, banning: what happens to an account and to whoever holds its tokens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.features.accounts.house import House

from supergame.core.errors import BadInput, Banned, Conflict, NotFound, Refused, Unauthenticated
from supergame.features.accounts import METADATA_BYTES_MAX, AccountDeleted, Accounts, check_alive
from supergame.store import Query, Tx

TOMBSTONES = Query("tombstones", "SELECT user_id FROM accounts_tombstone")


async def test_an_update_changes_what_is_given_and_clears_what_is_empty(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    await accounts.update(alice.user_id, display_name="Alice", location="Graz", timezone="Europe/Vienna")
    await each_house.clock.advance(5)
    await accounts.update(alice.user_id, location="", lang_tag="de", avatar_url="https://example.com/a.png")
    user = (await accounts.get(alice.user_id)).user
    assert user is not None
    assert (user.username, user.display_name, user.location) == ("alice", "Alice", "")
    assert (user.timezone, user.lang_tag, user.avatar_url) == ("Europe/Vienna", "de", "https://example.com/a.png")
    assert user.create_time is not None
    assert user.update_time is not None
    assert (user.update_time - user.create_time).total_seconds() == 5


async def test_a_taken_username_is_refused(each_house: House) -> None:
    accounts, alice, bob = each_house.accounts, await each_house.player("alice"), await each_house.player("bob")
    with pytest.raises(Conflict, match=r"Username is already in use."):
        await accounts.update(bob.user_id, username="alice", display_name="Bob")
    user = (await accounts.get(bob.user_id)).user
    assert user is not None
    assert (user.username, user.display_name) == ("bob", "")
    await accounts.update(alice.user_id, username="alice")
    await accounts.update(alice.user_id, username="alicia")
    await accounts.update(bob.user_id, username="alice")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"username": ""}, "Username invalid, must be 1-128 bytes."),
        ({"username": "a\nb"}, "Username invalid, no spaces or control characters allowed."),
        ({"display_name": "ä" * 128}, "Display name invalid, must be at most 255 bytes."),
        ({"avatar_url": "x" * 513}, "Avatar url invalid, must be at most 512 bytes."),
        ({"lang_tag": "x" * 19}, "Lang tag invalid, must be at most 18 bytes."),
        ({"timezone": "a\x00b"}, "Timezone invalid, no control characters allowed."),
        ({"metadata": {"x": "y" * METADATA_BYTES_MAX}}, "Metadata invalid, must be at most 65536 bytes as JSON."),
        ({"metadata": {"x": object()}}, "Metadata invalid"),
        ({}, "No fields to update."),
    ],
)
async def test_what_does_not_fit_is_refused_with_a_reason(house: House, change: dict[str, Any], text: str) -> None:
    alice = await house.player("alice")
    with pytest.raises(BadInput, match=text):
        await house.accounts.update(alice.user_id, **change)


async def test_who_is_not_there_is_not_found(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match=r"Account not found."):
        await accounts.get("nobody")
    with pytest.raises(NotFound, match=r"Account not found."):
        await accounts.update("nobody", location="nowhere")
    with pytest.raises(NotFound, match=r"Account not found."):
        await accounts.delete("nobody")


async def test_a_deleted_account_is_gone_with_its_tokens_and_sockets(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    pair = await accounts.begin_session(alice)
    pair = await accounts.session_refresh(pair.refresh_token)
    socket = each_house.connect(pair.token)
    await accounts.delete(alice.user_id)
    assert socket.closed
    with pytest.raises(Unauthenticated):
        each_house.tokens.verify(pair.token)
    with pytest.raises(NotFound):
        await accounts.get(alice.user_id)
    again = await each_house.player("alice")
    assert again.created
    assert again.user_id != alice.user_id


async def test_others_delete_their_rows_in_the_same_transaction_or_nothing_happens(each_house: House) -> None:
    alice = await each_house.player("alice")
    heard: list[str] = []

    async def forget(tx: Tx, event: AccountDeleted) -> None:
        heard.append(event.user_id)
        if len(heard) == 1:
            raise Refused("Not now.")

    each_house.events.within(AccountDeleted, forget)
    socket = each_house.connect((await each_house.accounts.begin_session(alice)).token)
    with pytest.raises(Refused):
        await each_house.accounts.delete(alice.user_id)
    assert await each_house.accounts.get(alice.user_id)
    assert not socket.closed
    await each_house.accounts.delete(alice.user_id)
    assert heard == [alice.user_id] * 2


async def test_an_update_may_be_part_of_a_transaction(each_house: House) -> None:
    accounts, alice, bob = each_house.accounts, await each_house.player("alice"), await each_house.player("bob")

    async def both(tx: Tx) -> None:
        await accounts.update(alice.user_id, display_name="Alice", username="alice", tx=tx)
        await accounts.update(bob.user_id, username="alice", tx=tx)

    with pytest.raises(Conflict, match="Username is already in use"):
        await each_house.database.transact(both)
    user = (await accounts.get(alice.user_id)).user
    assert user is not None
    assert user.display_name == ""


async def test_whoever_hears_of_a_deletion_hears_it_after_the_commit(house: House) -> None:
    alice = await house.player("alice")
    heard: list[AccountDeleted] = []
    house.events.hear(AccountDeleted, heard.append)
    await house.accounts.delete(alice.user_id)
    await house.events.settle()
    assert heard == [AccountDeleted(alice.user_id)]


async def test_a_deletion_leaves_a_tombstone(each_house: House) -> None:
    alice, bob = await each_house.player("alice"), await each_house.player("bob")
    await each_house.accounts.delete(alice.user_id)
    assert await each_house.database.all(TOMBSTONES, str) == [alice.user_id]

    async def body(tx: Tx) -> None:
        await check_alive(tx, [bob.user_id, each_house.ids.uuid()])
        with pytest.raises(NotFound, match="Account not found"):
            await check_alive(tx, [bob.user_id, alice.user_id])

    await each_house.database.transact(body)


async def test_a_ban_ends_everything_and_unbanning_lets_the_player_log_in_anew(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    pair = await accounts.begin_session(alice)
    socket = each_house.connect(pair.token)
    assert await accounts.ban(alice.user_id, "nobody") == 1
    assert socket.closed
    with pytest.raises(Banned, match=r"User account banned."):
        await each_house.player("alice")
    with pytest.raises(Unauthenticated):
        each_house.tokens.verify(pair.token)
    assert (await accounts.get(alice.user_id)).disable_time is not None
    assert await accounts.ban(alice.user_id) == 0

    assert await accounts.unban(alice.user_id, "nobody") == 1
    assert await accounts.unban(alice.user_id) == 0
    assert (await accounts.get(alice.user_id)).disable_time is None
    with pytest.raises(Unauthenticated):
        each_house.tokens.verify(pair.token)
    assert each_house.tokens.verify((await accounts.begin_session(await each_house.player("alice"))).token)


async def test_a_link_beside_a_deletion_leaves_no_id_without_an_account(each_house: House) -> None:
    accounts, alice = each_house.accounts, await each_house.player("alice")
    await asyncio.gather(
        accounts.delete(alice.user_id),
        accounts.link_device(alice.user_id, "tablet-of-alice"),
        return_exceptions=True,
    )
    assert (await accounts.authenticate_device("tablet-of-alice")).created
