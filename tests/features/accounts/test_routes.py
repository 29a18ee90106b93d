"""Accounts as clients meet them: real requests to a real port, and the exact answers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from tests.features.accounts.house import House

from supergame.features.accounts import IDS_PER_CALL_MAX, REFRESH_GRACE_SECONDS

Answer = tuple[int, dict[str, Any]]
DEVICE = "/v2/account/authenticate/device"
EMAIL = "/v2/account/authenticate/email"
CUSTOM = "/v2/account/authenticate/custom"
REFRESH = "/v2/account/session/refresh"
LOGOUT = "/v2/session/logout"


class Client:
    """A player's end of the wire."""

    def __init__(self, house: House, http: aiohttp.ClientSession) -> None:
        self.house, self.http = house, http
        self.base = f"http://127.0.0.1:{house.edge.port}"

    async def as_app(self, path: str, body: object) -> Answer:
        """A call that shows the server key."""
        key = base64.b64encode(b"defaultkey:").decode()
        return await self._call("POST", path, body, f"Basic {key}")

    async def call(self, method: str, path: str, token: str, body: object = None) -> Answer:
        """A call that shows a session token."""
        return await self._call(method, path, body, f"Bearer {token}")

    async def _call(self, method: str, path: str, body: object, authorization: str) -> Answer:
        headers = {"Authorization": authorization}
        async with self.http.request(method, self.base + path, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def log_in(self, name: str) -> dict[str, Any]:
        status, session = await self.as_app(f"{DEVICE}?username={name}", {"id": f"device-of-{name}"})
        assert status == 200
        return session

    async def socket(self, token: str) -> aiohttp.ClientWebSocketResponse:
        return await self.http.ws_connect(f"{self.base}/ws?token={token}")


@pytest.fixture
async def client(house: House) -> AsyncIterator[Client]:
    await house.edge.start()
    async with aiohttp.ClientSession() as http:
        yield Client(house, http)
    await house.edge.stop(grace_seconds=0)


def error(code: int, message: str) -> dict[str, Any]:
    return {"code": code, "message": message}


async def test_a_first_login_says_created_and_a_second_does_not(client: Client) -> None:
    status, first = await client.as_app(DEVICE, {"id": "0123456789"})
    assert status == 200
    assert set(first) == {"created", "token", "refresh_token"}
    assert first["created"] is True
    status, second = await client.as_app(f"{DEVICE}?create=false", {"id": "0123456789"})
    assert status == 200
    assert set(second) == {"token", "refresh_token"}


@pytest.mark.parametrize(
    ("path", "body", "status", "answer"),
    [
        (DEVICE, {}, 400, error(3, "Device ID is required.")),
        (DEVICE, {"id": "short"}, 400, error(3, "Device ID invalid, must be 10-128 bytes.")),
        (f"{DEVICE}?create=false", {"id": "0123456789"}, 404, error(5, "User account not found.")),
        (f"{DEVICE}?username=taken", {"id": "0123456789"}, 409, error(6, "Username is already in use.")),
        (CUSTOM, {"id": "x" * 129}, 400, error(3, "Custom ID invalid, must be 6-128 bytes.")),
        (EMAIL, {"email": "a@example.com"}, 400, error(3, "Password must be at least 8 characters long.")),
        (EMAIL, {"email": "example", "password": "password"}, 400, error(3, "Invalid email address format.")),
        (
            EMAIL,
            {"password": "password"},
            400,
            error(3, "Username is required when email address is not supplied."),
        ),
        (f"{EMAIL}?username=taken", {"password": "password"}, 401, error(16, "Invalid credentials.")),
        (f"{EMAIL}?username=nobody", {"password": "password"}, 404, error(5, "User account not found.")),
        (REFRESH, {}, 400, error(3, "Refresh token is required.")),
        (REFRESH, {"token": "nonsense"}, 401, error(16, "Refresh token invalid or expired.")),
    ],
)
async def test_what_is_refused_is_refused_in_the_protocols_words(
    client: Client, path: str, body: object, status: int, answer: dict[str, Any]
) -> None:
    await client.log_in("taken")
    assert await client.as_app(path, body) == (status, answer)


async def test_email_and_username_logins_give_sessions(client: Client) -> None:
    account = {"email": "alice@example.com", "password": "open sesame"}
    assert (await client.as_app(f"{EMAIL}?username=alice", account))[1]["created"] is True
    status, session = await client.as_app(f"{EMAIL}?username=alice", {"password": "open sesame", "vars": {"a": "b"}})
    assert status == 200
    assert client.house.tokens.verify(session["token"]).vars == {"a": "b"}
    assert (await client.as_app(CUSTOM, {"id": "custom-id"}))[0] == 200


async def test_a_one_time_code_travels_in_the_vars_and_goes_no_further(client: Client) -> None:
    shown: list[str] = []

    async def check(user_id: str, code: str) -> None:
        shown.append(code)

    client.house.accounts.require_second_factor(check)
    account = {"email": "alice@example.com", "password": "open sesame", "vars": {"totp": "123456", "a": "b"}}
    for _ in range(2):
        _, session = await client.as_app(EMAIL, account)
        assert client.house.tokens.verify(session["token"]).vars == {"a": "b"}
    assert shown == ["123456"]


async def test_who_guesses_passwords_is_told_when_to_try_again(client: Client) -> None:
    await client.as_app(EMAIL, {"email": "alice@example.com", "password": "open sesame"})
    wrong = {"email": "alice@example.com", "password": "open barley"}
    for _ in range(20):
        assert (await client.as_app(EMAIL, wrong))[0] == 401
    headers = {"Authorization": "Basic " + base64.b64encode(b"defaultkey:").decode()}
    async with client.http.post(client.base + EMAIL, json=wrong, headers=headers) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "180")
        assert await response.json() == error(8, "Too many failed logins; try again later.")


