"""Lists of parties: by whether they are open, by a query over labels, page by page."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode

import pytest
from tests.features.parties.gathering import gather

from supergame.core.errors import BadInput
from supergame.features.parties import listing


@pytest.fixture
async def ann(lobby):
    return await lobby.player("ann")


async def ids_of(player, **wanted):
    """What a list over HTTP shows: the parties' ids, and the cursor."""
    status, page = await player.http("GET", "/v2/party", **wanted)
    assert status == 200, page
    return [party["party_id"] for party in page.get("parties", [])], page.get("cursor", "")


async def test_a_list_shows_what_a_party_is_like(ann):
    party_id = await gather(ann, open=True, max_size=4, label='{"mode":"duel"}')
    status, page = await ann.http("GET", "/v2/party")
    shown = {"party_id": party_id, "open": True, "max_size": 4, "label": '{"mode":"duel"}'}
    assert (status, page) == (200, {"parties": [shown]})


async def test_open_and_closed_ones_are_told_apart_and_hidden_ones_not_shown(service, ann):
    is_open, closed = await gather(ann), await gather(ann, open=False)
    hidden = await gather(ann, hidden=True)
    assert await ids_of(ann) == ([is_open, closed], "")
    assert await ids_of(ann, open="true") == ([is_open], "")
    assert await ids_of(ann, open="false") == ([closed], "")
    found, _ = await service.list(hidden=True)
    assert [party.id for party in found] == [is_open, closed, hidden]


async def test_a_query_asks_about_the_label_and_the_best_come_first(ann):
    easy = await gather(ann, label='{"mode":"duel","level":1}')
    hard = await gather(ann, label='{"mode":"duel","level":9}')
    await gather(ann, label='{"mode":"race","level":9}')
    await gather(ann, label="no JSON at all")
    assert await ids_of(ann, query="+label.mode:duel") == ([easy, hard], "")
    assert await ids_of(ann, query="+label.mode:duel label.level:>5") == ([hard, easy], "")


@pytest.mark.parametrize("work_per_step", [1, 5_000])
@pytest.mark.parametrize("query", ["", "+label.mode:duel label.level:>5"])
async def test_pages_follow_each_other_and_leave_nothing_out(monkeypatch, ann, query, work_per_step):
    monkeypatch.setattr(listing, "WORK_PER_STEP", work_per_step)
    made = [await gather(ann, label=f'{{"mode":"duel","level":{level}}}') for level in (1, 9, 2, 8, 3, 7, 4)]
    expected = [*made[1::2], *made[0::2]] if query else made
    found, cursor = await ids_of(ann, limit=3, query=query)
    while cursor:
        page, cursor = await ids_of(ann, limit=3, query=query, cursor=cursor)
        found += page
    assert found == expected


async def test_a_long_search_lets_others_run_and_shows_nothing_that_is_over_by_then(monkeypatch, service, ann):
    monkeypatch.setattr(listing, "WORK_PER_STEP", 1)
    first, second, third = [await gather(ann) for _ in range(3)]
    searching = asyncio.ensure_future(service.list())
    await asyncio.sleep(0)
    for party_id in (first, third):
        service.close(party_id)
    found, _ = await searching
    assert [party.id for party in found] == [second]


async def test_so_many_long_searches_are_under_way_at_a_time(monkeypatch, service, ann):
    monkeypatch.setattr(listing, "WORK_PER_STEP", 1)
    made = [await gather(ann) for _ in range(2)]
    searches = [asyncio.ensure_future(service.list()) for _ in range(listing.SEARCHES_MAX)]
    await asyncio.sleep(0)
    status, answer = await ann.http("GET", "/v2/party")
    assert (status, answer["message"]) == (429, "Too many searches for parties are under way; try again in a moment.")
    await asyncio.gather(*searches)
    assert await ids_of(ann) == (made, "")


@pytest.mark.parametrize("wanted", [{"limit": 0}, {"limit": 101}, {"query": "+label.a:>="}, {"cursor": "no cursor!"}])
async def test_what_makes_no_sense_is_refused(ann, wanted):
    status, answer = await ann.http("GET", "/v2/party", **wanted)
    assert (status, answer["code"]) == (400, 3)


@pytest.mark.parametrize("text", ["?", "ö", "AA", urlsafe_b64encode(b'["x",1]').decode()])
def test_a_cursor_that_is_none(text):
    with pytest.raises(BadInput, match="Invalid cursor"):
        listing.Cursor.parse(text)
