"""Keys of an issuer: fetched once, renewed in time, and never a reason for logins to pile up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web as server
from tests.features.identity.issuer import Issuer, jwk, rsa_key

from supergame.core.clock import ManualClock
from supergame.core.errors import Unavailable
from supergame.core.log import get_log
from supergame.features.identity import IdentitySettings
from supergame.features.identity.keys import KEY_SECONDS_MAX, KEY_SECONDS_MIN, KEYS_MAX, KeySet, read_keys
from supergame.features.identity.web import ANSWER_BYTES_MAX, Web

SETTINGS = IdentitySettings(
    key_seconds=3_600, refetch_seconds=10, stale_key_seconds_max=86_400, waiting_max=4, deadline_seconds=5
)
DISCOVERY, KEYS = "/.well-known/openid-configuration", "/keys"
MakeKeys = Callable[..., KeySet]


@pytest.fixture
async def make(issuer: Issuer, clock: ManualClock) -> AsyncIterator[MakeKeys]:
    """Makes sets of keys of the issuer."""
    async with AsyncExitStack() as stack:

        def make(*, issuer_url: str = "", keys_url: str = "", discovery_url: str = "") -> KeySet:
            web = Web(
                "The issuer",
                clock,
                get_log(),
                deadline_seconds=SETTINGS.deadline_seconds,
                waiting_max=SETTINGS.waiting_max,
            )
            found = KeySet(
                web,
                clock,
                SETTINGS,
                issuer=issuer_url or issuer.url,
                keys_url=keys_url,
                discovery_url=discovery_url,
            )
            stack.push_async_callback(web.close)
            stack.push_async_callback(found.close)
            return found

        yield make


@pytest.fixture
def keys(make: MakeKeys) -> KeySet:
    return make()


async def known(keys: KeySet, kid: str) -> bool:
    return await keys.find(kid, "RS256") is not None


async def unavailable(work: Coroutine[Any, Any, Any]) -> str:
    with pytest.raises(Unavailable) as refused:
        await work
    return refused.value.message


async def test_a_hundred_logins_cost_one_configuration_and_one_set_of_keys(keys: KeySet, issuer: Issuer) -> None:
    for _ in range(25):
        assert all(await asyncio.gather(*(known(keys, "key-0") for _ in range(4))))
    assert issuer.requests == {DISCOVERY: 1, KEYS: 1}


async def test_a_known_address_of_keys_needs_no_configuration(make: MakeKeys, issuer: Issuer) -> None:
    assert await known(make(keys_url=issuer.url + KEYS), "key-0")
    assert issuer.requests == {KEYS: 1}


async def test_the_configuration_may_be_elsewhere(make: MakeKeys, issuer: Issuer) -> None:
    issuer.configuration = {"issuer": "https://issuer.example"}
    keys = make(issuer_url="https://issuer.example", discovery_url=issuer.url + DISCOVERY)
    assert await known(keys, "key-0")


@pytest.mark.parametrize(
    ("max_age", "kept_seconds"),
    [(None, 3_600), (600, 600), (1, KEY_SECONDS_MIN), (10**8, KEY_SECONDS_MAX)],
)
async def test_keys_are_kept_as_long_as_their_issuer_says(
    keys: KeySet, issuer: Issuer, clock: ManualClock, max_age: int | None, kept_seconds: int
) -> None:
    issuer.max_age = max_age
    assert await known(keys, "key-0")
    await clock.advance(kept_seconds - 1)
    assert await known(keys, "key-0")
    assert issuer.requests[KEYS] == 1
    issuer.rotate()
    await clock.advance(1)
    assert not await known(keys, "key-0")
    assert issuer.requests[KEYS] == 2


async def test_a_new_key_is_found_before_the_old_ones_are_out_of_time(
    keys: KeySet, issuer: Issuer, clock: ManualClock
) -> None:
    assert await known(keys, "key-0")
    await clock.advance(SETTINGS.refetch_seconds)
    issuer.rotate()
    assert await known(keys, "key-1")
    assert not await known(keys, "key-0")
    assert issuer.requests[KEYS] == 2


async def test_unknown_keys_cause_few_requests(keys: KeySet, issuer: Issuer, clock: ManualClock) -> None:
    """Whoever sends tokens under made-up names of keys does not make us flood the issuer."""
    for number in range(50):
        assert not await known(keys, f"made-up-{number}")
    assert issuer.requests[KEYS] == 1
    await clock.advance(SETTINGS.refetch_seconds)
    assert not any(await asyncio.gather(*(known(keys, f"made-up-{number}") for number in range(4))))
    assert issuer.requests[KEYS] == 2


async def test_known_keys_are_good_while_the_issuer_is_down(keys: KeySet, issuer: Issuer, clock: ManualClock) -> None:
    assert await known(keys, "key-0")
    issuer.status = 503
    await clock.advance(SETTINGS.key_seconds)
    for _ in range(10):
        assert await known(keys, "key-0")
    assert issuer.requests[DISCOVERY] == 2
    assert "cannot be fetched right now" in await unavailable(keys.find("key-1", "RS256"))
    await clock.advance(SETTINGS.refetch_seconds)
    issuer.status = 200
    issuer.rotate()
    assert await known(keys, "key-1")


async def test_known_keys_are_not_good_for_ever(keys: KeySet, issuer: Issuer, clock: ManualClock) -> None:
    assert await known(keys, "key-0")
    issuer.status = 503
    await clock.advance(SETTINGS.key_seconds + SETTINGS.stale_key_seconds_max)
    await unavailable(keys.find("key-0", "RS256"))


async def test_without_keys_an_issuer_that_is_down_is_told_and_not_asked_all_the_time(
    keys: KeySet, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.status = 500
    for _ in range(10):
        await unavailable(keys.find("key-0", "RS256"))
    assert issuer.requests == {DISCOVERY: 1}
    await clock.advance(SETTINGS.refetch_seconds)
    issuer.status = 200
    assert await known(keys, "key-0")


async def test_an_issuer_that_is_not_there_is_told(make: MakeKeys) -> None:
    """Nobody listens on that port, nor answers to that name."""
    for url in ("http://127.0.0.1:1", "https://issuer.invalid"):
        await unavailable(make(issuer_url=url).find("key-0", "RS256"))


async def test_a_slow_issuer_has_its_deadline(keys: KeySet, issuer: Issuer, clock: ManualClock) -> None:
    issuer.go_on = asyncio.Event()
    login = asyncio.create_task(keys.find("key-0", "RS256"))
    await issuer.asked.wait()
    await clock.advance(SETTINGS.deadline_seconds)
    await unavailable(_result(login))


async def test_an_issuer_that_stops_amid_its_answer_has_its_deadline_too(
    make: MakeKeys, issuer: Issuer, clock: ManualClock
) -> None:
    begun = asyncio.Event()

    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        begun.set()
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(begin, "127.0.0.1", 0) as slow:
        port = slow.sockets[0].getsockname()[1]
        login = asyncio.create_task(make(issuer_url=f"http://127.0.0.1:{port}").find("key-0", "RS256"))
        await begun.wait()
        await clock.advance(SETTINGS.deadline_seconds)
        await unavailable(_result(login))


async def test_logins_do_not_pile_up_behind_a_slow_issuer(keys: KeySet, issuer: Issuer, clock: ManualClock) -> None:
    """As many as may wait do; the others are told at once. One request is under way all the time."""
    issuer.go_on = asyncio.Event()
    waiting = [asyncio.create_task(keys.find("key-0", "RS256")) for _ in range(SETTINGS.waiting_max)]
    await issuer.asked.wait()
    for _ in range(20):
        assert "Too many logins wait" in await unavailable(keys.find("key-0", "RS256"))
    issuer.go_on.set()
    assert all(await asyncio.gather(*waiting))
    assert issuer.requests == {DISCOVERY: 1, KEYS: 1}


async def test_known_keys_do_not_wait_in_the_pile(keys: KeySet, issuer: Issuer, clock: ManualClock) -> None:
    assert await known(keys, "key-0")
    await clock.advance(SETTINGS.key_seconds)
    issuer.go_on = asyncio.Event()
    issuer.asked.clear()
    waiting = [asyncio.create_task(keys.find("key-0", "RS256")) for _ in range(SETTINGS.waiting_max)]
    await issuer.asked.wait()
    assert await known(keys, "key-0")
    issuer.go_on.set()
    assert all(await asyncio.gather(*waiting))


async def test_whoever_gives_up_does_not_end_the_request_of_the_others(keys: KeySet, issuer: Issuer) -> None:
    issuer.go_on = asyncio.Event()
    first, second = (asyncio.create_task(keys.find("key-0", "RS256")) for _ in range(2))
    await issuer.asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    issuer.go_on.set()
    assert await second


async def test_a_request_under_way_ends_with_the_node(keys: KeySet, issuer: Issuer) -> None:
    issuer.go_on = asyncio.Event()
    login = asyncio.create_task(keys.find("key-0", "RS256"))
    await issuer.asked.wait()
    await keys.close()
    with pytest.raises(asyncio.CancelledError):
        await login


@pytest.mark.parametrize(
    "answer",
    [
        server.Response(body=b'{"keys": [' + b" " * ANSWER_BYTES_MAX),
        server.Response(body=b"<html>"),
        server.Response(body=b"[" * 10_000),
        server.Response(body=b"[]"),
        server.Response(body=b'{"keys": {}}'),
        server.Response(body=b'{"keys": []}'),
        server.Response(body=b'{"keys": [7, null, {"kty": "oct", "k": "c2VjcmV0"}]}'),
        server.Response(body=b'{"keys": []}', status=404),
        server.json_response({"keys": [jwk("key-0", rsa_key())]}, status=404),
        server.Response(status=302, headers={"Location": "/keys"}),
        server.Response(status=429),
        server.Response(body=b"{}", headers={"Content-Encoding": "gzip"}),
    ],
    ids=[
        "huge",
        "html",
        "deep",
        "list",
        "object",
        "empty",
        "useless",
        "missing",
        "mistaken",
        "moved",
        "busy",
        "zipped",
    ],
)
async def test_keys_that_make_no_sense_are_none(keys: KeySet, issuer: Issuer, answer: server.Response) -> None:
    issuer.keys_answer = answer
    await unavailable(keys.find("key-0", "RS256"))


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://keys.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://[/"},
    ],
    ids=["another", "nobody", "nowhere", "in the open", "a file", "no address"],
)
async def test_a_configuration_that_cannot_be_trusted_is_none(
    keys: KeySet, issuer: Issuer, configuration: dict[str, Any]
) -> None:
    issuer.configuration = configuration
    await unavailable(keys.find("key-0", "RS256"))
    assert issuer.requests[KEYS] == 0


async def test_a_configuration_with_another_status_is_none(make: MakeKeys, issuer: Issuer) -> None:
    document = {"issuer": "https://issuer.example", "jwks_uri": f"{issuer.url}/keys"}
    issuer.keys_answer = server.json_response(document, status=404)
    await unavailable(make(issuer_url="https://issuer.example", discovery_url=issuer.url + KEYS).find("key-0", "RS256"))
    assert issuer.requests[KEYS] == 1


async def test_a_configuration_that_is_no_json_is_none(make: MakeKeys, issuer: Issuer) -> None:
    issuer.keys_answer = server.Response(body=b"<html>")
    await unavailable(make(discovery_url=issuer.url + KEYS).find("key-0", "RS256"))


def test_only_so_many_keys_are_read() -> None:
    assert len(read_keys({"keys": [jwk(f"key-{number}", rsa_key()) for number in range(KEYS_MAX + 5)]})) == KEYS_MAX


async def _result(task: asyncio.Task[Any]) -> Any:
    return await task
