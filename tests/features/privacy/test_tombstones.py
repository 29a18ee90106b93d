"""Nothing is written about a deleted player any more, however late a request or a match comes with it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from tests.features.privacy.holdings import STAYS, Story, told
from tests.features.privacy.tables import tables_that_mention

from supergame import testing
from supergame.core.clock import SystemClock
from supergame.core.errors import BadInput, Conflict, NotFound, Refused, TooMany
from supergame.features.storage import Write
from supergame.store import Database
from supergame.store.postgres import PostgresDatabase

Refusal = BadInput | Conflict | Refused | TooMany
"""What may be told to whoever does something again that another has done at the same time."""

LateWrite = Callable[[Story], Awaitable[object]]
LATE_WRITES: list[LateWrite] = []
"""Each wants to write something about Ann, who has just been deleted, and is told NotFound."""


def late(write: LateWrite) -> LateWrite:
    LATE_WRITES.append(write)
    return write


def direct(story: Story) -> str:
    """The channel of Ann's and Bob's direct messages."""
    one, two = sorted((story.ann.user_id, story.bob.user_id))
    return f"4.{one}.{two}."


@late
async def an_object(story: Story) -> None:
    await story.node.services.storage.write([Write("saves", "late", {}, story.ann.user_id)])


@late
async def an_object_where_nothing_is(story: Story) -> None:
    await story.node.services.storage.write([Write("saves", "late", {}, story.ann.user_id, version="*")])


@late
async def objects_of_several(story: Story) -> None:
    writes = [Write("saves", "late", {}, player.user_id) for player in (story.bob, story.ann)]
    await story.node.services.storage.write(writes)


@late
async def a_score(story: Story) -> None:
    await story.node.services.leaderboards.record_write("board", story.ann.user_id, 9, username="ann-the-quick")


@late
async def a_message_in_a_room(story: Story) -> None:
    await story.node.services.chat.message_send("2...hall", {"text": "late"}, sender_id=story.ann.user_id)


@late
async def a_direct_message_to_her(story: Story) -> None:
    await story.node.services.chat.message_send(direct(story), {"text": "late"}, sender_id=story.bob.user_id)


@late
async def a_notification_for_her(story: Story) -> None:
    await story.node.services.notifications.send(story.ann.user_id, "Late", {}, 1)


@late
async def a_notification_in_her_name(story: Story) -> None:
    await story.node.services.notifications.send(story.bob.user_id, "Late", {}, 1, sender_id=story.ann.user_id)


@late
async def a_profile(story: Story) -> None:
    await story.node.services.accounts.update(story.ann.user_id, display_name="Late")


@late
async def a_device(story: Story) -> None:
    await story.node.services.accounts.link_device(story.ann.user_id, "a-late-device")


@late
async def a_friendship_of_hers(story: Story) -> None:
    await story.node.services.friends.add(story.ann.user_id, [story.bob.user_id])


@late
async def a_group_of_hers(story: Story) -> None:
    await story.node.services.groups.create(story.ann.user_id, story.node.node.ids.uuid())


@late
async def a_letter_to_her(story: Story) -> None:
    await story.node.services.recovery.request_verification(story.ann.user_id)


@late
async def a_second_factor(story: Story) -> None:
    await story.node.services.recovery.totp_enrol(story.ann.user_id)


async def an_invite_for_her(story: Story) -> None:
    await story.node.services.friends.add(story.bob.user_id, [story.ann.user_id])


async def a_seat_in_a_group(story: Story) -> None:
    (group,) = (await story.node.services.groups.list(name="The Quick")).groups
    await story.node.services.groups.users_add(group.id, [story.ann.user_id])


async def test_whoever_is_gone_is_passed_over_or_refused_among_others(each_story: Story) -> None:
    """Where many may be named at a time, it is no error that some did not exist when the call began."""
    late = [an_invite_for_her, a_seat_in_a_group] * 5
    results = await asyncio.gather(
        *(write(each_story) for write in late),
        each_story.node.services.accounts.delete(each_story.ann.user_id),
        *(write(each_story) for write in late),
        return_exceptions=True,
    )
    assert {type(result) for result in results} <= {type(None), NotFound}
    await each_story.node.node.events.settle()
    assert await tables_that_mention(each_story.database, *each_story.traces) == STAYS


@pytest.mark.parametrize("write", LATE_WRITES, ids=lambda write: write.__name__)
async def test_whoever_comes_late_is_told_that_nobody_is_there(story: Story, write: LateWrite) -> None:
    await story.node.services.accounts.delete(story.ann.user_id)
    with pytest.raises(NotFound):
        await write(story)
    await story.node.node.events.settle()
    assert await tables_that_mention(story.database, *story.traces) == STAYS


async def test_whatever_is_written_while_an_account_is_deleted_is_deleted_or_refused(each_story: Story) -> None:
    writes = [write for write in LATE_WRITES for _ in range(10)]
    half = len(writes) // 2
    results = await asyncio.gather(
        *(write(each_story) for write in writes[:half]),
        each_story.node.services.accounts.delete(each_story.ann.user_id),
        *(write(each_story) for write in writes[half:]),
        return_exceptions=True,
    )
    assert results[half] is None  # the deletion itself
    errors = [result for result in results if result is not None]
    assert [error for error in errors if not isinstance(error, NotFound | Refusal)] == []
    await each_story.node.node.events.settle()
    assert await tables_that_mention(each_story.database, *each_story.traces) == STAYS
    page = await each_story.node.services.leaderboards.records_list("board")
    assert (page.records, page.rank_count) == ([], 0)


async def test_a_node_that_has_heard_nothing_yet_writes_nothing_either(postgres: Database, postgres_url: str) -> None:
    database = await PostgresDatabase.open(postgres_url, clock=SystemClock(), jitter=random.Random(2))
    async with (
        told(postgres) as story,
        testing.node(database=database, seed=1, settings={"node.name": "node2"}) as second,
    ):
        elsewhere = Story(second, story.ann, story.bob)
        results = await asyncio.gather(
            *(an_object(elsewhere) for _ in range(20)),
            story.node.services.accounts.delete(story.ann.user_id),
            *(an_object(elsewhere) for _ in range(20)),
            return_exceptions=True,
        )
        assert {type(result) for result in results} <= {type(None), NotFound}
        with pytest.raises(NotFound):
            await an_object(elsewhere)
        assert not await tables_that_mention(postgres, story.ann.user_id) & {"storage_objects", "accounts_user"}
