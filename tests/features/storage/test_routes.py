"""Storage as clients meet it: real requests, and the exact answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from supergame import testing
from supergame.core.ids import NIL
from supergame.features.storage import Write

Answer = tuple[int, Any]
EMPTY_VERSION = "99914b932bd37a50b983c5e7c90ae93b"  # md5 of {}
THEN = "2023-11-14T22:13:20Z"


class Client:
    """A player's end of the wire."""

    def __init__(self, node: testing.RunningNode, http: aiohttp.ClientSession, player: testing.Player) -> None:
        self.http, self.id = http, player.user_id
        self.base = f"http://127.0.0.1:{node.port}"
        self.headers = {"Authorization": f"Bearer {player.session.token}"}

    async def call(self, method: str, path: str, body: object = None) -> Answer:
        async with self.http.request(method, self.base + path, json=body, headers=self.headers) as response:
            return response.status, await response.json()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
async def ann(node: testing.RunningNode, http: aiohttp.ClientSession) -> Client:
    return Client(node, http, await node.player("ann"))


@pytest.fixture
async def ben(node: testing.RunningNode, http: aiohttp.ClientSession) -> Client:
    return Client(node, http, await node.player("ben"))


async def test_an_object_from_writing_to_deleting(ann: Client) -> None:
    write = {"objects": [{"collection": "saves", "key": "slot1", "value": "{}"}]}
    ack = {"collection": "saves", "key": "slot1", "version": EMPTY_VERSION, "user_id": ann.id}
    times = {"create_time": THEN, "update_time": THEN}
    assert await ann.call("PUT", "/v2/storage", write) == (200, {"acks": [ack | times]})

    found = ack | times | {"value": "{}", "permission_read": 1, "permission_write": 1}
    read = {"object_ids": [{"collection": "saves", "key": "slot1", "user_id": ann.id}]}
    assert await ann.call("POST", "/v2/storage", read) == (200, {"objects": [found]})
    assert await ann.call("GET", f"/v2/storage/saves/{ann.id}") == (200, {"objects": [found]})

    assert await ann.call("GET", f"/v2/storage/saves/{ann.id.upper()}") == (200, {"objects": [found]})
    read["object_ids"][0]["user_id"] = ann.id.upper()
    assert await ann.call("POST", "/v2/storage", read) == (200, {"objects": [found]})

    delete = {"object_ids": [{"collection": "saves", "key": "slot1", "version": EMPTY_VERSION}]}
    assert await ann.call("PUT", "/v2/storage/delete", delete) == (200, {})
    assert await ann.call("POST", "/v2/storage", read) == (200, {})
    message = "Storage delete rejected - not found, version check failed, or permission denied."
    assert await ann.call("PUT", "/v2/storage/delete", delete) == (400, {"code": 3, "message": message})


async def test_permissions_that_are_zero_are_not_the_default(ann: Client, ben: Client) -> None:
    write = {
        "objects": [
            {"collection": "c", "key": "hidden", "value": "{}", "permission_read": 0, "permission_write": 0},
            {"collection": "c", "key": "shown", "value": "{}", "permission_read": 2, "permission_write": 0},
        ]
    }
    assert (await ann.call("PUT", "/v2/storage", write))[0] == 200
    _, page = await ben.call("GET", "/v2/storage/c?limit=10")
    assert [one["key"] for one in page["objects"]] == ["shown"]
    assert "permission_write" not in page["objects"][0]
    refused = {"code": 3, "message": "Storage write rejected - permission denied."}
    assert await ann.call("PUT", "/v2/storage", write) == (400, refused)


async def test_a_version_that_has_passed_is_refused(ann: Client) -> None:
    write = {"objects": [{"collection": "c", "key": "k", "value": "{}", "version": "*"}]}
    assert (await ann.call("PUT", "/v2/storage", write))[0] == 200
    refused = {"code": 3, "message": "Storage write rejected - version check failed."}
    assert await ann.call("PUT", "/v2/storage", write) == (400, refused)


async def test_a_page_holds_one_unless_asked_for_more(ann: Client) -> None:
    objects = [{"collection": "c", "key": key, "value": "{}"} for key in "ab"]
    await ann.call("PUT", "/v2/storage", {"objects": objects})
    _, first = await ann.call("GET", f"/v2/storage/c/{ann.id}")
    assert [one["key"] for one in first["objects"]] == ["a"]
    _, second = await ann.call("GET", f"/v2/storage/c/{ann.id}?cursor={first['cursor']}")
    assert [one["key"] for one in second["objects"]] == ["b"]
    assert "cursor" not in second
    assert (await ann.call("GET", "/v2/storage/c?limit=101"))[0] == 400


async def test_objects_of_the_system_are_read_without_naming_it(node: testing.RunningNode, ann: Client) -> None:
    await node.services.storage.write([Write("news", "today", {}, permission_read=2)])
    _, answer = await ann.call("POST", "/v2/storage", {"object_ids": [{"collection": "news", "key": "today"}]})
    assert answer["objects"][0]["user_id"] == NIL
