"""Leaderboards as clients meet them: real requests, and the exact answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from tests.features.leaderboards.players import fill, number, owner

from supergame import testing
from supergame.features.leaderboards import Leaderboards

Answer = tuple[int, Any]
THEN = "2023-11-14T22:13:20Z"


class Client:
    """A player's end of the wire."""

    def __init__(self, node: testing.RunningNode, http: aiohttp.ClientSession, player: testing.Player) -> None:
        self.http, self.id = http, player.user_id
        self.base = f"http://127.0.0.1:{node.port}/v2/leaderboard/"
        self.headers = {"Authorization": f"Bearer {player.session.token}"}

    async def call(self, method: str, path: str, body: object = None) -> Answer:
        async with self.http.request(method, self.base + path, json=body, headers=self.headers) as response:
            return response.status, await response.json()


@pytest.fixture
async def ann(node: testing.RunningNode) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http:
        yield Client(node, http, await node.player("ann"))


async def test_a_record_from_writing_to_deleting(leaderboards: Leaderboards, ann: Client) -> None:
    await leaderboards.create("race", reset="@daily")
    record = {
        "leaderboard_id": "race",
        "owner_id": ann.id,
        "username": "ann",
        "score": "12",
        "subscore": "3",
        "num_score": 1,
        "metadata": '{"car":"red"}',
        "create_time": THEN,
        "update_time": THEN,
        "expiry_time": "2023-11-15T00:00:00Z",
        "rank": "1",
    }
    write = {"score": "12", "subscore": 3, "metadata": '{"car":"red"}'}
    assert await ann.call("POST", "race", write) == (200, record)
    page = {"records": [record], "rank_count": "1"}
    assert await ann.call("GET", "race") == (200, page)
    assert await ann.call("GET", f"race?expiry={1_700_006_400}") == (200, page)
    assert await ann.call("GET", f"race?owner_ids={ann.id}") == (200, {"owner_records": [record], "rank_count": "1"})
    assert await ann.call("GET", f"race/owner/{ann.id}") == (200, page | {"owner_records": [record]})
    assert await ann.call("DELETE", "race") == (200, {})
    assert await ann.call("DELETE", "race") == (200, {})
    assert await ann.call("GET", "race") == (200, {})


async def test_what_is_zero_is_left_out_and_what_never_ends_has_no_expiry(
    leaderboards: Leaderboards, ann: Client
) -> None:
    await leaderboards.create("race", enable_ranks=False)
    _, record = await ann.call("POST", "race", {})
    assert record.keys() == {
        "leaderboard_id",
        "owner_id",
        "username",
        "num_score",
        "metadata",
        "create_time",
        "update_time",
    }


async def test_a_page_holds_one_unless_asked_for_more(leaderboards: Leaderboards, ann: Client) -> None:
    await leaderboards.create("race")
    await fill(leaderboards, "race", {n: n for n in range(1, 6)})

    def players(answer: Answer) -> list[int]:
        return [number(record["owner_id"]) for record in answer[1].get("records", [])]

    first = await ann.call("GET", "race")
    assert players(first) == [5]
    assert players(await ann.call("GET", f"race?owner_ids={owner(2)}&cursor={first[1]['next_cursor']}")) == [4]
    assert players(await ann.call("GET", f"race?owner_ids={owner(2)}")) == []
    assert players(await ann.call("GET", f"race?limit=3&owner_ids={owner(2)}&owner_ids={owner(1)}")) == [5, 4, 3]
    around = await ann.call("GET", f"race/owner/{owner(3)}")
    assert players(around) == [3]
    assert players(await ann.call("GET", f"race/owner/{owner(3)}?limit=3")) == [4, 3, 2]
    assert players(await ann.call("GET", f"race/owner/{owner(3)}?cursor={around[1]['prev_cursor']}")) == [4]


async def test_a_client_may_choose_the_operator(leaderboards: Leaderboards, ann: Client) -> None:
    await leaderboards.create("race")
    for operator, score in ((0, "5"), (3, "10"), ("DECREMENT", "5"), (2, "5"), ("BEST", "5")):
        _, record = await ann.call("POST", "race", {"score": 5, "operator": operator})
        assert record["score"] == score


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "none", None, 404, (5, "Leaderboard not found.")),
        ("POST", "none", {"score": 1}, 404, (5, "Leaderboard not found.")),
        ("POST", "game", {"score": 1}, 403, (7, "Leaderboard only allows authoritative submissions.")),
        ("DELETE", "game", None, 403, (7, "Leaderboard only allows authoritative deletions.")),
        ("GET", "game?limit=1001", None, 400, (3, "Invalid limit - limit must be between 1 and 1000.")),
        ("GET", "game?cursor=x", None, 400, (3, "Invalid cursor.")),
        ("GET", "game?owner_ids=x", None, 400, (3, "One or more owner IDs are invalid.")),
        ("GET", f"game/owner/{owner(1)}?limit=101", None, 400, (3, "Invalid limit - limit must be between 1 and 100.")),
        ("POST", "race", {"score": 1, "metadata": "x"}, 400, (3, "Metadata value must be JSON, if provided.")),
    ],
)
async def test_what_is_refused_says_why(
    leaderboards: Leaderboards,
    ann: Client,
    method: str,
    path: str,
    body: object,
    status: int,
    error: tuple[int, str],
) -> None:
    await leaderboards.create("game", authoritative=True)
    await leaderboards.create("race")
    assert await ann.call(method, path, body) == (status, {"code": error[0], "message": error[1]})


async def test_a_write_without_a_record_is_refused(leaderboards: Leaderboards, ann: Client) -> None:
    await leaderboards.create("race")
    async with ann.http.post(ann.base + "race", headers=ann.headers) as response:
        assert (response.status, await response.json()) == (
            400,
            {"code": 3, "message": "Invalid record input, record score value is required."},
        )
