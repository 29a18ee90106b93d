"""Guessing passwords over HTTP and gRPC: one count for both, by the address that a trusted proxy tells."""

from __future__ import annotations

import base64

import aiohttp
import grpc
import grpc.aio
import pytest
from tests.features.lobby import CHEAP_PASSWORDS

from supergame import testing
from supergame.client import RequestFailed
from supergame.protocol.accounts import AccountEmail, AuthenticateEmailRequest
from supergame.protocol.protobuf import encode

AUTHENTICATE = "/nakama.api.Nakama/AuthenticateEmail"
KEY = {"authorization": "Basic " + base64.b64encode(b"defaultkey:").decode()}
SETTINGS = {
    **CHEAP_PASSWORDS,
    "edge.grpc": True,
    "edge.trusted_proxies": ["127.0.0.0/8"],
    "accounts.login_failures_max": 4,
}


async def over_http(node: testing.RunningNode, address: str, password: str) -> int:
    """The status of a login."""
    body = {"email": "Ann@Example.com", "password": password}
    url = f"http://127.0.0.1:{node.port}/v2/account/authenticate/email?create=false"
    headers = {**KEY, "x-forwarded-for": address}
    async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=headers) as answer:
        return answer.status


async def over_grpc(node: testing.RunningNode, address: str, password: str) -> str:
    """The code of a login."""
    message = encode(AuthenticateEmailRequest(AccountEmail("ann@example.COM", password), create=False))
    metadata = [*KEY.items(), ("x-forwarded-for", address)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{node.node.edge.grpc_port}") as channel:
        try:
            await channel.unary_unary(AUTHENTICATE)(message, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return error.code().name
    return "OK"


async def test_whichever_way_it_is_tried_and_from_whichever_address_of_a_household() -> None:
    async with testing.node(settings=SETTINGS) as node:
        await node.client().authenticate_email("ann@example.com", "open sesame", username="ann")
        assert await over_http(node, "2001:db8::1", "open barley") == 401
        assert await over_grpc(node, "2001:db8::2", "open barley") == "UNAUTHENTICATED"
        assert await over_http(node, "2001:db8::3, 127.0.0.9", "open barley") == 401
        assert await over_grpc(node, "1.2.3.4, 2001:db8::4", "open barley") == "UNAUTHENTICATED"
        assert await over_http(node, "2001:db8::5", "open sesame") == 429
        assert await over_grpc(node, "2001:db8::5", "open sesame") == "RESOURCE_EXHAUSTED"
        assert await over_grpc(node, "2001:db8:0:1::1", "open sesame") == "OK"


async def test_by_username_it_is_the_same_account() -> None:
    async with testing.node(settings=SETTINGS) as node:
        client = node.client()
        await client.authenticate_email("ann@example.com", "open sesame", username="ann")
        for email, username in [("ann@example.com", ""), ("", "ann")] * 2:
            with pytest.raises(RequestFailed, match="Invalid credentials"):
                await client.authenticate_email(email, "open barley", username=username)
        with pytest.raises(RequestFailed, match="Too many failed logins"):
            await client.authenticate_email("", "open sesame", username="ann")
