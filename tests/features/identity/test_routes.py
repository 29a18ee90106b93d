"""Logins, links and imports over HTTP, as a client does them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest
from tests.features.identity.platforms import Platforms

from supergame import testing
from supergame.client import Client, RequestFailed, Session
from supergame.protocol.friends import ImportFacebookFriendsRequest, ImportSteamFriendsRequest
from supergame.protocol.identity import (
    AccountApple,
    AccountFacebook,
    AccountFacebookInstantGame,
    AccountGameCenter,
    AccountGoogle,
    AccountLinks,
    AccountOpenId,
    AccountSteam,
    AuthenticateAppleRequest,
    AuthenticateFacebookInstantGameRequest,
    AuthenticateFacebookRequest,
    AuthenticateGameCenterRequest,
    AuthenticateGoogleRequest,
    AuthenticateOpenIdRequest,
    AuthenticateSteamRequest,
    LinkFacebookRequest,
    LinkOpenIdRequest,
    LinkSteamRequest,
    UnlinkOpenIdRequest,
)
from supergame.protocol.session import Session as WireSession
from supergame.protocol.types import Empty, Int64, Message
from supergame.protocol.users import GetUsersRequest, Users

WHO = "76561197960265728"
VARS = {"team": "red"}


def accounts(platforms: Platforms) -> dict[str, Any]:
    """How the same somebody shows who they are, by the operations' names."""
    proof, token = platforms.gamecenter_player(WHO), platforms.issuer.token(WHO)
    return {
        "Apple": AccountApple(token, VARS),
        "Facebook": AccountFacebook(platforms.facebook_token(WHO), VARS),
        "FacebookInstantGame": AccountFacebookInstantGame(platforms.instant_player(WHO), VARS),
        "GameCenter": AccountGameCenter(
            proof.player_id,
            proof.bundle_id,
            Int64(proof.timestamp),
            proof.salt,
            proof.signature,
            proof.public_key_url,
            VARS,
        ),
        "Google": AccountGoogle(token, VARS),
        "Steam": AccountSteam(platforms.steam_ticket(WHO), VARS),
        "OpenId": AccountOpenId(token, vars=VARS),
    }


AUTHENTICATE: dict[str, Any] = {
    "Apple": AuthenticateAppleRequest,
    "Facebook": AuthenticateFacebookRequest,
    "FacebookInstantGame": AuthenticateFacebookInstantGameRequest,
    "GameCenter": AuthenticateGameCenterRequest,
    "Google": AuthenticateGoogleRequest,
    "Steam": AuthenticateSteamRequest,
    "OpenId": lambda *fields: AuthenticateOpenIdRequest("test", *fields),
}
LINK: dict[str, Any] = {
    "Facebook": LinkFacebookRequest,
    "Steam": LinkSteamRequest,
    "OpenId": lambda account: LinkOpenIdRequest("test", account),
}
UNLINK: dict[str, Any] = {"OpenId": lambda account: UnlinkOpenIdRequest("test")}


async def call(client: Client, session: Session, name: str, request: Message) -> None:
    await client.call(name, request, Empty, session)


async def failure(work: Awaitable[Any]) -> tuple[int, str]:
    with pytest.raises(RequestFailed) as failed:
        await work
    return failed.value.code, failed.value.message


@pytest.mark.parametrize("name", AUTHENTICATE)
async def test_the_way_of_a_player_over_http(node: testing.RunningNode, platforms: Platforms, name: str) -> None:
    client, ann = node.client(), await node.player("ann")
    account, operation = accounts(platforms)[name], f"Authenticate{name}"
    nobody = AUTHENTICATE[name](account, False, "")
    assert await failure(client.call(operation, nobody, WireSession)) == (5, "User account not found.")
    first = Session.of(await client.call(operation, AUTHENTICATE[name](account, None, "bob"), WireSession))
    assert (first.created, first.username, first.vars) == (True, "bob", VARS)
    again = Session.of(await client.call(operation, AUTHENTICATE[name](account, True, ""), WireSession))
    assert (again.created, again.user_id) == (False, first.user_id)

    link, unlink = LINK.get(name, lambda account: account), UNLINK.get(name, lambda account: account)
    code, message = await failure(call(ann.client, ann.session, f"Link{name}", link(account)))
    assert (code, message.endswith("ID is already in use.")) == (6, True)
    assert (await failure(call(client, first, f"Unlink{name}", unlink(account))))[0] == 7
    await client.call("DeleteAccount", Empty(), Empty, first)
    await call(ann.client, ann.session, f"Link{name}", link(account))
    links = await ann.client.call("ListLinks", Empty(), AccountLinks, ann.session)
    assert [link.id for link in links.links] in (["device-of-ann", WHO], [WHO, "device-of-ann"])
    assert all(link.link_time is not None for link in links.links)
    await call(ann.client, ann.session, f"Unlink{name}", unlink(account))


