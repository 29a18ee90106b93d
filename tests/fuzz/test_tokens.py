"""Tokens that are forged, over, called back or for something else open nothing: neither HTTP nor a socket."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from tests.fuzz.garbage import Garbage
from tests.fuzz.raw import Closed, Raw

from supergame.client import Session
from supergame.testing import Player, RunningNode

KEY = "defaultencryptionkey"
REFRESH_KEY = "defaultrefreshencryptionkey"


class Gate:
    """The two ways in for who has a token."""

    def __init__(self, node: RunningNode, http: aiohttp.ClientSession) -> None:
        self._port, self._http = node.port, http

    async def http(self, token: str) -> int:
        async with Raw(self._port) as raw:
            status, body = await raw.request("GET", "/v2/account", {"Authorization": f"Bearer {token}"})
        if status == 401:
            assert json.loads(body) == {"code": 16, "message": "Auth token invalid"}
        return status

    async def socket(self, token: str) -> bool:
        try:
            async with self._http.ws_connect(f"ws://127.0.0.1:{self._port}/ws", params={"token": token}):
                return True
        except aiohttp.WSServerHandshakeError as error:
            return error.status != 401

    async def refuses(self, token: str) -> None:
        assert await self.http(token) == 401
        assert not await self.socket(token)


@pytest.fixture
async def gate(node: RunningNode) -> AsyncIterator[Gate]:
    async with aiohttp.ClientSession() as http:
        yield Gate(node, http)


@pytest.fixture
async def session(node: RunningNode) -> Session:
    return await node.client().authenticate_device("device-of-mallory")


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: object, key: str = KEY, algorithm: str = "HS256", digest: str = "sha256") -> str:
    """A token whose signature is right for that key."""
    token = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    signature = hmac.new(key.encode(), token.encode(), digest).digest()
    return f"{token}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


async def test_the_real_one_opens_both(gate: Gate, session: Session) -> None:
    assert await gate.http(session.token) == 200
    assert await gate.socket(session.token)
    assert await gate.http(signed(claims_of(session.token))) == 200


async def test_forged_ones_open_nothing(gate: Gate, session: Session, ann: Player) -> None:
    head, body, signature = session.token.split(".")
    claims = claims_of(session.token)
    hers = {**claims, "uid": ann.user_id}
    for token in (
        f"{head}.{part(hers)}.{signature}",
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(hers)}.",
        f"{part({'alg': 'none'})}.{part(hers)}.{signature}",
        signed(hers, "another key"),
        signed(hers, KEY, "HS512", "sha512"),
        signed(hers, REFRESH_KEY),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.{signature}",
        session.token + "A",
        session.refresh_token,
        "x" * 8_000,
        ".." * 100,
    ):
        await gate.refuses(token)


async def test_signed_ones_with_claims_that_are_none_open_nothing(gate: Gate, session: Session, seed: int) -> None:
    """Not even who knows the key brings the server out of step."""
    garbage = Garbage(seed)
    claims = claims_of(session.token)
    for _ in range(60):
        wrong: dict[str, Any] = dict(claims)
        name = garbage.random.choice(list(wrong))
        wrong[name] = garbage.odd()
        if wrong[name] == claims[name] or isinstance(wrong[name], type(claims[name])):
            del wrong[name]
        wrong.pop("vrs", None)
        await gate.refuses(signed(wrong))


async def test_damaged_ones_open_nothing(node: RunningNode, gate: Gate, session: Session, seed: int) -> None:
    garbage = Garbage(seed)
    async with Raw(node.port) as raw:
        for _ in range(150):
            damaged = garbage.damaged(session.token.encode())
            if damaged == session.token.encode() or b"\n" in damaged or b"\r" in damaged or len(damaged) > 12_000:
                continue
            head = b"GET /v2/account HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + damaged + b"\r\n\r\n"
            try:
                status, _ = await raw.send(head)
            except Closed:
                continue
            assert status in (400, 401), damaged


async def test_those_that_are_over_open_nothing(node: RunningNode, gate: Gate, session: Session) -> None:
    await node.advance(61)
    await gate.refuses(session.token)


async def test_those_that_were_called_back_open_nothing(node: RunningNode, gate: Gate, session: Session) -> None:
    other = await node.client().authenticate_device("device-of-mallory")
    await node.client().logout(session)
    await gate.refuses(session.token)
    assert await gate.http(other.token) == 200
    await node.client().logout(other, everywhere=True)
    await gate.refuses(other.token)


async def test_the_matchmakers_token_opens_matches_alone(node: RunningNode, gate: Gate, ann: Player) -> None:
    await gate.refuses(node.services.matches.token("00000000-0000-4000-8000-000000000000."))


async def test_a_clock_that_is_wrong_is_no_way_in(gate: Gate, session: Session) -> None:
    claims = claims_of(session.token)
    for exp in (0, -1, 1, int(time.time()) - 10**9):
        await gate.refuses(signed({**claims, "exp": exp}))
