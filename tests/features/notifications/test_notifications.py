"""Telling players something: live, kept, listed, deleted."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.features.lobby import Lobby
from tests.features.notifications.conftest import FEATURES

from supergame.bus import MemoryBus
from supergame.core.errors import BadInput, NotFound
from supergame.features.notifications import STORED_PER_USER_MAX, Draft, NotificationCode
from supergame.features.notifications.model import Cursor
from supergame.features.notifications.service import CONTENT_BYTES_MAX, DRAFTS_MAX, IDS_MAX, SUBJECT_BYTES_MAX


async def listed(player, limit=100, cursor="") -> dict:
    status, body = await player.http("GET", "/v2/notification", limit=limit, cacheable_cursor=cursor)
    assert status == 200
    return body


async def subjects(player) -> list[str]:
    return [notification["subject"] for notification in (await listed(player)).get("notifications", [])]


async def test_a_connected_player_hears_at_once_and_can_read_it_again_later(lobby, service):
    alice = await lobby.player("alice")
    await service.send(alice.id, "You won", {"coins": 5}, 1)
    (message,) = await alice.heard()
    (live,) = message["notifications"]["notifications"]
    assert live == {
        "id": live["id"],
        "subject": "You won",
        "content": '{"coins":5}',
        "code": 1,
        "create_time": "2023-11-14T22:13:20Z",
        "persistent": True,
    }
    assert (await listed(alice))["notifications"] == [live]


async def test_every_session_of_the_player_hears_and_nobody_elses(lobby, service):
    phone, tablet, bob = await lobby.player("alice"), await lobby.player("alice"), await lobby.player("bob")
    await service.send(phone.id, "Hello", {}, 1, sender_id=bob.id)
    assert await phone.heard() == await tablet.heard() != []
    assert await bob.heard() == []


async def test_what_is_not_persistent_is_heard_and_gone(lobby, service):
    alice = await lobby.player("alice")
    await service.send(alice.id, "Boo", {}, 1, persistent=False)
    (message,) = await alice.heard()
    assert "persistent" not in message["notifications"]["notifications"][0]
    assert await listed(alice) == {"cacheable_cursor": Cursor().text()}


async def test_several_for_one_player_come_in_one_message_in_their_order(lobby, service):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    drafts = [
        Draft(user_id=player.id, subject=f"{player.username} {number}", content={}, code=number)
        for number in (1, 2)
        for player in (alice, bob)
    ]
    sent = await service.send_many(drafts)
    assert [notification.subject for notification in sent] == ["alice 1", "bob 1", "alice 2", "bob 2"]
    for player in (alice, bob):
        (message,) = await player.heard()
        assert [n["code"] for n in message["notifications"]["notifications"]] == [1, 2]
        assert await subjects(player) == [f"{player.username} 1", f"{player.username} 2"]


async def test_the_list_goes_on_where_it_ended_now_and_later(each_lobby):
    service, alice = each_lobby.services["notifications"], await each_lobby.player("alice")
    for number in range(1, 6):
        await service.send(alice.id, f"number {number}", {}, number)
    first = await listed(alice, limit=3)
    assert [n["code"] for n in first["notifications"]] == [1, 2, 3]
    second = await listed(alice, limit=3, cursor=first["cacheable_cursor"])
    assert [n["code"] for n in second["notifications"]] == [4, 5]
    nothing = await listed(alice, limit=3, cursor=second["cacheable_cursor"])
    assert nothing == {"cacheable_cursor": second["cacheable_cursor"]}
    await service.send(alice.id, "news", {}, 6)
    assert [n["code"] for n in (await listed(alice, cursor=nothing["cacheable_cursor"]))["notifications"]] == [6]


async def test_a_page_has_one_notification_unless_asked_for_more(lobby, service):
    alice = await lobby.player("alice")
    for number in (1, 2):
        await service.send(alice.id, "x", {}, number)
    _, page = await alice.http("GET", "/v2/notification")
    assert len(page["notifications"]) == 1


@pytest.mark.parametrize("limit", [0, -1, 101])
async def test_a_page_has_1_to_100(lobby, limit):
    alice = await lobby.player("alice")
    status, body = await alice.http("GET", "/v2/notification", limit=limit)
    assert (status, body["message"]) == (400, "Invalid limit - limit must be between 1 and 100.")


@pytest.mark.parametrize("cursor", ["!", "AAAA", "eyJhIjoxfQ", "bnVsbA", "WzEsMl0", "ä", "=" * 5_000])
async def test_a_cursor_that_is_none_is_refused(lobby, cursor):
    alice = await lobby.player("alice")
    status, body = await alice.http("GET", "/v2/notification", cacheable_cursor=cursor)
    assert (status, body) == (400, {"code": 3, "message": "Invalid cursor."})


@settings(max_examples=50)
@given(text=st.text(max_size=60))
def test_no_cursor_costs_more_than_an_error(text):
    try:
        Cursor.parse(text)
    except BadInput:
        pass


async def test_a_player_deletes_their_own_only(each_lobby):
    service = each_lobby.services["notifications"]
    alice, bob = await each_lobby.player("alice"), await each_lobby.player("bob")
    mine = await service.send(alice.id, "mine", {}, 1)
    also = await service.send(alice.id, "also mine", {}, 1)
    theirs = await service.send(bob.id, "theirs", {}, 1)
    assert await alice.http("DELETE", "/v2/notification", ids=[mine.id, theirs.id, mine.id]) == (200, {})
    assert await subjects(alice) == ["also mine"]
    assert await subjects(bob) == ["theirs"]
    assert await alice.http("DELETE", "/v2/notification") == (200, {})
    assert await service.delete(alice.id, [also.id]) == 1
    status, _ = await alice.http("DELETE", "/v2/notification", ids="not-an-id")
    assert status == 400
    with pytest.raises(BadInput):
        await service.delete(alice.id, [str(uuid4()) for _ in range(IDS_MAX + 1)])


async def test_one_message_for_everybody_reaches_the_connected_now_and_the_others_later(each_lobby):
    service = each_lobby.services["notifications"]
    alice, bob = await each_lobby.player("alice"), await each_lobby.player("bob")
    bob.session.close()
    await bob.heard()
    sent = await service.send_all("Maintenance", {"at": "noon"}, 7)
    (message,) = await alice.heard()
    assert message["notifications"]["notifications"][0]["id"] == sent.id
    assert await subjects(alice) == await subjects(bob) == ["Maintenance"]
    await service.send_all("Now", {}, 8, persistent=False)
    assert len(await alice.heard()) == 1
    assert await subjects(bob) == ["Maintenance"]


async def test_only_the_newest_are_kept(each_lobby):
    service, alice = each_lobby.services["notifications"], await each_lobby.player("alice")
    drafts = [Draft(user_id=alice.id, subject=str(number), content={}, code=1) for number in range(STORED_PER_USER_MAX)]
    await service.send_many(drafts)
    await service.send(alice.id, "one more", {}, 1)
    assert (await subjects(alice))[0] == "1"
    page, total = await service.list(alice.id), 0
    while page.notifications:
        total += len(page.notifications)
        last = page.notifications[-1].subject
        page = await service.list(alice.id, cursor=page.cacheable_cursor)
    assert (total, last) == (STORED_PER_USER_MAX, "one more")


async def test_game_code_corrects_what_it_sent(each_lobby):
    service, alice = each_lobby.services["notifications"], await each_lobby.player("alice")
    sent = await service.send(alice.id, "Teh news", {"a": 1}, 1)
    await service.update(alice.id, sent.id, subject="The news")
    (now,) = await service.get(alice.id, [sent.id])
    assert (now.subject, now.content, now.code) == ("The news", '{"a":1}', 1)
    await service.update(alice.id, sent.id, content={"a": 2}, code=5)
    (now,) = await service.get(alice.id, [sent.id])
    assert (now.subject, now.content, now.code) == ("The news", '{"a":2}', 5)
    with pytest.raises(NotFound):
        await service.update(alice.id, str(uuid4()), subject="x")
    with pytest.raises(BadInput):
        await service.update(alice.id, sent.id, code=0)


async def test_codes_below_one_are_the_servers(lobby, service):
    alice = await lobby.player("alice")
    for code in (0, -1):
        with pytest.raises(BadInput):
            await service.send(alice.id, "x", {}, code)
    sent = await service.send(alice.id, "x", {}, NotificationCode.DM_REQUEST)
    assert sent.code == -1


@pytest.mark.parametrize(
    "wrong",
    [
        {"user_id": "nobody"},
        {"sender_id": "nobody"},
        {"subject": ""},
        {"subject": "x" * (SUBJECT_BYTES_MAX + 1)},
        {"content": {"x": object()}},
        {"content": {"x": "x" * CONTENT_BYTES_MAX}},
    ],
)
async def test_what_cannot_be_a_notification_is_refused(lobby, service, wrong):
    alice = await lobby.player("alice")
    right = {"user_id": alice.id, "subject": "x", "content": {}, "code": 1}
    with pytest.raises(BadInput):
        await service.send(**{**right, **wrong})
    assert await alice.heard() == []


async def test_so_many_at_a_time_and_not_more(lobby, service):
    alice = await lobby.player("alice")
    draft = Draft(user_id=alice.id, subject="x", content={}, code=1)
    with pytest.raises(BadInput):
        await service.send_many([draft] * (DRAFTS_MAX + 1))


async def test_nothing_is_kept_for_players_who_do_not_exist(lobby, service):
    alice = await lobby.player("alice")
    drafts = [Draft(user_id=user_id, subject="x", content={}, code=1) for user_id in (alice.id, str(uuid4()))]
    with pytest.raises(NotFound):
        await service.send_many(drafts)
    assert await subjects(alice) == []
    assert await alice.heard() == []


async def test_an_account_that_is_deleted_takes_its_notifications_along(lobby, service):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    for player in (alice, bob):
        await service.send(player.id, "x", {}, 1)
    await lobby.services["accounts"].delete(alice.id)
    assert (await service.list(alice.id)).notifications == []
    assert await subjects(bob) == ["x"]


async def test_an_account_that_is_deleted_is_not_named_in_what_others_keep(each_lobby):
    service = each_lobby.services["notifications"]
    alice, bob = await each_lobby.player("alice"), await each_lobby.player("bob")
    await service.send(
        bob.id, "alice wants to chat", {"username": "alice"}, NotificationCode.DM_REQUEST, sender_id=alice.id
    )
    await service.send(bob.id, "A gift", {"gold": 5}, 1, sender_id=alice.id)
    await service.send(bob.id, "Yours", {}, 2, sender_id=bob.id)
    await each_lobby.services["accounts"].delete(alice.id)
    kept = (await service.list(bob.id)).notifications
    assert [(n.subject, n.sender_id) for n in kept] == [("A gift", ""), ("Yours", bob.id)]


async def test_one_may_replace_what_the_same_sender_has_said_before(each_lobby):
    service = each_lobby.services["notifications"]
    alice, bob = await each_lobby.player("alice"), await each_lobby.player("bob")
    for sender_id, code, subject in ((bob.id, 1, "old"), ("", 1, "system"), (bob.id, 2, "other"), (bob.id, 1, "new")):
        await service.send(alice.id, subject, {}, code, sender_id=sender_id, replaces=True)
    assert len(await alice.heard()) == 4
    assert await subjects(alice) == ["system", "other", "new"]


async def test_what_is_for_everybody_passes_over_accounts_that_go_meanwhile(lobby, service):
    alice, bob = await lobby.player("alice"), await lobby.player("bob")
    sending = asyncio.ensure_future(service.send_all("x", {}, 1))
    await lobby.services["accounts"].delete(bob.id)
    await sending
    assert await subjects(alice) == ["x"]
    assert (await service.list(bob.id)).notifications == []


async def test_players_on_another_node_hear_over_the_bus(sqlite):
    bus = MemoryBus()
    here = await Lobby.open(FEATURES, sqlite, bus=bus, node="node1")
    there = await Lobby.open(FEATURES, sqlite, bus=bus, node="node2")
    phone, tablet = await here.player("alice"), await there.player("alice")
    bob = await there.player("bob")
    await here.services["notifications"].send(phone.id, "Hello", {}, 1)
    heard = await phone.heard()
    assert len(heard) == 1
    assert await tablet.heard() == heard
    assert await bob.heard() == []
    await here.services["notifications"].send_all("All", {}, 1)
    assert len(await phone.heard()) == len(await tablet.heard()) == len(await bob.heard()) == 1
    await there.services["notifications"].stop()
    await here.services["notifications"].send(phone.id, "Hello", {}, 1)
    assert len(await phone.heard()) == 1
    assert await tablet.heard() == []
    await here.close()
    await there.close()
