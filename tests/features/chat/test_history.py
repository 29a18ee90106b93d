"""A channel's history, page by page, while it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supergame.core.errors import BadInput
from supergame.features.chat import Chat, channels
from supergame.protocol.chat import ChannelMessage, ChannelMessageList

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
"""The examples share a database; each has a room of its own."""


async def said(chat: Chat, count: int, channel: str = "") -> tuple[str, list[str]]:
    """A room in which so much was said, and the ids of it."""
    channel = channel or channels.room(str(uuid4())).id
    sent = await asyncio.gather(*(chat.message_send(channel, {"n": n}) for n in range(count)))
    return channel, [ack.message_id for ack in sent]


def ids(messages: Sequence[ChannelMessage]) -> list[str]:
    return [message.message_id for message in messages]


async def pages(chat: Chat, channel: str, limit: int, *, forward: bool) -> list[ChannelMessageList]:
    """Every page of a list, from its beginning to its end."""
    found = [await chat.messages_list(channel, limit=limit, forward=forward)]
    while found[-1].next_cursor:
        found.append(await chat.messages_list(channel, limit=limit, cursor=found[-1].next_cursor))
    return found


@SHARED
@given(count=st.integers(0, 12), limit=st.integers(1, 5), forward=st.booleans())
async def test_pages_forth_and_back_see_each_message_once(service, count, limit, forward):
    channel, sent = await said(service, count)
    forth = await pages(service, channel, limit, forward=forward)
    seen = [message_id for page in forth for message_id in ids(page.messages)]
    assert seen == (sent if forward else sent[::-1])
    assert not forth[0].prev_cursor
    assert all(len(page.messages) == limit for page in forth[:-1])
    for before, after in pairwise(forth):
        back = await service.messages_list(channel, limit=limit, cursor=after.prev_cursor)
        assert ids(back.messages) == ids(before.messages)
        assert bool(back.prev_cursor) == (before is not forth[0])
        again = await service.messages_list(channel, limit=limit, cursor=back.next_cursor)
        assert ids(again.messages) == ids(after.messages)


@SHARED
@given(count=st.integers(0, 8), limit=st.integers(1, 5), more=st.integers(0, 6), forward=st.booleans())
async def test_the_cacheable_cursor_leads_to_what_came_after_the_page(service, count, limit, more, forward):
    channel, sent = await said(service, count)
    page = await service.messages_list(channel, limit=limit, forward=forward)
    _, news = await said(service, more, channel)
    shown = ids(page.messages)
    newest = max(shown, default="")
    found, cursor = [], page.cacheable_cursor
    for _ in range(count + more + 1):
        page = await service.messages_list(channel, limit=limit, cursor=cursor)
        found += ids(page.messages)
        cursor = page.cacheable_cursor
    assert found == [message_id for message_id in sent + news if message_id > newest]


@SHARED
@given(
    count=st.integers(1, 10),
    limit=st.integers(1, 4),
    forward=st.booleans(),
    changes=st.lists(st.tuples(st.sampled_from(["say", "change", "remove"]), st.integers(0, 9)), max_size=12),
)
async def test_changes_while_somebody_reads_neither_repeat_nor_skip_what_stays(service, count, limit, forward, changes):
    channel, sent = await said(service, count)
    removed: set[str] = set()
    later: list[str] = []
    seen: list[str] = []
    steps = iter(changes)
    page = await service.messages_list(channel, limit=limit, forward=forward)
    while True:
        seen += ids(page.messages)
        if not page.next_cursor:
            break
        for kind, number in (step for _, step in zip(range(3), steps, strict=False)):
            message_id = sent[number % count]
            if kind == "say":
                later += (await said(service, 1, channel))[1]
            elif message_id not in removed and kind == "change":
                await service.message_update(channel, message_id, {"new": number})
            elif message_id not in removed:
                await service.message_remove(channel, message_id)
                removed.add(message_id)
        page = await service.messages_list(channel, limit=limit, cursor=page.next_cursor)
    assert seen == sorted(set(seen), reverse=not forward)
    assert set(sent) - removed <= set(seen)
    assert set(later) <= set(seen) if forward else not set(later) & set(seen)


async def test_the_protocols_defaults_are_one_message_oldest_first(lobby, service):
    alice = await lobby.player("alice")
    channel, sent = await said(service, 3)
    _, page = await alice.http("GET", f"/v2/channel/{channel}")
    assert [message["message_id"] for message in page["messages"]] == sent[:1]
    _, page = await alice.http("GET", f"/v2/channel/{channel}", forward="false", limit=2)
    assert [message["message_id"] for message in page["messages"]] == sent[:0:-1]
    _, page = await alice.http("GET", f"/v2/channel/{channel}", cursor=page["next_cursor"])
    assert [message["message_id"] for message in page["messages"]] == sent[:1]


async def test_an_empty_history_has_a_cursor_to_come_back_with(each_lobby):
    service = each_lobby.services["chat"]
    channel, _ = await said(service, 0)
    page = await service.messages_list(channel)
    assert (page.messages, page.next_cursor, page.prev_cursor) == ([], "", "")
    _, sent = await said(service, 2, channel)
    page = await service.messages_list(channel, cursor=page.cacheable_cursor)
    assert ids(page.messages) == sent


async def test_paging_works_on_every_database(each_lobby):
    service = each_lobby.services["chat"]
    channel, sent = await said(service, 7)
    for forward in (True, False):
        forth = await pages(service, channel, 3, forward=forward)
        assert [len(page.messages) for page in forth] == [3, 3, 1]
        seen = [message_id for page in forth for message_id in ids(page.messages)]
        assert seen == sorted(sent, reverse=not forward)
        back = await service.messages_list(channel, limit=3, cursor=forth[2].prev_cursor)
        assert ids(back.messages) == ids(forth[1].messages)


async def test_a_reader_never_gets_ahead_of_a_message_that_is_still_being_written(lobby, service):
    channel, sent = await said(service, 2)
    writing = asyncio.ensure_future(service.message_send(channel, {"n": 3}))
    await asyncio.sleep(0)
    during = await service.messages_list(channel)
    newest_first = await service.messages_list(channel, forward=False)
    late = (await writing).message_id
    assert ids(during.messages) == sent
    assert ids(newest_first.messages) == sent[::-1]
    after = await service.messages_list(channel, cursor=during.cacheable_cursor)
    assert ids(after.messages) == [late]


@pytest.mark.parametrize("limit", [0, -5, 101])
async def test_a_page_has_1_to_100(lobby, limit):
    alice = await lobby.player("alice")
    status, body = await alice.http("GET", "/v2/channel/2...lobby", limit=limit)
    assert (status, body["message"]) == (400, "Invalid limit - limit must be between 1 and 100.")


async def test_a_cursor_belongs_to_its_channel(lobby, service):
    channel, _ = await said(service, 2)
    cursor = (await service.messages_list(channel, limit=1)).next_cursor
    with pytest.raises(BadInput, match="Invalid cursor"):
        await service.messages_list("2...another", cursor=cursor)
    with pytest.raises(BadInput, match="Invalid cursor"):
        await service.messages_list(channel, cursor="garbage")


async def test_a_room_may_be_read_by_who_was_never_there(lobby, service):
    alice = await lobby.player("alice")
    channel, sent = await said(service, 1)
    status, page = await alice.http("GET", f"/v2/channel/{channel}")
    assert (status, page["messages"][0]["message_id"]) == (200, sent[0])
    status, _ = await alice.http("GET", "/v2/channel/not-a-channel")
    assert status == 400
