"""Game Center: what Apple has signed lets its player in, and nothing else does."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.features.identity.issuer import ec_key, rsa_key
from tests.features.identity.platforms import BUNDLE, Platforms, authority, certificate

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.core.errors import TooMany, Unauthenticated, Unavailable
from supergame.core.log import get_log
from supergame.features.identity import Identity
from supergame.features.identity.gamecenter import (
    CERTIFICATE_SECONDS_MAX,
    CERTIFICATES_MAX,
    RETRY_SECONDS,
    UNKNOWN_BURST,
    UNKNOWN_PER_SECOND,
    Certificates,
    GameCenter,
)
from supergame.features.identity.model import Rejected
from supergame.features.identity.web import Web

CERTIFICATE = "/public-key/gc-prod-1.cer"


@pytest.fixture
def identity(node: testing.RunningNode) -> Identity:
    return node.services.identity


async def refused(work: Awaitable[Any]) -> None:
    with pytest.raises(Unauthenticated, match=r"^Could not authenticate GameCenter profile\.$"):
        await work


async def test_the_certificate_is_fetched_once(identity: Identity, platforms: Platforms) -> None:
    for number in range(20):
        assert await identity.authenticate_gamecenter(platforms.gamecenter_player(f"G:{number}"))
    assert platforms.asked.count(CERTIFICATE) == 1


async def test_all_who_need_it_wait_for_the_same_request(identity: Identity, platforms: Platforms) -> None:
    platforms.issuer.go_on = asyncio.Event()
    waiting = [
        asyncio.create_task(identity.authenticate_gamecenter(platforms.gamecenter_player(f"G:{number}")))
        for number in range(10)
    ]
    await platforms.issuer.asked.wait()
    platforms.issuer.go_on.set()
    assert all(await asyncio.gather(*waiting))
    assert platforms.asked.count(CERTIFICATE) == 1


@pytest.mark.parametrize(
    "replaced",
    [
        {"player_id": "G:another"},
        {"bundle_id": "com.example.another"},
        {"salt": base64.b64encode(b"pepper").decode()},
        {"salt": "not base64!"},
        {"salt": "é"},
        {"signature": base64.b64encode(b"forged").decode()},
        {"signature": "x" * 2_000},
        {"signature": "é"},
        {"player_id": "\ud800"},
        {"key": rsa_key(1)},
    ],
    ids=lambda replaced: next(iter(replaced)),
)
async def test_what_was_not_signed_is_refused(
    identity: Identity, platforms: Platforms, replaced: dict[str, Any]
) -> None:
    await refused(identity.authenticate_gamecenter(platforms.gamecenter_player("G:1", **replaced)))


async def test_a_signature_is_good_for_a_while(identity: Identity, platforms: Platforms, clock: ManualClock) -> None:
    proof = platforms.gamecenter_player("G:1")
    await clock.advance(600)
    assert await identity.authenticate_gamecenter(proof)
    await clock.advance(1)
    await refused(identity.authenticate_gamecenter(proof))
    for timestamp in (proof.timestamp + 700_000, -5, 2**63 - 1, platforms.now()):
        await refused(identity.authenticate_gamecenter(proof._replace(timestamp=timestamp)))


@pytest.mark.parametrize(
    "address",
    [
        "https://apple.com.example/key.cer",
        "https://evil-gc.apple.com.example/key.cer",
        "http://static.gc.apple.com/key.cer",
        "ftp://127.0.0.1/key.cer",
        "https://127.0.0.1@evil.example/key.cer",
        "https://evil.example#127.0.0.1",
        "https://evil.example?127.0.0.1",
        "https://evil.example\\.127.0.0.1/",
        "https://127.0.0.1%2eevil.example/",
        "https://127.0.0.1\t/key.cer",
        "https://127.0.0.1/key.cer\n",
        "https://127\u30020.0.1/key.cer",
        "https://127.0.0.1:0443/key.cer",
        "https://127.0.0.1//key.cer",
        "https://127.0.0.1/a/../key.cer",
        "https://127.0.0.1/%6bey.cer",
        "https://127.0.0.1",
        "HTTPS://127.0.0.1/key.cer",
        "https://[/",
        "127.0.0.1",
    ],
)
async def test_a_certificate_from_elsewhere_is_not_even_fetched(
    identity: Identity, platforms: Platforms, address: str
) -> None:
    await refused(identity.authenticate_gamecenter(platforms.gamecenter_player("G:1", public_key_url=address)))


async def test_hosts_below_a_trusted_one_are_trusted_and_asked(platforms: Platforms, clock: ManualClock) -> None:
    """They do not exist here, which is another answer than that they are not trusted."""
    settings = {**platforms.settings(), "identity.gamecenter_hosts": "invalid"}
    async with testing.node(settings=settings, clock=clock) as node:
        proof = platforms.gamecenter_player("G:1", public_key_url="https://static.gc.invalid/key.cer")
        with pytest.raises(Unavailable):
            await node.services.identity.authenticate_gamecenter(proof)
        await refused(node.services.identity.authenticate_gamecenter(platforms.gamecenter_player("G:1")))


async def test_a_certificate_has_its_time_and_its_kind_of_key(identity: Identity, platforms: Platforms) -> None:
    for number, bad in enumerate(
        (
            certificate(platforms.now, days=(-30, -1)),
            certificate(platforms.now, days=(1, 30)),
            certificate(platforms.now, key=ec_key()),
            certificate(platforms.now, key=rsa_key(7, 1_024)),
            b"no certificate",
        )
    ):
        platforms.certificate = bad
        proof = platforms.gamecenter_player("G:1", public_key_url=f"{platforms.url}/public-key/{number}.cer")
        await refused(identity.authenticate_gamecenter(proof))
    platforms.certificate_status = 404
    proof = platforms.gamecenter_player("G:1", public_key_url=f"{platforms.url}/public-key/404.cer")
    await refused(identity.authenticate_gamecenter(proof))


@pytest.fixture
async def gamecenter(platforms: Platforms, clock: ManualClock) -> AsyncIterator[GameCenter]:
    """Game Center without a node, whose timers would make long times long."""
    web = Web("GameCenter", clock, get_log(), deadline_seconds=5, waiting_max=8)
    certificates = Certificates(web, clock, hosts=["127.0.0.1"], authorities=[])
    yield GameCenter(certificates, clock, bundle_ids=[BUNDLE], seconds_max=600, skew_seconds=60)
    await certificates.close()
    await web.close()


async def test_a_known_certificate_is_good_while_apple_is_down_until_its_own_end(
    gamecenter: GameCenter, platforms: Platforms, clock: ManualClock
) -> None:
    assert await gamecenter.verify(platforms.gamecenter_player("G:1"))
    platforms.issuer.status = 503
    await clock.advance(CERTIFICATE_SECONDS_MAX)
    for _ in range(5):
        assert await gamecenter.verify(platforms.gamecenter_player("G:1"))
    assert platforms.issuer.requests[CERTIFICATE] == 2
    await clock.advance(RETRY_SECONDS)
    assert await gamecenter.verify(platforms.gamecenter_player("G:1"))
    assert platforms.issuer.requests[CERTIFICATE] == 3
    await clock.advance(timedelta(days=301).total_seconds())
    with pytest.raises(Rejected, match="its certificate is not valid now"):
        await gamecenter.verify(platforms.gamecenter_player("G:1"))


async def test_apple_that_is_down_is_told_without_a_known_certificate(identity: Identity, platforms: Platforms) -> None:
    platforms.issuer.status = 503
    with pytest.raises(Unavailable, match="GameCenter cannot be reached right now"):
        await identity.authenticate_gamecenter(platforms.gamecenter_player("G:1"))


async def test_made_up_certificates_cause_few_requests(
    identity: Identity, platforms: Platforms, clock: ManualClock
) -> None:
    """Whoever makes up addresses at Apple's does not make us flood Apple; a certificate that is known goes on."""
    assert await identity.authenticate_gamecenter(platforms.gamecenter_player("G:1"))
    platforms.certificate_status = 404

    def made_up(number: int) -> Awaitable[Any]:
        url = f"{platforms.url}/public-key/made-up-{number}.cer"
        return identity.authenticate_gamecenter(platforms.gamecenter_player("G:1", public_key_url=url))

    for number in range(1, UNKNOWN_BURST):
        await refused(made_up(number))
    for number in range(50):
        with pytest.raises(TooMany, match="Too many unknown certificates of Game Center"):
            await made_up(number)
    assert len(platforms.asked) == UNKNOWN_BURST
    assert await identity.authenticate_gamecenter(platforms.gamecenter_player("G:2"))
    await clock.advance(1 / UNKNOWN_PER_SECOND)
    await refused(made_up(0))


