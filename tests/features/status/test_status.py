"""Who shows which status, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from tests.features.lobby import Lobby, Player

from supergame.core.errors import NotFound
from supergame.features import accounts, presence, status
from supergame.features.status import FOLLOWED_PER_SESSION_MAX, STATUS_BYTES_MAX
from supergame.store import Database


@pytest.fixture
async def lobby(sqlite: Database) -> AsyncIterator[Lobby]:
    found = await Lobby.open([presence.feature, accounts.feature, status.feature], sqlite)
    yield found
    await found.close()


def event(joins=(), leaves=()) -> dict:
    told = {"joins": list(joins), "leaves": list(leaves)}
    return {"status_presence_event": {name: who for name, who in told.items() if who}}


def showing(player: Player, text: str) -> dict:
    return {**player.presence, "status": text}


async def test_followers_are_told_of_each_status(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    assert await alice.ask("status_follow", user_ids=[bob.id]) == {"status": {}}
    assert await bob.ask("status_update", status="hello") == {}
    assert await alice.heard() == [event(joins=[showing(bob, "hello")])]
    await bob.ask("status_update", status="in a match")
    assert await alice.heard() == [event(joins=[showing(bob, "in a match")], leaves=[showing(bob, "hello")])]
    await bob.ask("status_update")
    assert await alice.heard() == [event(leaves=[showing(bob, "in a match")])]


async def test_following_tells_who_is_online_already(lobby):
    alice, phone, tablet = await lobby.player("alice"), await lobby.player("bob"), await lobby.player("bob")
    await phone.ask("status_update", status="")
    await tablet.ask("status_update", status="reading")
    answer = await alice.ask("status_follow", user_ids=[phone.id])
    assert answer == {"status": {"presences": [showing(phone, ""), showing(tablet, "reading")]}}


async def test_users_are_followed_by_name_as_well_and_those_who_do_not_exist_passed_over(lobby):
    alice, bob, carol = await lobby.player("alice"), await lobby.player("bob"), await lobby.player("carol")
    for player in (bob, carol):
        await player.ask("status_update", status="here")
    answer = await alice.ask(
        "status_follow", user_ids=[carol.id, str(uuid4()), carol.id], usernames=["bob", "nobody", "bob"]
    )
    assert sorted(who["username"] for who in answer["status"]["presences"]) == ["bob", "carol"]


async def test_everybody_hears_of_themselves_without_asking(lobby):
    phone, tablet = await lobby.player("alice"), await lobby.player("alice")
    await phone.ask("status_update", status="hi")
    assert await phone.heard() == await tablet.heard() == [event(joins=[showing(phone, "hi")])]
    assert await phone.ask("status_follow", user_ids=[phone.id], usernames=["alice"]) == {"status": {}}
    await phone.ask("status_unfollow", user_ids=[phone.id])
    await tablet.ask("status_update", status="ho")
    assert await phone.heard() == [event(joins=[showing(tablet, "ho")])]


async def test_a_socket_may_show_itself_from_the_start(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await alice.ask("status_follow", user_ids=[bob.id])
    again = await lobby.player("bob", shows_status=True)
    assert await alice.heard() == [event(joins=[showing(again, "")])]
    assert await again.heard() == [event(joins=[showing(again, "")])]


async def test_whoever_disconnects_is_gone_and_follows_nobody(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await alice.ask("status_follow", user_ids=[bob.id])
    await bob.ask("status_follow", user_ids=[alice.id])
    await bob.ask("status_update", status="here")
    await alice.heard()
    assert b"supergame_status_followers 2.0" in lobby.metrics.render()
    bob.session.close()
    assert await alice.heard() == [event(leaves=[showing(bob, "here")])]
    alice.session.close()
    await alice.heard()
    assert b"supergame_status_followers 0.0" in lobby.metrics.render()


async def test_unfollowing_ends_it(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    await alice.ask("status_follow", user_ids=[bob.id])
    assert await alice.ask("status_unfollow", user_ids=[bob.id, str(uuid4())]) == {}
    await bob.ask("status_update", status="here")
    assert await alice.heard() == []


async def test_following_twice_is_following_once(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    for _ in range(2):
        await alice.ask("status_follow", usernames=["bob"])
    await bob.ask("status_update", status="here")
    assert len(await alice.heard()) == 1


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("status_follow", {"user_ids": ["bob"]}, "Invalid user identifier"),
        ("status_follow", {"usernames": [""]}, "Invalid username"),
        ("status_unfollow", {"user_ids": ["bob"]}, "Invalid user identifier"),
        ("status_update", {"status": "ä" * (STATUS_BYTES_MAX // 2) + "!"}, "Status must be 2048 bytes or less"),
    ],
)
async def test_what_does_not_fit_is_refused(lobby, name, body, message):
    alice = await lobby.player("alice")
    assert await alice.ask(name, **body) == {"error": {"code": 3, "message": message}}


async def test_the_longest_status_is_shown(lobby):
    alice = await lobby.player("alice")
    assert await alice.ask("status_update", status="ä" * (STATUS_BYTES_MAX // 2)) == {}


async def test_a_session_follows_so_many_and_not_more(lobby):
    alice, bob, carol = await lobby.player("alice"), await lobby.player("bob"), await lobby.player("carol")
    log_in = lobby.services["accounts"].authenticate_device
    logins = await asyncio.gather(*(log_in(f"device-{n:04}") for n in range(FOLLOWED_PER_SESSION_MAX - 1)))
    assert await alice.ask("status_follow", user_ids=[login.user_id for login in logins]) == {"status": {}}
    assert await alice.ask("status_follow", user_ids=[bob.id]) == {"status": {}}
    full = {"error": {"code": 3, "message": "A session may follow 1000 users at a time."}}
    assert await alice.ask("status_follow", user_ids=[carol.id]) == full
    assert await alice.ask("status_follow", user_ids=[bob.id]) == {"status": {}}
    assert await bob.ask("status_follow", user_ids=[str(uuid4()) for _ in range(FOLLOWED_PER_SESSION_MAX + 1)]) == full


async def test_a_session_that_ended_meanwhile_follows_nobody(lobby):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    following = lobby.services["status"].follow(alice.session.id, [bob.id])
    alice.session.close()
    assert await following == []
    await alice.heard()
    with pytest.raises(NotFound):
        await lobby.services["status"].follow(alice.session.id, [bob.id])
