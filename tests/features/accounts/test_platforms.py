"""Ids of other platforms: what `identity` has verified, as a way to log in and to be found by."""

from __future__ import annotations

import pytest
from tests.features.accounts.house import House

from supergame.core.errors import Conflict, NotFound, Refused
from supergame.features.accounts import Provider

IDS = {
    Provider.APPLE: "apple-1",
    Provider.FACEBOOK: "facebook-1",
    Provider.FACEBOOK_INSTANT_GAME: "instant-1",
    Provider.GAMECENTER: "gamecenter-1",
    Provider.GOOGLE: "google-1",
    Provider.STEAM: "steam-1",
}


async def test_a_verified_id_logs_in_at_first_with_a_new_account(each_house: House) -> None:
    accounts = each_house.accounts
    first = await accounts.authenticate_verified("openid:xbox", "player-1", username="ann")
    again = await accounts.authenticate_verified("openid:xbox", "player-1")
    assert (first.created, again.created, again.user_id) == (True, False, first.user_id)
    assert (await accounts.authenticate_verified("openid:psn", "player-1")).user_id != first.user_id
    with pytest.raises(NotFound):
        await accounts.authenticate_verified(Provider.STEAM, "nobody", create=False)


async def test_all_platforms_are_shown_on_the_user_and_the_account(each_house: House) -> None:
    accounts, ann, bob = each_house.accounts, await each_house.player("ann"), await each_house.player("bob")
    for provider, external_id in IDS.items():
        await accounts.link_verified(ann.user_id, provider, external_id)
    await accounts.link_verified(ann.user_id, "openid:xbox", "gamer")
    for user in (
        (await accounts.get(ann.user_id)).user,
        (await accounts.users([ann.user_id]))[0],
        next(user for user in await accounts.users_random(2) if user.id == ann.user_id),
    ):
        assert user is not None
        assert (user.apple_id, user.facebook_id, user.facebook_instant_game_id) == (
            "apple-1",
            "facebook-1",
            "instant-1",
        )
        assert (user.gamecenter_id, user.google_id, user.steam_id) == ("gamecenter-1", "google-1", "steam-1")
    found = await accounts.users([], ["bob"], ["facebook-1", "facebook-2", "steam-1"])
    assert sorted(user.id for user in found) == sorted([ann.user_id, bob.user_id])
    assert [account.user.id for account in await accounts.find("steam") if account.user] == [ann.user_id]


async def test_every_way_to_log_in_is_listed(each_house: House) -> None:
    accounts, ann = each_house.accounts, await each_house.player("ann")
    await each_house.clock.advance(1)
    await accounts.link_verified(ann.user_id, "openid:xbox", "gamer")
    links = [(link.provider, link.external_id) for link in await accounts.links(ann.user_id)]
    assert links == [("openid:xbox", "gamer"), ("device", "device-of-ann")]


async def test_a_new_id_of_a_platform_takes_the_place_of_the_old(each_house: House) -> None:
    accounts, ann = each_house.accounts, await each_house.player("ann")
    await accounts.link_verified(ann.user_id, Provider.STEAM, "old")
    await accounts.link_verified(ann.user_id, Provider.STEAM, "new")
    assert await accounts.owners(Provider.STEAM, ["old", "new"]) == {"new": ann.user_id}
    assert await accounts.owners(Provider.STEAM, []) == {}


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        (Provider.APPLE, "Apple ID is already in use."),
        (Provider.FACEBOOK_INSTANT_GAME, "Facebook Instant Game ID is already in use."),
        (Provider.GAMECENTER, "GameCenter ID is already in use."),
        ("openid:xbox", "xbox ID is already in use."),
    ],
)
async def test_what_is_somebody_elses_cannot_be_linked(house: House, provider: str, told: str) -> None:
    ann, bob = await house.player("ann"), await house.player("bob")
    await house.accounts.link_verified(ann.user_id, provider, "the-id")
    with pytest.raises(Conflict) as refused:
        await house.accounts.link_verified(bob.user_id, provider, "the-id")
    assert refused.value.message == told


async def test_the_last_way_to_log_in_stays(house: House) -> None:
    accounts, login = house.accounts, await house.accounts.authenticate_verified(Provider.STEAM, "steam-1")
    with pytest.raises(Refused, match="Cannot unlink last account identifier"):
        await accounts.unlink_verified(login.user_id, Provider.STEAM)
    await accounts.link_verified(login.user_id, Provider.APPLE, "apple-1")
    with pytest.raises(Refused):
        await accounts.unlink_verified(login.user_id, Provider.STEAM, "another")
    await accounts.unlink_verified(login.user_id, Provider.STEAM, "steam-1")
    assert [link.provider for link in await accounts.links(login.user_id)] == ["apple"]
