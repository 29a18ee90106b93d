"""Logins with providers of the settings: id tokens, authorization codes, and tokens that log in once."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.features.identity.issuer import AUDIENCE, Issuer

from supergame import testing
from supergame.core.clock import ManualClock
from supergame.core.errors import (
    BadInput,
    Banned,
    Conflict,
    NotConfigured,
    NotFound,
    Refused,
    Unauthenticated,
    Unavailable,
)
from supergame.features.identity import Identity, OpenIdProof
from supergame.store import Database
from supergame.store.sqlite import SqliteDatabase

MakeNode = Callable[..., AbstractAsyncContextManager[testing.RunningNode]]

CODE = OpenIdProof(code="code-1", code_verifier="verifier-1", redirect_uri="https://game.example/back")


@pytest.fixture
def trusting(issuer: Issuer, clock: ManualClock) -> MakeNode:
    """Makes a node that trusts the issuer under the name `test`."""

    @asynccontextmanager
    async def make(database: Database | None = None, **settings: Any) -> AsyncIterator[testing.RunningNode]:
        chosen = {"issuer": issuer.url, "audiences": [AUDIENCE], **settings}
        full = {f"identity.openid.test.{name}": value for name, value in chosen.items()}
        async with testing.node(settings=full, clock=clock, database=database) as node:
            yield node

    return make


@pytest.fixture
async def identity(trusting: MakeNode) -> AsyncIterator[Identity]:
    async with trusting() as node:
        yield node.services.identity


def codes(issuer: Issuer, /, **more: Any) -> dict[str, Any]:
    """Settings by which codes are exchanged."""
    return {"token_url": f"{issuer.url}/token", "client_id": "the-client", "client_secret": "the-secret", **more}


async def rejected(identity: Identity, proof: OpenIdProof) -> str:
    with pytest.raises(Unauthenticated) as refused:
        await identity.authenticate_openid("test", proof)
    return refused.value.message


async def test_the_first_login_makes_an_account_that_the_next_one_finds(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting() as node:
        identity = node.services.identity
        first = await identity.authenticate_openid("test", OpenIdProof(issuer.token("p1", name="Ann")), username="ann")
        again = await identity.authenticate_openid("test", OpenIdProof(issuer.token("p1", name="Annie")))
        assert (first.created, again.created, again.user_id, again.username) == (True, False, first.user_id, "ann")
        user = (await node.services.accounts.get(first.user_id)).user
        assert user is not None
        assert user.display_name == "Ann"
        assert [(link.provider, link.external_id) for link in await identity.links(first.user_id)] == [
            ("openid:test", "p1")
        ]


async def test_names_are_not_taken_over_where_that_is_not_wanted(issuer: Issuer, clock: ManualClock) -> None:
    settings = {
        "identity.display_names": False,
        "identity.openid.test.issuer": issuer.url,
        "identity.openid.test.audiences": AUDIENCE,
    }
    async with testing.node(settings=settings, clock=clock) as node:
        login = await node.services.identity.authenticate_openid("test", OpenIdProof(issuer.token("p1", name="Ann")))
        user = (await node.services.accounts.get(login.user_id)).user
        assert user is not None
        assert user.display_name == ""


async def test_a_hundred_logins_fetch_the_keys_once(identity: Identity, issuer: Issuer) -> None:
    for number in range(100):
        await identity.authenticate_openid("test", OpenIdProof(issuer.token(f"player-{number % 7}")))
    assert issuer.requests == {"/.well-known/openid-configuration": 1, "/keys": 1}


async def test_who_is_not_known_is_not_found_without_create(identity: Identity, issuer: Issuer) -> None:
    with pytest.raises(NotFound, match="User account not found"):
        await identity.authenticate_openid("test", OpenIdProof(issuer.token()), create=False)


async def test_what_a_token_lacks_is_told(identity: Identity, issuer: Issuer, clock: ManualClock) -> None:
    token = issuer.token()
    await clock.advance(700)
    assert await rejected(identity, OpenIdProof(token)) == "Could not authenticate test profile: it has expired."
    assert len(await rejected(identity, OpenIdProof(issuer.token(iss="x" * 9_000)))) < 300
    nonce = OpenIdProof(issuer.token(nonce="one"), nonce="another")
    assert "its nonce is another" in await rejected(identity, nonce)
    for claims in ({}, {"nonce": None}, {"nonce": 7}):
        unsaid = OpenIdProof(issuer.token(**claims), nonce=str(claims.get("nonce")))
        assert "its nonce is another" in await rejected(identity, unsaid)
    assert "is not set up for codes" in await rejected(identity, OpenIdProof(code="code-1"))
    with pytest.raises(BadInput, match="An ID token or an authorization code is required"):
        await identity.authenticate_openid("test", OpenIdProof())
    with pytest.raises(NotConfigured, match="xbox authentication is not configured"):
        await identity.authenticate_openid("xbox", OpenIdProof(issuer.token()))


@pytest.mark.parametrize("sub", ["", "x" * 256, "a\nb", "\x7f", None, True, 1.5, ["p1"], {}])
async def test_who_has_no_proper_id_is_nobody(trusting: MakeNode, issuer: Issuer, sub: Any) -> None:
    async with trusting(id_claim="uid") as node:
        assert "no id that can be used" in await rejected(node.services.identity, OpenIdProof(issuer.token(uid=sub)))


async def test_an_id_may_be_another_claim_and_a_number(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting(id_claim="uid", name_claim="nick") as node:
        proof = OpenIdProof(issuer.token(uid=77, nick="é" * 200), nonce="")
        login = await node.services.identity.authenticate_openid("test", proof)
        assert (await node.services.identity.links(login.user_id))[0].external_id == "77"
        user = (await node.services.accounts.get(login.user_id)).user
        assert user is not None
        assert user.display_name == "é" * 127


async def test_a_token_may_have_to_say_more(trusting: MakeNode, issuer: Issuer) -> None:
    """Where the audience is the same for every game, another claim tells them apart, maybe deep inside."""
    async with trusting(required_claims=["console.app=0100=", "ring=gold"], id_claim="console.player") as node:
        identity, said = node.services.identity, {"app": "0100=", "player": "p1"}
        login = await identity.authenticate_openid("test", OpenIdProof(issuer.token(console=said, ring="gold")))
        assert (await identity.links(login.user_id))[0].external_id == "p1"
        for claims in ({"ring": "gold"}, {"console": said}, {"console": "0100=", "ring": "gold"}):
            assert "it does not say" in await rejected(identity, OpenIdProof(issuer.token(**claims)))


async def test_what_has_to_be_said_may_be_no_text(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting(required_claims=["email_verified=true", "level=7"]) as node:
        identity = node.services.identity
        assert await identity.authenticate_openid("test", OpenIdProof(issuer.token(email_verified=True, level=7)))
        assert "it does not say level=7" in await rejected(
            identity, OpenIdProof(issuer.token(email_verified=True, level=70))
        )


async def test_an_issuer_that_is_down_is_told_and_does_not_lock_out_those_with_known_keys(
    identity: Identity, issuer: Issuer
) -> None:
    issuer.status = 503
    with pytest.raises(Unavailable, match="The keys of test cannot be fetched right now"):
        await identity.authenticate_openid("test", OpenIdProof(issuer.token()))
    issuer.status = 200


async def test_links_are_made_and_taken_away(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting() as node:
        identity, ann, bob = node.services.identity, await node.player("ann"), await node.player("bob")
        await identity.link_openid(ann.user_id, "test", OpenIdProof(issuer.token("p1")))
        await identity.link_openid(ann.user_id, "test", OpenIdProof(issuer.token("p2")))
        with pytest.raises(Conflict, match=r"test ID is already in use\."):
            await identity.link_openid(bob.user_id, "test", OpenIdProof(issuer.token("p2")))
        assert (await identity.authenticate_openid("test", OpenIdProof(issuer.token("p2")))).user_id == ann.user_id
        await identity.unlink_openid(ann.user_id, "test")
        for provider in ("test", "xbox"):
            with pytest.raises(Refused, match="Cannot unlink last account identifier"):
                await identity.unlink_openid(ann.user_id, provider)
        assert (await identity.authenticate_openid("test", OpenIdProof(issuer.token("p2")))).created


async def test_a_closed_account_stays_closed(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting() as node:
        login = await node.services.identity.authenticate_openid("test", OpenIdProof(issuer.token()))
        await node.services.accounts.ban(login.user_id)
        with pytest.raises(Banned):
            await node.services.identity.authenticate_openid("test", OpenIdProof(issuer.token()))


# Tokens that log in once


async def test_a_one_time_token_is_refused_the_second_time(trusting: MakeNode, issuer: Issuer, twin: Database) -> None:
    """At the same time, too: exactly one of many gets in."""
    async with trusting(twin, one_time_claim="jti") as node:
        identity, token = node.services.identity, issuer.token(jti="token-1")
        outcomes = await asyncio.gather(
            *(identity.authenticate_openid("test", OpenIdProof(token)) for _ in range(8)), return_exceptions=True
        )
        assert sum(isinstance(outcome, Unauthenticated) for outcome in outcomes) == 7
        assert "it was used before" in await rejected(identity, OpenIdProof(token))
        assert "it lacks the claim" in await rejected(identity, OpenIdProof(issuer.token()))
        await identity.authenticate_openid("test", OpenIdProof(issuer.token(jti="token-2")))


async def test_a_used_token_is_known_after_a_restart_and_forgotten_once_it_has_expired(
    trusting: MakeNode, issuer: Issuer, clock: ManualClock, tmp_path: Any
) -> None:
    token = issuer.token(jti="token-1")
    for already in (False, True):
        database = await SqliteDatabase.open(tmp_path / "game.db", clock=clock)
        async with trusting(database, one_time_claim="jti") as node:
            if already:
                assert "it was used before" in await rejected(node.services.identity, OpenIdProof(token))
                await clock.advance(700)
                await node.services.identity.authenticate_openid("test", OpenIdProof(issuer.token(jti="token-1")))
            else:
                await node.services.identity.authenticate_openid("test", OpenIdProof(token))


# Authorization codes


async def test_a_code_is_exchanged_for_an_id_token(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting(**codes(issuer)) as node:
        issuer.codes["code-1"] = {
            "code_verifier": CODE.code_verifier,
            "redirect_uri": CODE.redirect_uri,
            "answer": {"id_token": issuer.token("p1"), "access_token": "access-1"},
        }
        login = await node.services.identity.authenticate_openid("test", CODE)
        assert (await node.services.identity.links(login.user_id))[0].external_id == "p1"
        assert "the provider does not accept the code." in await rejected(node.services.identity, CODE)


async def test_who_exchanges_codes_is_an_audience(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting(**codes(issuer)) as node:
        for audience in (AUDIENCE, "the-client"):
            issuer.codes["code-1"] = {"answer": {"id_token": issuer.token(aud=audience)}}
            assert await node.services.identity.authenticate_openid("test", CODE)


async def test_without_id_tokens_the_provider_is_asked_who_it_is(trusting: MakeNode, issuer: Issuer) -> None:
    settings = codes(issuer, issuer="", userinfo_url=f"{issuer.url}/userinfo", id_claim="id", pkce=False)
    async with trusting(**settings) as node:
        issuer.codes["code-1"] = {"answer": {"access_token": "access-1"}}
        issuer.users["access-1"] = {"id": "80351110224678912", "name": "Nelly"}
        login = await node.services.identity.authenticate_openid("test", OpenIdProof(code="code-1"))
        assert (await node.services.identity.links(login.user_id))[0].external_id == "80351110224678912"
        assert "has no id tokens" in await rejected(node.services.identity, OpenIdProof(issuer.token()))
        for answer, why in (
            ({}, "has given no access token"),
            ({"access_token": 7}, "has given no access token"),
            ({"access_token": "of nobody"}, "does not say who the user is (status 401)"),
        ):
            issuer.codes["code-1"] = {"answer": answer}
            assert why in await rejected(node.services.identity, OpenIdProof(code="code-1"))


async def test_who_the_provider_says_it_is_may_have_to_say_more(trusting: MakeNode, issuer: Issuer) -> None:
    settings = codes(issuer, issuer="", userinfo_url=f"{issuer.url}/userinfo", required_claims=["verified=true"])
    async with trusting(**settings) as node:
        for user, why in (({"sub": "p1"}, "it does not say verified=true"), ({"verified": True}, "it has no id")):
            issuer.codes["code-1"] = {"answer": {"access_token": "access-1"}}
            issuer.users["access-1"] = user
            assert why in await rejected(node.services.identity, CODE)
        issuer.codes["code-1"] = {"answer": {"access_token": "access-1"}}
        issuer.users["access-1"] = {"sub": "p1", "verified": True}
        assert "which a nonce is for" in await rejected(node.services.identity, CODE._replace(nonce="nonce-1"))
        issuer.codes["code-1"] = {"answer": {"access_token": "access-1"}}
        assert await node.services.identity.authenticate_openid("test", CODE)


async def test_id_and_secret_may_go_as_http_basic(trusting: MakeNode, issuer: Issuer) -> None:
    settings = codes(issuer, client_id="the:client", client_authentication="basic", pkce=False)
    async with trusting(**settings) as node:
        pair = base64.b64encode(b"the%3Aclient:the-secret").decode()
        issuer.codes["code-1"] = {"basic": f"Basic {pair}", "answer": {"id_token": issuer.token("p1")}}
        assert await node.services.identity.authenticate_openid("test", OpenIdProof(code="code-1"))


async def test_a_code_that_cannot_be_exchanged_is_refused(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting(**codes(issuer)) as node:
        identity = node.services.identity
        assert "it has no code verifier" in await rejected(identity, OpenIdProof(code="code-1"))
        assert "it is no code" in await rejected(identity, CODE._replace(code="x" * 5_000))
        issuer.codes["code-1"] = {"code_verifier": "another", "answer": {}}
        assert "does not accept the code" in await rejected(identity, CODE)
        issuer.codes["code-1"] = {"answer": {"access_token": "access-1"}}
        assert "has given no id token" in await rejected(identity, CODE)
        issuer.codes["code-1"] = {"answer": {"id_token": issuer.token(aud="another game")}}
        assert "it is for another audience" in await rejected(identity, CODE)
        issuer.status = 500
        with pytest.raises(Unavailable):
            await identity.authenticate_openid("test", CODE)


async def test_a_wrong_secret_is_told_the_operator_and_not_the_player(trusting: MakeNode, issuer: Issuer) -> None:
    async with trusting(**codes(issuer, client_secret="wrong")) as node:
        issuer.codes["code-1"] = {"answer": {}}
        with capture_logs() as logs:
            told = await rejected(node.services.identity, CODE)
        assert told == "Could not authenticate test profile: the provider does not accept the code."
        assert [(line["log_level"], line["error"]) for line in logs if "error" in line] == [
            ("warning", "invalid_client")
        ]
        assert "wrong" not in str(logs)


async def test_exchanges_do_not_pile_up_behind_a_slow_provider(issuer: Issuer, clock: ManualClock) -> None:
    settings = {f"identity.openid.test.{name}": value for name, value in codes(issuer, issuer=issuer.url).items()}
    async with testing.node(settings={**settings, "identity.waiting_max": 2}, clock=clock) as node:
        identity = node.services.identity
        issuer.go_on = asyncio.Event()
        waiting = [asyncio.create_task(identity.authenticate_openid("test", CODE)) for _ in range(2)]
        await issuer.asked.wait()
        with pytest.raises(Unavailable, match="Too many logins wait for test"):
            await identity.authenticate_openid("test", CODE)
        await clock.advance(5)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [Unavailable] * 2
