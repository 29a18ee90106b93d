"""Every HTTP operation with anything at all in it: the answers are the protocol's, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import uuid
from base64 import b64encode
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from tests.fuzz.garbage import RAW, Garbage
from tests.fuzz.raw import Closed, Raw

from supergame.edge.failures import HTTP_STATUS
from supergame.protocol.catalogue import OPERATIONS
from supergame.protocol.operation import Auth, Binding, Operation
from supergame.protocol.parameters import path_names, query_fields
from supergame.protocol.types import fields
from supergame.testing import Player, RunningNode

REQUESTS = 40
"""Per operation and seed."""
INTERNAL = 13
SERVER_KEY = {"Authorization": "Basic " + b64encode(b"defaultkey:").decode()}


def checked(status: int, body: bytes, what: object) -> int:
    """Show that an answer is one of the protocol's; gives its status."""
    assert status < 500, (status, body, what)
    if status != 200:
        error = json.loads(body)
        assert error["code"] != INTERNAL, what
        assert status in (HTTP_STATUS[error["code"]], 405, 408, 413, 431), (status, body, what)
        assert error["message"], what
    else:
        assert isinstance(json.loads(body), dict), what
    return status


class Mallory:
    """A player who sends requests of all kinds, and logs in again whenever that has ended the session."""

    def __init__(self, node: RunningNode, raw: Raw, garbage: Garbage) -> None:
        self._node, self._raw, self._garbage = node, raw, garbage
        self._token = ""

    async def request(self, operation: Operation[Any, Any], binding: Binding) -> int:
        garbage = self._garbage
        if operation.auth is Auth.SERVER_KEY:
            headers = SERVER_KEY
        else:
            headers = {"Authorization": f"Bearer {await self._logged_in()}"}
        if garbage.chance(0.05):
            headers = {}
        target, body = self._filled(operation, binding)
        what = (binding.method, target, body[:300])
        status = checked(*await self._raw.request(binding.method, target, headers, body), what)
        if status == 401 and headers:
            self._token = ""
        return status

    async def _logged_in(self) -> str:
        if not self._token:
            session = await self._node.client().authenticate_device(f"mallory-{uuid.uuid4()}")
            self._token = session.token
        return self._token

    def _filled(self, operation: Operation[Any, Any], binding: Binding) -> tuple[str, bytes]:
        garbage = self._garbage
        target = binding.path
        for name in path_names(binding.path):
            text = garbage.named(name) or "x"
            target = target.replace(f"{{{name}}}", quote(text, safe="" if garbage.chance(0.9) else "/"))
        made = garbage.message(operation.request)
        query = []
        for field in query_fields(operation.request, binding.path, binding.body, binding.query):
            if field.name in made:
                value = made[field.name]
                values = value if isinstance(value, list) else [value]
                query += [(field.name, _as_text(one)) for one in values]
        if garbage.chance(0.1):
            query.append((garbage.text(), garbage.text()))
        if query:
            target += "?" + urlencode(query)[:6_000]
        if garbage.chance(0.03):
            target += "&%zz=%ff&ids=%fe%00"
        if binding.body is None and garbage.chance(0.9):
            return target, b""
        part = made if binding.body in ("*", None) else self._part(operation, binding, made)
        data = garbage.json(part)
        if garbage.chance(0.05):
            data = garbage.damaged(data)
        if garbage.chance(0.02):
            data = garbage.random.choice(RAW)
        return target, data

    def _part(self, operation: Operation[Any, Any], binding: Binding, made: dict[str, object]) -> object:
        (field,) = (field for field in fields(operation.request) if field.name == binding.body)
        return made.get(field.name, made.get(field.json_name, {}))


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


async def known(node: RunningNode, ann: Player) -> dict[str, list[Any]]:
    """Values that get further, by the names of their fields."""
    await ann.client.write_object(ann.session, "bag", "gold", {"coins": 1})
    await ann.client.write_score(ann.session, "highest", 7)
    await node.services.matches.create("arena", {"mode": "easy"})
    said = await ann.socket.send_chat("2...lobby", {"text": "hello"})
    nobody = str(uuid.uuid4())
    return {
        "id": ["echo", "who", "device-of-ann", "device-of-bob", "custom-id"],
        "ids": [ann.user_id, nobody],
        "user_id": [ann.user_id, nobody],
        "owner_id": [ann.user_id, nobody],
        "owner_ids": [ann.user_id, nobody],
        "usernames": [ann.username, "nobody"],
        "collection": ["bag"],
        "key": ["gold", "silver"],
        "value": ['{"coins":2}'],
        "version": ["", "*", "0123"],
        "permission_read": [0, 1, 2],
        "permission_write": [0, 1],
        "channel_id": [said.channel_id],
        "leaderboard_id": ["highest", "sum", "daily", "official"],
        "limit": [1, 10, 100],
        "query": ["+label.mode:easy", "*"],
        "score": ["1", 2],
    }