async def test_an_account_as_its_owner_sees_it(client: Client) -> None:
    session = await client.log_in("alice")
    user_id = client.house.tokens.verify(session["token"]).user_id
    status, account = await client.call("GET", "/v2/account", session["token"])
    assert status == 200
    assert account == {
        "user": {
            "id": user_id,
            "username": "alice",
            "lang_tag": "en",
            "metadata": "{}",
            "create_time": "2023-11-14T22:13:20Z",
            "update_time": "2023-11-14T22:13:20Z",
        },
        "wallet": "{}",
        "devices": [{"id": "device-of-alice"}],
    }


async def test_an_account_is_updated_linked_unlinked_and_deleted(client: Client) -> None:
    token = (await client.log_in("alice"))["token"]
    assert await client.call("PUT", "/v2/account", token, {"display_name": "Alice", "location": ""}) == (200, {})
    for kind, link in (
        ("device", {"id": "tablet-of-alice"}),
        ("custom", {"id": "custom-alice"}),
        ("email", {"email": "alice@example.com", "password": "open sesame"}),
    ):
        assert await client.call("POST", f"/v2/account/link/{kind}", token, link) == (200, {})
    _, account = await client.call("GET", "/v2/account", token)
    assert account["user"]["display_name"] == "Alice"
    assert account["email"] == "alice@example.com"
    assert account["custom_id"] == "custom-alice"
    assert [device["id"] for device in account["devices"]] == ["device-of-alice", "tablet-of-alice"]
    for kind, link in (
        ("device", {"id": "tablet-of-alice"}),
        ("custom", {"id": "custom-alice"}),
        ("email", {"email": "Alice@example.com"}),
    ):
        assert await client.call("POST", f"/v2/account/unlink/{kind}", token, link) == (200, {})
    assert await client.call("POST", "/v2/account/unlink/device", token, {"id": "device-of-alice"}) == (
        403,
        error(7, "Cannot unlink last account identifier. Check profile exists and is not last link."),
    )
    assert await client.call("DELETE", "/v2/account", token) == (200, {})
    assert await client.call("GET", "/v2/account", token) == (401, error(16, "Auth token invalid"))


async def test_users_are_looked_up(client: Client) -> None:
    token = (await client.log_in("alice"))["token"]
    await client.log_in("bob")
    alice_id = client.house.tokens.verify(token).user_id
    path = f"/v2/user?ids={alice_id.upper()}&usernames=bob&usernames=nobody&facebook_ids=1"
    status, answer = await client.call("GET", path, token)
    assert status == 200
    assert sorted(user["username"] for user in answer["users"]) == ["alice", "bob"]
    assert await client.call("GET", "/v2/user", token) == (200, {})
    assert await client.call("GET", "/v2/user?ids=x", token) == (400, error(3, "ID 'x' is not a valid system ID."))
    many = "&".join(f"usernames=user{number}" for number in range(IDS_PER_CALL_MAX + 1))
    assert await client.call("GET", f"/v2/user?{many}", token) == (
        400,
        error(3, "At most 100 users can be asked for at a time."),
    )


async def test_a_session_is_refreshed_with_new_vars(client: Client) -> None:
    old = await client.log_in("alice")
    status, new = await client.as_app(REFRESH, {"token": old["refresh_token"], "vars": {"build": "2"}})
    assert status == 200
    assert set(new) == {"token", "refresh_token"}
    assert client.house.tokens.verify(new["token"]).vars == {"build": "2"}
    assert await client.as_app(REFRESH, {"token": old["refresh_token"]}) == (200, new)
    await client.house.clock.advance(REFRESH_GRACE_SECONDS + 1)
    assert await client.as_app(REFRESH, {"token": old["refresh_token"]}) == (
        401,
        error(16, "Refresh token invalid or expired."),
    )


async def test_logging_out_holds_for_http_for_new_and_for_open_sockets(client: Client) -> None:
    session = await client.log_in("alice")
    socket = await client.socket(session["token"])
    body = {"token": session["token"], "refresh_token": session["refresh_token"]}
    assert await client.call("POST", LOGOUT, session["token"], body) == (200, {})
    closing = await socket.receive()
    assert (closing.type, closing.data, closing.extra) == (
        aiohttp.WSMsgType.CLOSE,
        1000,
        "server-side session disconnect",
    )
    assert await client.call("GET", "/v2/account", session["token"]) == (401, error(16, "Auth token invalid"))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.socket(session["token"])
    assert refused.value.status == 401
    assert (await client.as_app(REFRESH, {"token": session["refresh_token"]}))[0] == 401


async def test_logging_out_with_a_token_that_is_not_ones_own(client: Client) -> None:
    alice, bob = await client.log_in("alice"), await client.log_in("bob")
    assert await client.call("POST", LOGOUT, bob["token"], {"token": alice["token"]}) == (
        400,
        error(3, "Session token invalid."),
    )
    assert await client.call("POST", LOGOUT, bob["token"], {"refresh_token": alice["refresh_token"]}) == (
        400,
        error(3, "Refresh token invalid."),
    )


async def test_the_banned_are_shown_the_door(client: Client) -> None:
    session = await client.log_in("alice")
    socket = await client.socket(session["token"])
    await client.house.accounts.ban(client.house.tokens.verify(session["token"]).user_id)
    assert '"code":-8' in (await socket.receive()).data
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert await client.as_app(DEVICE, {"id": "device-of-alice"}) == (403, error(7, "User account banned."))
    assert (await client.as_app(REFRESH, {"token": session["refresh_token"]}))[0] == 401
