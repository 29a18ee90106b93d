"""Lists of friends, and of friends' friends, page by page."""

from __future__ import annotations

import pytest
from tests.features.friends.circle import BLOCKED, FRIEND, RECEIVED, SENT, add, befriend, listed, players

from supergame.features.friends.cursors import Acquaintance, Cursor


async def pages(player, path="/v2/friend", **query) -> list[dict]:
    """Every page of a list."""
    found, cursor = [], ""
    while True:
        status, body = await player.http("GET", path, cursor=cursor, **query)
        assert status == 200, body
        found.append(body)
        cursor = body.get("cursor", "")
        if not cursor:
            return found


async def test_a_list_has_friends_first_and_the_oldest_of_each_kind_first(each_lobby):
    ann, *others = await players(each_lobby, "ann", "bob", "cat", "dan", "eve", "fay")
    bob, cat, dan, eve, fay = others
    await each_lobby.services["friends"].block(ann.id, [bob.id])
    for other in (cat, dan):
        await each_lobby.clock.advance(1)
        await add(ann, other)
    await each_lobby.clock.advance(1)
    await add(eve, ann)
    await each_lobby.clock.advance(1)
    await befriend(ann, fay)
    await each_lobby.clock.advance(1)
    await add(dan, ann)
    expected = {"fay": FRIEND, "dan": FRIEND, "cat": SENT, "eve": RECEIVED, "bob": BLOCKED}
    assert list((await listed(ann)).items()) == list(expected.items())
    for state in (FRIEND, SENT, RECEIVED, BLOCKED):
        of_state = {name: found for name, found in expected.items() if found == state}
        assert list((await listed(ann, state=int(state))).items()) == list(of_state.items())


async def test_pages_follow_each_other_to_the_end(each_lobby):
    ann, *others = await players(each_lobby, "ann", *(f"friend-{number}" for number in range(7)))
    await befriend(ann, *others[:5])
    await add(ann, *others[5:])
    for query, names in (({}, others), ({"state": 0}, others[:5])):
        found = await pages(ann, limit=2, **query)
        listed_names = [friend["user"]["username"] for page in found for friend in page["friends"]]
        assert sorted(listed_names) == [other.username for other in names]
        assert len(found) == (len(names) + 1) // 2
    assert len(await pages(ann)) == 1  # without a limit there is room for all
    assert await pages(others[6], state=0) == [{}]


async def test_a_friend_is_listed_as_others_see_them(lobby):
    ann, bob, cat = await players(lobby, "ann", "bob", "cat")
    await befriend(ann, bob, cat)
    lobby.sessions.remove(cat.session)
    bobs, cats = sorted((await ann.http("GET", "/v2/friend"))[1]["friends"], key=lambda f: f["user"]["username"])
    assert bobs["user"]["online"] is True
    assert "online" not in cats["user"]
    assert bobs["user"]["id"] == bob.id
    assert (bobs["state"], bobs["metadata"]) == (0, "{}")
    assert bobs["update_time"] == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 0}, "Invalid limit - limit must be between 1 and 1000."),
        ({"limit": 1001}, "Invalid limit - limit must be between 1 and 1000."),
        ({"state": 4}, "Invalid state - state must be between 0 and 3."),
        ({"state": -1}, "Invalid state - state must be between 0 and 3."),
        ({"cursor": "no cursor"}, "Invalid cursor."),
        ({"cursor": Cursor(1, 5, "00000000-0000-4000-8000-000000000000", True).text()}, "Invalid cursor."),
        ({"cursor": Cursor(1, 5, "00000000-0000-4000-8000-000000000000").text(), "state": 1}, "Invalid cursor."),
        ({"cursor": Cursor(1, 5, "00000000-0000-4000-8000-000000000000", True).text(), "state": 2}, "Invalid cursor."),
    ],
)
async def test_what_is_no_page_is_refused(lobby, query, message):
    ann = await lobby.player("ann")
    assert await ann.http("GET", "/v2/friend", **query) == (400, {"code": 3, "message": message})


async def acquaintances(player, **query) -> list[tuple[str, str]]:
    """(user, the friend who knows them), of all pages."""
    found = await pages(player, "/v2/friend/friends", **query)
    names = await player.lobby.services["accounts"].usernames(
        entry["referrer"] for page in found for entry in page.get("friends_of_friends", [])
    )
    return sorted(
        (entry["user"]["username"], names[entry["referrer"]])
        for page in found
        for entry in page.get("friends_of_friends", [])
    )


async def test_friends_of_friends_are_those_whom_one_does_not_know_yet(each_lobby):
    service = each_lobby.services["friends"]
    names = ("ann", "bob", "cat", "dan", "eve", "fay", "gus")
    ann, bob, cat, dan, eve, fay, gus = await players(each_lobby, *names)
    await befriend(ann, bob, cat)
    await befriend(bob, cat, dan, eve, fay, gus)
    await befriend(cat, dan)
    await add(gus, cat)
    assert await acquaintances(ann) == [
        ("dan", "bob"),
        ("dan", "cat"),
        ("eve", "bob"),
        ("fay", "bob"),
        ("gus", "bob"),
    ]
    assert await acquaintances(ann, limit=1) == await acquaintances(ann, limit=100)
    await add(eve, ann)
    await service.block(ann.id, [fay.id])
    await service.block(gus.id, [ann.id])
    assert await acquaintances(ann) == [("dan", "bob"), ("dan", "cat")]
    assert await acquaintances(dan, limit=1) == [
        ("ann", "bob"),
        ("ann", "cat"),
        ("eve", "bob"),
        ("fay", "bob"),
        ("gus", "bob"),
    ]


async def test_ten_friends_of_friends_are_a_page_unless_more_are_asked_for(lobby):
    ann, bob, *others = await players(lobby, "ann", "bob", *(f"friend-{number}" for number in range(11)))
    await befriend(bob, ann, *others)
    _, body = await ann.http("GET", "/v2/friend/friends")
    page = await lobby.services["friends"].of_friends_list(ann.id)
    assert len(body["friends_of_friends"]) == len(page.friends_of_friends) == 10
    assert len(await pages(ann, "/v2/friend/friends")) == 2


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 0}, "Invalid limit - limit must be between 1 and 100."),
        ({"limit": 101}, "Invalid limit - limit must be between 1 and 100."),
        ({"cursor": "no cursor"}, "Invalid cursor."),
        ({"cursor": Acquaintance("x", "\0").text()}, "Invalid cursor."),
    ],
)
async def test_what_is_no_page_of_friends_of_friends_is_refused(lobby, query, message):
    ann = await lobby.player("ann")
    assert await ann.http("GET", "/v2/friend/friends", **query) == (400, {"code": 3, "message": message})