@pytest.mark.parametrize("name", AUTHENTICATE)
async def test_without_an_account_nothing_can_be_shown(node: testing.RunningNode, name: str) -> None:
    request = AUTHENTICATE[name](None, None, "")
    code, message = await failure(node.client().call(f"Authenticate{name}", request, WireSession))
    assert (code, message.endswith(" required.")) == (3, True)


async def test_game_center_may_be_unlinked_without_a_proof(node: testing.RunningNode, platforms: Platforms) -> None:
    ann = await node.player("ann")
    await node.services.identity.link_gamecenter(ann.user_id, platforms.gamecenter_player(WHO))
    await call(ann.client, ann.session, "UnlinkGameCenter", AccountGameCenter())
    assert (await failure(call(ann.client, ann.session, "UnlinkGameCenter", AccountGameCenter())))[0] == 7


async def test_links_without_an_account_say_what_is_missing(node: testing.RunningNode) -> None:
    ann = await node.player("ann")
    for name, request, told in (
        ("LinkFacebook", LinkFacebookRequest(), "Facebook access token is required."),
        ("LinkSteam", LinkSteamRequest(), "Steam access token is required."),
        ("LinkOpenId", LinkOpenIdRequest("test"), "An ID token or an authorization code is required."),
        ("ImportFacebookFriends", ImportFacebookFriendsRequest(), "Facebook access token is required."),
        ("ImportSteamFriends", ImportSteamFriendsRequest(), "Steam access token is required."),
    ):
        assert await failure(call(ann.client, ann.session, name, request)) == (3, told)


async def test_friends_are_imported(node: testing.RunningNode, platforms: Platforms) -> None:
    ann, bob = await node.player("ann"), await node.player("bob")
    other = str(int(WHO) + 1)
    await node.services.identity.link_facebook(bob.user_id, platforms.facebook_token(other))
    await node.services.identity.link_steam(bob.user_id, platforms.steam_ticket(other))
    platforms.friends[WHO] = [other]
    facebook, steam = AccountFacebook(platforms.facebook_token(WHO)), AccountSteam(platforms.steam_ticket(WHO))
    await call(ann.client, ann.session, "ImportFacebookFriends", ImportFacebookFriendsRequest(facebook))
    await call(ann.client, ann.session, "ImportSteamFriends", ImportSteamFriendsRequest(steam, reset=True))
    listed = await node.services.friends.list(ann.user_id)
    assert [friend.user.username for friend in listed.friends if friend.user] == ["bob"]
    found = await ann.client.call("GetUsers", GetUsersRequest(facebook_ids=[other, "1"]), Users, ann.session)
    assert [(user.username, user.facebook_id, user.steam_id) for user in found.users] == [("bob", other, other)]


async def test_what_a_client_is_told_when_it_cannot_log_in(node: testing.RunningNode, platforms: Platforms) -> None:
    client = node.client()

    async def told(provider: str, token: str) -> tuple[int, str]:
        request = AuthenticateOpenIdRequest(provider, AccountOpenId(token))
        return await failure(client.call("AuthenticateOpenId", request, WireSession))

    assert await told("nobody", "x") == (9, "nobody authentication is not configured.")
    assert await told("test", "x") == (16, "Could not authenticate test profile: it is no token.")
    platforms.issuer.status = 503
    assert await told("test", platforms.issuer.token()) == (
        14,
        "The keys of test cannot be fetched right now; please try again.",
    )
