"""Lists of matches: by label, by size, by a query, the best and oldest first."""

import asyncio

import msgspec
import pytest

from supergame.client import RequestFailed
from supergame.core.errors import BadInput, TooMany
from supergame.core.steps import bit_by_bit
from supergame.features.matches import BadLabel, listing
from supergame.features.matches.label import Label
from supergame.features.matches.listing import Wanted


async def make(node, **label):
    return await node.services.matches.create("recorder", {"label": msgspec.json.encode(label).decode()})


async def test_labels_are_listed_and_searched(node):
    matches, ann = node.services.matches, await node.player("ann")
    for mode, level in (("duel", 1), ("duel", 7), ("team", 7)):
        await make(node, mode=mode, level=level)
    await matches.create("recorder", {"label": "plain text"})

    async def found(**filters):
        return [match.label for match in (await ann.client.list_matches(ann.session, **filters)).matches]

    assert len(await found()) == 4
    assert len(await found(limit=2)) == 2
    assert await found(query="+label.mode:duel +label.level:>5") == ['{"mode":"duel","level":7}']
    assert await found(label="plain text") == ["plain text"]
    assert await found(min_size=1) == []
    assert await found(authoritative=False) == []


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"limit": 0}, "limit must be between 1 and 100"),
        ({"limit": 101}, "limit must be between 1 and 100"),
        ({"min_size": 3, "max_size": 2}, "minimum size must not be above"),
        ({"query": "+label.level:>="}, "does not parse"),
    ],
)
async def test_wishes_that_make_no_sense_are_refused(node, filters, message):
    ann = await node.player("ann")
    with pytest.raises(RequestFailed, match=message) as refused:
        await ann.client.list_matches(ann.session, **filters)
    assert refused.value.status == 400


async def test_the_best_come_first_and_among_equals_the_oldest(node):
    ids = [await make(node, level=level, mode=mode) for level, mode in ((1, "a"), (2, "b"), (2, "c"), (3, "a"))]
    matches = node.services.matches

    def places(query, limit=10):
        return [ids.index(match.id) for match in matches.list(query=query, limit=limit)]

    assert places("") == places("*") == [0, 1, 2, 3]
    assert places("label.level:2^3 label.mode:a") == [1, 2, 0, 3]
    assert places("label.level:2^3 label.mode:a", limit=1) == [1]
    assert places("-label.mode:a", limit=1) == [1]


async def test_relayed_matches_come_after_those_the_game_runs(node):
    ann, bob = await node.player("ann"), await node.player("bob")
    relayed = (await ann.socket.create_match()).match_id
    await bob.socket.create_match()
    await bob.socket.join_match(relayed)
    running = await make(node)
    matches = node.services.matches
    assert [match.id for match in matches.list()][:2] == [running, relayed]
    assert [match.id for match in matches.list(min_size=2)] == [relayed]
    assert [match.id for match in matches.list(limit=1, authoritative=False)] == [relayed]
    assert [match.id for match in matches.list(authoritative=True)] == [running]


async def test_a_long_search_lets_others_run(node, monkeypatch):
    monkeypatch.setattr(listing, "WORK_PER_STEP", 4)
    ids = [await make(node, level=level) for level in range(5)]
    steps = node.services.matches._search(Wanted(query="+label.level:>=2 +label.level:<9"))
    next(steps)
    node.services.matches.running(ids[4]).stop()  # a match may end meanwhile
    found = await bit_by_bit(steps)
    assert [match.id for match in found] == ids[2:4]
    assert [match.id for match in node.services.matches.list(query="+label.level:>=2")] == ids[2:4]


async def test_so_many_long_searches_of_strangers_are_under_way_at_a_time(node, monkeypatch):
    monkeypatch.setattr(listing, "WORK_PER_STEP", 1)
    made, wanted = [await make(node, level=level) for level in range(2)], Wanted(query="+label.level:>=0")
    matches = node.services.matches
    searches = [asyncio.ensure_future(matches.find(wanted)) for _ in range(listing.SEARCHES_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(TooMany, match="Too many searches for matches"):
        await matches.find(wanted)
    assert [match.id for match in matches.list(query="+label.level:>=0")] == made  # the game's own go on
    await asyncio.gather(*searches)
    assert [match.id for match in await matches.find(wanted)] == made


async def test_a_changed_label_is_found_and_a_bad_one_changes_nothing(node):
    matches = node.services.matches
    match = matches.running(await make(node, mode="open")).match
    match.label = '{"mode":"closed"}'
    with pytest.raises(BadLabel):
        match.label = "x" * 2049
    assert matches.list(query="+label.mode:open") == []
    assert [found.label for found in matches.list(query="+label.mode:closed")] == ['{"mode":"closed"}']
    with pytest.raises(BadInput):
        await matches.create("recorder", {"label": "x" * 2049})


@pytest.mark.parametrize("text", [7, None, "é" * 1025, "\0", "\ud800"])
def test_what_is_no_label(text):
    with pytest.raises(BadLabel):
        Label(text)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('{"mode":"duel","spots":{"free":3}}', {"label.mode": "duel", "label.spots.free": 3.0}),
        ("[1,2]", {}),
        ("plain", {}),
        ("[" * 1024 + "]" * 1024, {}),
    ],
)
def test_the_fields_of_a_label_are_those_of_its_json_object(text, document):
    assert Label(text).document == document


async def test_the_classes_of_a_list_are_named(node):
    ann = await node.player("ann")
    await make(node)
    (match,) = (await ann.client.list_matches(ann.session)).matches
    assert (match.handler_name, match.tick_rate, match.size) == ("recorder", 10, 0)
