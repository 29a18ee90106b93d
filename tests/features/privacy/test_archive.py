"""The archive of everything that is kept on a player."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.features.privacy.holdings import UNTOLD, Story
from tests.features.privacy.tables import all_rows, mentioning

from supergame import testing
from supergame.client import RequestFailed
from supergame.core.errors import NotFound, TooMany
from supergame.features.accounts.archive import ARCHIVES_WAITING_MAX


def parts(value: Any) -> Iterator[str]:
    """Every text in an archive, and every part of it as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        yield json.dumps(value, sort_keys=True)
        for part in value.values() if isinstance(value, dict) else value:
            yield from parts(part)


def as_archived(text: str) -> str:
    """A text as `parts` gives it, where it may be JSON."""
    return json.dumps(json.loads(text), sort_keys=True) if text.startswith(("{", "[")) else text


async def test_all_that_stands_in_a_table_stands_in_the_archive(each_story: Story) -> None:
    """A new table or column fails here until it is exported, or `holdings.py` says why it is not."""
    archive = await each_story.node.services.accounts.export(each_story.ann.user_id)
    told = set(parts(archive))
    untold = {
        f"{table}.{column}"
        for table, rows in (await all_rows(each_story.database)).items()
        for row in mentioning(rows, *each_story.traces)
        for column, value in row.items()
        if isinstance(value, str) and value and as_archived(value) not in told
    }
    assert {name for name in untold if not {name, name.partition(".")[0]} & UNTOLD.keys()} == set()


async def test_an_archive_has_a_part_for_every_feature_that_keeps_something(story: Story) -> None:
    archive = await story.node.services.accounts.export(story.ann.user_id)
    assert archive["accounts"]["account"]["metadata"] == {"likes": ["cake"]}
    assert {identity["provider"] for identity in archive["accounts"]["identities"]} == {"custom", "device", "email"}
    assert archive["accounts"]["sessions"][0]["vars"] == {"shop": "north"}
    assert [stored["value"] for stored in archive["storage"]["objects"]] == [{"of": story.ann.user_id}]
    assert {record["leaderboard_id"] for record in archive["leaderboards"]["records"]} == {"board", "daily"}
    assert [message["content"]["text"] for message in archive["chat"]["messages"][:1]] == ["I am ann-the-quick"]
    assert archive["matches"]["seats"][0]["match_id"] == "match.node2"
    for secret in ("password", "argon2", "token_hash"):
        assert secret not in json.dumps(archive)


async def test_players_get_their_own_archive_but_not_all_the_time(story: Story) -> None:
    ann, bob = story.ann, story.bob
    archive = await ann.client.export_account(ann.session)
    assert archive["accounts"]["account"]["username"] == "ann-the-quick"
    await ann.client.export_account(ann.session)
    with pytest.raises(RequestFailed, match="Too many archives") as refused:
        await ann.client.export_account(ann.session)
    assert refused.value.code == TooMany.code
    assert (await bob.client.export_account(bob.session))["accounts"]["account"]["id"] == bob.user_id


async def test_there_is_no_archive_of_nobody(story: Story) -> None:
    with pytest.raises(NotFound):
        await story.node.services.accounts.export("00000000-0000-4000-8000-000000000000")


async def test_an_archive_that_is_too_large_is_refused_whole() -> None:
    async with testing.node(settings={"accounts.archive_bytes_max": 2_000}) as node:
        ann = await node.player("ann")
        await node.services.accounts.export(ann.user_id)
        await ann.client.write_object(ann.session, "saves", "slot", {"long": "x" * 2_000})
        with pytest.raises(TooMany, match="larger than 2000 bytes"):
            await node.services.accounts.export(ann.user_id)


async def test_only_so_many_archives_may_be_waited_for(story: Story) -> None:
    accounts, user_id = story.node.services.accounts, story.ann.user_id
    wanted = (accounts.export_json(user_id) for _ in range(ARCHIVES_WAITING_MAX + 5))
    results = await asyncio.gather(*wanted, return_exceptions=True)
    assert [type(result) for result in results].count(TooMany) == 5
    assert len({result for result in results if isinstance(result, bytes)}) == 1
