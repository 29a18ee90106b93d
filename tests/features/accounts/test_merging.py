"""Two accounts of one player become one: who they are, how they log in, and what happens to the one given up."""

from __future__ import annotations

import asyncio

import pytest
from tests.features.accounts.house import House

from supergame.core.errors import BadInput, Banned, NotFound, Unauthenticated
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.accounts.model import DEVICES_PER_ACCOUNT_MAX
from supergame.store import Tx


async def test_the_one_that_stays_keeps_its_profile_and_gets_the_others_ways_to_log_in(each_house: House) -> None:
    accounts = each_house.accounts
    ann, old = await each_house.player("ann"), await each_house.player("old-ann")
    await accounts.update(ann.user_id, display_name="Ann", metadata={"level": 2})
    await accounts.update(old.user_id, display_name="Old Ann", location="Graz", metadata={"level": 40})
    await accounts.link_custom(old.user_id, "custom-of-old-ann")
    await accounts.link_email(old.user_id, "ann@example.com", "correct horse")
    before = (await accounts.get(ann.user_id)).user
    await each_house.clock.advance(60)
    await accounts.merge(old.user_id, ann.user_id)

    account = await accounts.get(ann.user_id)
    assert before is not None
    assert account.user is not None
    assert (account.user.username, account.user.display_name, account.user.location) == ("ann", "Ann", "")
    assert account.user.metadata == '{"level":2}'
    assert before.update_time != account.user.update_time
    assert sorted(device.id for device in account.devices) == ["device-of-ann", "device-of-old-ann"]
    assert (account.custom_id, account.email) == ("custom-of-old-ann", "ann@example.com")
    assert (await each_house.accounts.authenticate_device("device-of-old-ann")).user_id == ann.user_id
    login = await accounts.authenticate_email("ann@example.com", "correct horse", create=False)
    assert login.user_id == ann.user_id


async def test_of_what_there_can_be_one_only_that_of_the_one_that_stays_is_kept(each_house: House) -> None:
    accounts = each_house.accounts
    ann, old = await each_house.player("ann"), await each_house.player("old-ann")
    for login, name in ((ann, "ann"), (old, "old-ann")):
        await accounts.link_custom(login.user_id, f"custom-of-{name}")
        await accounts.link_email(login.user_id, f"{name}@example.com", f"password of {name}")
    await accounts.merge(old.user_id, ann.user_id)
    account = await accounts.get(ann.user_id)
    assert (account.custom_id, account.email) == ("custom-of-ann", "ann@example.com")
    assert (await accounts.authenticate_email("ann@example.com", "password of ann")).user_id == ann.user_id
    with pytest.raises(NotFound):
        await accounts.authenticate_email("old-ann@example.com", "password of old-ann", create=False)
    assert (await accounts.authenticate_custom("custom-of-old-ann")).created  # it is anybody's again


async def test_the_newest_devices_are_kept_as_far_as_there_is_room(house: House) -> None:
    accounts = house.accounts
    ann, old = await house.player("ann"), await house.player("old-ann")
    for number in range(DEVICES_PER_ACCOUNT_MAX - 2):
        await accounts.link_device(ann.user_id, f"device-{number:04}-of-ann")
    for number in range(3):
        await house.clock.advance(1)
        await accounts.link_device(old.user_id, f"device-{number}-of-old-ann")
    await accounts.merge(old.user_id, ann.user_id)
    devices = {device.id for device in (await accounts.get(ann.user_id)).devices}
    assert len(devices) == DEVICES_PER_ACCOUNT_MAX
    assert {device for device in devices if "old" in device} == {"device-2-of-old-ann"}


async def test_the_sessions_of_the_one_given_up_end_and_the_others_go_on(each_house: House) -> None:
    accounts = each_house.accounts
    ann, old = await each_house.player("ann"), await each_house.player("old-ann")
    tokens, old_tokens = await accounts.begin_session(ann), await accounts.begin_session(old)
    socket, old_socket = each_house.connect(tokens.token), each_house.connect(old_tokens.token)
    await accounts.merge(old.user_id, ann.user_id)
    assert (bool(old_socket.closed), bool(socket.closed)) == (True, False)
    with pytest.raises(Unauthenticated):
        each_house.tokens.verify(old_tokens.token)
    with pytest.raises(NotFound):
        await accounts.get(old.user_id)
    await accounts.session_refresh(tokens.refresh_token)


async def test_the_features_hear_of_the_merging_and_then_of_the_deletion(each_house: House) -> None:
    heard: list[object] = []

    async def hear(tx: Tx, event: object) -> None:
        heard.append(event)

    each_house.events.within(AccountMerged, hear)
    each_house.events.within(AccountDeleted, hear)
    ann, old = await each_house.player("ann"), await each_house.player("old-ann")
    await each_house.accounts.merge(old.user_id, ann.user_id)
    assert heard == [AccountMerged(old.user_id, ann.user_id), AccountDeleted(old.user_id)]


async def test_what_cannot_be_merged_stays_as_it_is(each_house: House) -> None:
    accounts, nobody = each_house.accounts, each_house.ids.uuid()
    ann, old = await each_house.player("ann"), await each_house.player("old-ann")
    with pytest.raises(BadInput, match="with itself"):
        await accounts.merge(ann.user_id, ann.user_id)
    for pair in ((nobody, ann.user_id), (ann.user_id, nobody)):
        with pytest.raises(NotFound, match="Account not found"):
            await accounts.merge(*pair)
    await accounts.ban(old.user_id)
    for pair in ((old.user_id, ann.user_id), (ann.user_id, old.user_id)):
        with pytest.raises(Banned):
            await accounts.merge(*pair)
    assert len(await accounts.get_many([ann.user_id, old.user_id])) == 2


@pytest.mark.parametrize("deleted", ["the one that stays", "the one given up"])
async def test_merging_while_one_is_deleted_does_one_or_the_other(each_house: House, deleted: str) -> None:
    accounts = each_house.accounts
    ann, old = await each_house.player("ann"), await each_house.player("old-ann")
    goes = ann if deleted == "the one that stays" else old
    merged, gone = await asyncio.gather(
        accounts.merge(old.user_id, ann.user_id), accounts.delete(goes.user_id), return_exceptions=True
    )
    left = [account.user.id for account in await accounts.get_many([ann.user_id, old.user_id]) if account.user]
    if goes is old:  # whichever was first, the other found nobody
        assert sorted([type(merged), type(gone)], key=str) == sorted([NotFound, type(None)], key=str)
        assert left == [ann.user_id]
    else:
        assert gone is None
        assert left == ([] if merged is None else [old.user_id])


async def test_two_that_are_merged_into_each_other_at_once_become_one(each_house: House) -> None:
    accounts = each_house.accounts
    ann, old = await each_house.player("ann"), await each_house.player("old-ann")
    results = await asyncio.gather(
        accounts.merge(old.user_id, ann.user_id), accounts.merge(ann.user_id, old.user_id), return_exceptions=True
    )
    assert {type(result) for result in results} == {type(None), NotFound}
    (left,) = await accounts.get_many([ann.user_id, old.user_id])
    assert len(left.devices) == 2