async def test_only_so_many_certificates_are_kept(identity: Identity, platforms: Platforms, clock: ManualClock) -> None:
    for number in [*range(CERTIFICATES_MAX + 1), 0]:
        url = f"{platforms.url}/public-key/{number}.cer"
        assert await identity.authenticate_gamecenter(platforms.gamecenter_player("G:1", public_key_url=url))
        await clock.advance(1 / UNKNOWN_PER_SECOND)
    assert len(platforms.asked) == CERTIFICATES_MAX + 2


@pytest.fixture
async def pinned(platforms: Platforms, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Identity]:
    """A node that knows who may issue certificates."""
    file = tmp_path / "authorities.pem"
    file.write_bytes(authority(platforms.now, rsa_key(1)))
    settings = {**platforms.settings(), "identity.gamecenter_authorities": str(file)}
    async with testing.node(settings=settings, clock=clock) as node:
        yield node.services.identity


async def test_a_certificate_of_a_known_authority_is_trusted(pinned: Identity, platforms: Platforms) -> None:
    platforms.certificate = certificate(platforms.now, issuer=rsa_key(1))
    assert await pinned.authenticate_gamecenter(platforms.gamecenter_player("G:1"))


@pytest.mark.parametrize("signer", [None, rsa_key(2)], ids=["itself", "another"])
async def test_a_certificate_of_an_unknown_authority_is_not(
    pinned: Identity, platforms: Platforms, signer: Any
) -> None:
    platforms.certificate = certificate(platforms.now, issuer=signer)
    await refused(pinned.authenticate_gamecenter(platforms.gamecenter_player("G:1")))


async def test_requests_do_not_pile_up_and_end_with_the_node(platforms: Platforms, clock: ManualClock) -> None:
    platforms.issuer.go_on = asyncio.Event()
    async with testing.node(settings={**platforms.settings(), "identity.waiting_max": 1}, clock=clock) as node:
        identity = node.services.identity
        waiting = asyncio.create_task(identity.authenticate_gamecenter(platforms.gamecenter_player("G:1")))
        await platforms.issuer.asked.wait()
        with pytest.raises(Unavailable, match="Too many logins wait for GameCenter"):
            await identity.authenticate_gamecenter(platforms.gamecenter_player("G:2"))
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_the_stand_in_signs_for_the_games_bundle(platforms: Platforms) -> None:
    assert platforms.gamecenter_player("G:1").bundle_id == BUNDLE
