"""Apple, Facebook, Instant Games, Google and Steam: who gets in, who does not, and friends from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.features.identity.issuer import Issuer
from tests.features.identity.platforms import Platforms

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.core.errors import (
    BadInput,
    Banned,
    Conflict,
    NotConfigured,
    NotFound,
    Refused,
    SupergameError,
    Unauthenticated,
    Unavailable,
)
from supergame.features.accounts import Login
from supergame.features.identity import Identity
from supergame.features.identity.facebook import FRIENDS_REQUESTS_MAX

ANN, BOB, CAROL, DAN = (str(76_561_197_960_265_728 + number) for number in range(4))
"""Ids that every platform accepts."""


class Case:
    """One platform: how somebody shows who they are there, and the calls of the service."""

    def __init__(self, name: str, proof: Callable[[Platforms, str], Any], field: str) -> None:
        self.name, self.proof, self.field = name, proof, field

    def authenticate(self, identity: Identity, proof: Any, **options: Any) -> Awaitable[Login]:
        return getattr(identity, f"authenticate_{self.name}")(proof, **options)  # type: ignore[no-any-return]

    def link(self, identity: Identity, user_id: str, proof: Any) -> Awaitable[None]:
        return getattr(identity, f"link_{self.name}")(user_id, proof)  # type: ignore[no-any-return]

    def unlink(self, identity: Identity, user_id: str, *proof: Any) -> Awaitable[None]:
        return getattr(identity, f"unlink_{self.name}")(user_id, *proof)  # type: ignore[no-any-return]


CASES = [
    Case("apple", lambda at, who: at.issuer.token(who), "apple_id"),
    Case("facebook", lambda at, who: at.facebook_token(who), "facebook_id"),
    Case("facebook", lambda at, who: at.issuer.token(who), "facebook_id"),
    Case("facebook_instant_game", lambda at, who: at.instant_player(who), "facebook_instant_game_id"),
    Case("gamecenter", lambda at, who: at.gamecenter_player(who), "gamecenter_id"),
    Case("google", lambda at, who: at.issuer.token(who), "google_id"),
    Case("steam", lambda at, who: at.steam_ticket(who), "steam_id"),
]
each = pytest.mark.parametrize(
    "case", CASES, ids=["apple", "facebook", "limited", "instant", "gamecenter", "google", "steam"]
)


@each
async def test_players_log_in_and_are_linked(case: Case, each_node: testing.RunningNode, platforms: Platforms) -> None:
    """The whole of it: an account at the first login, the same one at the next, a link to another, and its end."""
    identity, accounts = each_node.services.identity, each_node.services.accounts
    with pytest.raises(NotFound, match="User account not found"):
        await case.authenticate(identity, case.proof(platforms, ANN), create=False)
    first = await case.authenticate(identity, case.proof(platforms, ANN), username="ann")
    again = await case.authenticate(identity, case.proof(platforms, ANN))
    assert (first.created, again.created, again.user_id, again.username) == (True, False, first.user_id, "ann")
    with pytest.raises(Conflict, match="Username is already in use"):
        await case.authenticate(identity, case.proof(platforms, BOB), username="ann")

    bob = (await each_node.player("bob")).user_id
    with pytest.raises(Conflict, match=r"ID is already in use\."):
        await case.link(identity, bob, case.proof(platforms, ANN))
    await case.link(identity, bob, case.proof(platforms, CAROL))
    await case.link(identity, bob, case.proof(platforms, BOB))
    (user,) = await accounts.users([bob])
    assert getattr(user, case.field) == BOB

    with pytest.raises(Refused, match="Cannot unlink last account identifier"):
        await case.unlink(identity, first.user_id)
    with pytest.raises(Refused, match="Cannot unlink last account identifier"):
        await case.unlink(identity, bob, case.proof(platforms, CAROL))
    await case.unlink(identity, bob, case.proof(platforms, BOB))
    with pytest.raises(Refused, match="Cannot unlink last account identifier"):
        await case.unlink(identity, bob)
    await accounts.link_device(first.user_id, "device-of-ann")
    await case.unlink(identity, first.user_id)


@each
async def test_a_platform_that_is_switched_off_is_told(case: Case, platforms: Platforms) -> None:
    async with testing.node() as node:
        for work in (
            case.authenticate(node.services.identity, case.proof(platforms, ANN)),
            case.link(node.services.identity, "nobody", case.proof(platforms, ANN)),
            case.unlink(node.services.identity, "nobody", case.proof(platforms, ANN)),
        ):
            with pytest.raises(NotConfigured, match=r"authentication is not configured\."):
                await work


async def refused(work: Awaitable[Any], kind: type[SupergameError] = Unauthenticated) -> str:
    with pytest.raises(kind) as told:
        await work
    return told.value.message


# Apple and Google


async def test_a_token_for_another_app_does_not_log_in(node: testing.RunningNode, platforms: Platforms) -> None:
    identity, issuer = node.services.identity, platforms.issuer
    elsewhere, expired = issuer.token(aud="another-app"), issuer.token(exp=1)
    for token in (elsewhere, expired, issuer.token(iss="https://issuer.example"), "no token"):
        assert await refused(identity.authenticate_apple(token)) == "Could not authenticate Apple profile."
        assert await refused(identity.authenticate_google(token)) == "Could not authenticate Google profile."
    assert await refused(identity.authenticate_facebook(elsewhere)) == "Could not authenticate Facebook profile."


async def test_only_google_can_be_told_to_accept_the_tokens_of_any_app(
    platforms: Platforms, clock: ManualClock
) -> None:
    settings = {
        **platforms.settings(),
        "identity.apple_bundle_ids": "*",
        "identity.google_client_ids": "*",
        "identity.google_client_secret": "",
    }
    async with testing.node(settings=settings, clock=clock) as node:
        for audience in ("*", "another-app"):
            assert await node.services.identity.authenticate_google(platforms.issuer.token(aud=audience))
        await refused(node.services.identity.authenticate_apple(platforms.issuer.token(aud="another-app")))


async def test_a_new_account_takes_over_the_name_that_google_knows(
    node: testing.RunningNode, platforms: Platforms
) -> None:
    login = await node.services.identity.authenticate_google(platforms.issuer.token(aud="another", name="Ann Other"))
    user = (await node.services.accounts.get(login.user_id)).user
    assert user is not None
    assert user.display_name == "Ann Other"


async def test_a_server_auth_code_of_play_games_logs_in(node: testing.RunningNode, platforms: Platforms) -> None:
    issuer: Issuer = platforms.issuer
    issuer.codes["4/0AX4"] = {"redirect_uri": "", "answer": {"access_token": "access-1"}}
    issuer.users["access-1"] = {"playerId": "g0123456789", "displayName": "Ann of the Games"}
    settings = {**platforms.settings(), "identity.google_client_ids": "the-client"}
    async with testing.node(settings=settings, clock=node.clock) as other:
        login = await other.services.identity.authenticate_google("4/0AX4")
        (user,) = await other.services.accounts.users([login.user_id])
        assert (user.google_id, user.display_name) == ("g0123456789", "Ann of the Games")
        await refused(other.services.identity.authenticate_google("4/0AX4"))


async def test_without_the_clients_secret_google_gives_id_tokens_only(platforms: Platforms, clock: ManualClock) -> None:
    settings = {**platforms.settings(), "identity.google_client_secret": ""}
    async with testing.node(settings=settings, clock=clock) as node:
        assert (await node.services.identity.authenticate_google(platforms.issuer.token())).created
        await refused(node.services.identity.authenticate_google("4/0AX4"))


# Facebook


async def test_facebook_refuses_tokens_of_other_apps_and_of_nobody(
    node: testing.RunningNode, platforms: Platforms
) -> None:
    for token in ("EAA-of-another-app", "made up", "é", "EAA" + "x" * 5_000):
        assert await refused(node.services.identity.authenticate_facebook(token)) == (
            "Could not authenticate Facebook profile."
        )


@pytest.mark.parametrize("failure", [{"code": 2}, {"code": 4}, {"code": 999, "is_transient": True}])
async def test_facebook_in_trouble_says_nothing_against_the_token(
    node: testing.RunningNode, platforms: Platforms, failure: dict[str, Any]
) -> None:
    platforms.graph_failure = failure
    told = await refused(node.services.identity.authenticate_facebook(platforms.facebook_token(ANN)), Unavailable)
    assert told == "Facebook cannot be reached right now; please try again."


async def test_each_kind_of_facebook_login_wants_its_own_settings(platforms: Platforms, clock: ManualClock) -> None:
    classic = {**platforms.settings(), "identity.facebook_app_id": ""}
    limited = {**platforms.settings(), "identity.facebook_app_secret": ""}
    async with testing.node(settings=classic, clock=clock) as node:
        assert await node.services.identity.authenticate_facebook(platforms.facebook_token(ANN))
        told = await refused(node.services.identity.authenticate_facebook(platforms.issuer.token()), NotConfigured)
        assert told == "Facebook Limited Login is not configured."
    async with testing.node(settings=limited, clock=clock) as node:
        assert await node.services.identity.authenticate_facebook(platforms.issuer.token())
        await refused(node.services.identity.authenticate_facebook(platforms.facebook_token(ANN)), NotConfigured)


# Facebook Instant Games


async def test_player_info_is_signed_with_the_secret_lately(
    node: testing.RunningNode, platforms: Platforms, clock: ManualClock
) -> None:
    identity, now = node.services.identity, platforms.now()
    good = platforms.instant_player(ANN, issued_at=now - 600)
    assert await identity.authenticate_facebook_instant_game(good)
    signature, payload = good.split(".")
    for bad in (
        platforms.instant_player(ANN, secret="another"),
        platforms.instant_player(ANN, issued_at=now - 601),
        platforms.instant_player(ANN, issued_at=now + 61),
        platforms.instant_player(ANN, issued_at="now"),
        platforms.instant_player(ANN, algorithm="none"),
        platforms.instant_player(""),
        f"{signature}.{platforms.instant_player(BOB).split('.')[1]}",
        signature,
        "é.é",
        "!.!",
        ".",
        payload + "." * 5_000,
    ):
        assert await refused(identity.authenticate_facebook_instant_game(bad)) == (
            "Could not authenticate Facebook Instant Game profile."
        )


# Steam


async def test_steam_refuses_tickets_of_others_and_whom_the_publisher_has_banned(
    node: testing.RunningNode, platforms: Platforms
) -> None:
    identity = node.services.identity
    for ticket in ("15" + "0" * 16, "not hexadecimal", "abc", "14" * 3_000):
        assert await refused(identity.authenticate_steam(ticket)) == "Could not authenticate Steam profile."
    platforms.steam_banned.add(ANN)
    await refused(identity.authenticate_steam(platforms.steam_ticket(ANN)), Banned)


async def test_a_wrong_publisher_key_is_not_the_players_fault(platforms: Platforms, clock: ManualClock) -> None:
    settings = {**platforms.settings(), "identity.steam_publisher_key": "wrong", "identity.steam_ticket_identity": ""}
    async with testing.node(settings=settings, clock=clock) as node:
        told = await refused(node.services.identity.authenticate_steam(platforms.steam_ticket(ANN)), Unavailable)
        assert told == "Steam cannot be reached right now; please try again."


# Friends


async def friends_of(node: testing.RunningNode, user_id: str) -> set[str]:
    listed = await node.services.friends.list(user_id)
    return {friend.user.id for friend in listed.friends if friend.user}


async def test_friends_are_imported_from_facebook_page_by_page(
    each_node: testing.RunningNode, platforms: Platforms
) -> None:
    identity = each_node.services.identity
    others = [(await identity.authenticate_facebook(platforms.facebook_token(who))).user_id for who in (BOB, CAROL)]
    platforms.friends[ANN] = ["1", "2", BOB, "3", CAROL]
    ann = await identity.authenticate_facebook(platforms.facebook_token(ANN))
    assert await friends_of(each_node, ann.user_id) == set()
    assert await identity.import_facebook_friends(ann.user_id, platforms.facebook_token(ANN)) == 2
    assert await friends_of(each_node, ann.user_id) == set(others)
    assert platforms.asked.count("/graph/me/friends") == 3


async def test_facebook_is_not_asked_without_end(node: testing.RunningNode, platforms: Platforms) -> None:
    identity = node.services.identity
    ann = (await identity.authenticate_facebook(platforms.facebook_token(ANN))).user_id
    platforms.friends[ANN], platforms.friends_per_page = [str(number) for number in range(100)], 1
    assert await identity.import_facebook_friends(ann, platforms.facebook_token(ANN)) == 0
    assert platforms.asked.count("/graph/me/friends") == FRIENDS_REQUESTS_MAX


async def test_friends_whose_ids_make_no_sense_are_passed_over(
    each_node: testing.RunningNode, platforms: Platforms
) -> None:
    identity = each_node.services.identity
    bob = (await identity.authenticate_facebook(platforms.facebook_token(BOB))).user_id
    platforms.friends[ANN] = ["\x00", "x" * 256, "", BOB]
    ann = (await identity.authenticate_facebook(platforms.facebook_token(ANN))).user_id
    assert await identity.import_facebook_friends(ann, platforms.facebook_token(ANN)) == 1
    assert await friends_of(each_node, ann) == {bob}


async def test_friends_come_along_with_a_login_or_a_link_that_asks_for_it(
    node: testing.RunningNode, platforms: Platforms
) -> None:
    identity = node.services.identity
    bob = (await identity.authenticate_facebook(platforms.facebook_token(BOB))).user_id
    carol = (await identity.authenticate_steam(platforms.steam_ticket(CAROL))).user_id
    platforms.friends = {ANN: [BOB], DAN: [CAROL]}
    ann = (await identity.authenticate_facebook(platforms.facebook_token(ANN), sync=True)).user_id
    assert await friends_of(node, ann) == {bob}
    await identity.link_steam(ann, platforms.steam_ticket(DAN), sync=True)
    assert await friends_of(node, ann) == {bob, carol}
    dan = (await node.player("dan")).user_id
    await identity.link_facebook(dan, platforms.facebook_token(DAN), sync=True)
    assert await friends_of(node, dan) == set()


async def test_limited_login_names_the_friends_in_the_token(node: testing.RunningNode, platforms: Platforms) -> None:
    identity = node.services.identity
    bob = (await identity.authenticate_facebook(platforms.facebook_token(BOB))).user_id
    token = platforms.issuer.token(ANN, user_friends=[BOB, 7, None])
    ann = (await identity.authenticate_facebook(token, sync=True)).user_id
    assert await friends_of(node, ann) == {bob}
    assert await identity.import_facebook_friends(ann, platforms.issuer.token(ANN, user_friends="all")) == 0


async def test_a_reset_ends_the_other_friendships(node: testing.RunningNode, platforms: Platforms) -> None:
    identity = node.services.identity
    bob = (await identity.authenticate_steam(platforms.steam_ticket(BOB))).user_id
    carol = (await identity.authenticate_steam(platforms.steam_ticket(CAROL))).user_id
    platforms.friends[ANN] = [BOB]
    ann = (await identity.authenticate_steam(platforms.steam_ticket(ANN), sync=True)).user_id
    platforms.friends[ANN] = [CAROL]
    assert await identity.import_steam_friends(ann, platforms.steam_ticket(ANN)) == 1
    assert await friends_of(node, ann) == {bob, carol}
    await identity.import_steam_friends(ann, platforms.steam_ticket(ANN), reset=True)
    assert await friends_of(node, ann) == {carol}


async def test_friends_that_are_kept_private_end_no_friendship_and_no_login(
    node: testing.RunningNode, platforms: Platforms
) -> None:
    identity, ticket = node.services.identity, platforms.steam_ticket(ANN)
    bob = (await identity.authenticate_steam(platforms.steam_ticket(BOB))).user_id
    platforms.friends[ANN] = [BOB]
    ann = (await identity.authenticate_steam(ticket, sync=True)).user_id
    del platforms.friends[ANN]
    for reset in (False, True):
        with pytest.raises(Refused, match="list of friends on Steam is private"):
            await identity.import_steam_friends(ann, ticket, reset=reset)
        with pytest.raises(Refused, match="has not let Facebook name their friends"):
            await identity.import_facebook_friends(ann, platforms.issuer.token(ANN), reset=reset)
    assert await identity.authenticate_steam(ticket, sync=True)
    assert await friends_of(node, ann) == {bob}
    with pytest.raises(Unauthenticated, match="Could not authenticate Steam profile"):
        await identity.import_steam_friends(ann, "abcd")


async def test_a_login_goes_on_when_friends_cannot_be_imported(node: testing.RunningNode, platforms: Platforms) -> None:
    platforms.friends_status = 500
    login = await node.services.identity.authenticate_steam(platforms.steam_ticket(ANN), sync=True)
    assert login.created
    with pytest.raises(Unavailable):
        await node.services.identity.import_steam_friends(login.user_id, platforms.steam_ticket(ANN))


# What is missing


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda identity: identity.authenticate_apple(""), "Apple ID token is required."),
        (lambda identity: identity.link_facebook("", ""), "Facebook access token is required."),
        (
            lambda identity: identity.authenticate_facebook_instant_game(""),
            "Signed Player Info for a Facebook Instant Game is required.",
        ),
        (lambda identity: identity.link_google("", ""), "Google access token is required."),
        (lambda identity: identity.import_steam_friends("", ""), "Steam access token is required."),
    ],
)
async def test_what_is_missing_is_named(
    node: testing.RunningNode, call: Callable[[Identity], Awaitable[Any]], told: str
) -> None:
    assert await refused(call(node.services.identity), BadInput) == told


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("bundle_id", "GameCenter bundle ID is required."),
        ("player_id", "GameCenter player ID is required."),
        ("public_key_url", "GameCenter public key URL is required."),
        ("salt", "GameCenter salt is required."),
        ("signature", "GameCenter signature is required."),
        ("timestamp", "GameCenter timestamp is required."),
    ],
)
async def test_what_is_missing_of_game_center_is_named(
    node: testing.RunningNode, platforms: Platforms, field: str, told: str
) -> None:
    proof = platforms.gamecenter_player(ANN)._replace(**{field: 0 if field == "timestamp" else ""})
    assert await refused(node.services.identity.authenticate_gamecenter(proof), BadInput) == told