@pytest.mark.parametrize("twin", ["sqlite", "postgres"])
async def test_every_operation_answers_garbage_in_the_protocols_words(
    node: RunningNode, ann: Player, seed: int
) -> None:
    garbage = Garbage(seed, await known(node, ann))
    offered = {operation.name for operation in node.node.edge.router.operations}
    answered: set[int] = set()
    async with Raw(node.port) as raw:
        mallory = Mallory(node, raw, garbage)
        for operation in OPERATIONS.values():
            if operation.name not in offered:
                continue
            requests = 3 if "Email" in operation.name else REQUESTS  # passwords are slow to check, on purpose
            for _ in range(requests):
                answered.add(await mallory.request(operation, garbage.random.choice(operation.bindings)))
    assert {200, 400, 401, 404} <= answered


@pytest.mark.parametrize("twin", ["sqlite", "postgres"])
async def test_cursors_that_are_none_are_refused(node: RunningNode, ann: Player, seed: int) -> None:
    garbage = Garbage(seed)
    for number in range(3):
        await ann.client.write_object(ann.session, "bag", f"gold-{number}", {})
        await ann.client.write_score(ann.session, "sum", number)
        await ann.socket.send_chat("2...lobby", {"number": number})
    bob = await node.player("bob")
    await bob.client.write_score(bob.session, "sum", 5)
    headers = {"Authorization": f"Bearer {ann.session.token}"}
    async with Raw(node.port) as raw:
        for target, field in (
            ("/v2/storage/bag?limit=1", "cursor"),
            ("/v2/channel/2...lobby?limit=1", "next_cursor"),
            ("/v2/notification?limit=1", "cacheable_cursor"),
            ("/v2/leaderboard/sum?limit=1", "next_cursor"),
            (f"/v2/leaderboard/sum/owner/{ann.user_id}?limit=1", "next_cursor"),
        ):
            _, body = await raw.request("GET", target, headers)
            real = json.loads(body).get(field, "")
            for _ in range(60):
                wrong = f"{target}&cursor={quote(garbage.cursor(real))}"
                checked(*await raw.request("GET", wrong, headers), wrong)


async def test_queries_that_do_not_parse_are_refused_and_none_takes_long(
    node: RunningNode, ann: Player, seed: int
) -> None:
    garbage = Garbage(seed)
    for number in range(20):
        await node.services.matches.create("arena", {"mode": "a" * number, "level": number})
    headers = {"Authorization": f"Bearer {ann.session.token}"}
    greedy = [
        "/(a*)*b/",
        "/(a|aa)+$/",
        "+label.mode:/(((a*)*)*)*b/",
        "a" * 4_000,
        "(" * 2_000,
        "+" * 2_000,
        "a~2" * 900,
    ]
    answered = set()
    async with Raw(node.port) as raw:
        for query in [*greedy, *(garbage.query() for _ in range(150))]:
            target = "/v2/match?authoritative=true&query=" + quote(query, safe="")
            async with asyncio.timeout(5):
                answered.add(checked(*await raw.request("GET", target, headers), query))
    assert answered == {200, 400}


async def test_bytes_that_are_no_requests_are_refused(node: RunningNode, ann: Player, seed: int) -> None:
    garbage = Garbage(seed)
    good = b"GET /v2/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 2\r\n\r\n{}"
    async with Raw(node.port) as raw:
        for _ in range(60):
            await raw.close()  # so that no half of a request waits for the next
            data = garbage.damaged(good) if garbage.chance(0.7) else garbage.random.randbytes(200) + b"\r\n\r\n"
            try:
                async with asyncio.timeout(0.5):
                    status, _ = await raw.send(data)
            except (Closed, TimeoutError):
                continue  # closed, or still waiting for the rest of it
            assert 400 <= status < 500 or status in (200, 501), data


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"PUT /v2/storage HTTP/1.1\r\nContent-Length: 300000\r\n\r\n",
        b"PUT /v2/storage HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PUT /v2/storage HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\nA\0: c\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\n\r\n",
        b"GET * HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_a_head_that_is_wrong_is_refused(node: RunningNode, ann: Player, head: bytes) -> None:
    async with Raw(node.port) as raw:
        try:
            status, _ = await raw.send(head)
        except Closed:
            return
        assert 400 <= status < 500
