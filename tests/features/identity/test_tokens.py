"""Id tokens: which are believed, and all the ways in which one may not be."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.features.identity.issuer import AUDIENCE, Issuer, ec_key, ed_key, jwk, rsa_key

from supergame.core.clock import ManualClock
from supergame.core.log import get_log
from supergame.features.identity import IdentitySettings
from supergame.features.identity.keys import KeySet
from supergame.features.identity.model import Rejected
from supergame.features.identity.settings import ALGORITHMS
from supergame.features.identity.tokens import TOKEN_BYTES_MAX, IdTokens
from supergame.features.identity.web import Web

SKEW = 60


@pytest.fixture
async def keys(issuer: Issuer, clock: ManualClock) -> AsyncIterator[KeySet]:
    web = Web("The issuer", clock, get_log(), deadline_seconds=5, waiting_max=8)
    found = KeySet(web, clock, IdentitySettings(), issuer=issuer.url, keys_url="", discovery_url="")
    yield found
    await found.close()
    await web.close()


@pytest.fixture
def tokens(keys: KeySet, issuer: Issuer, clock: ManualClock) -> IdTokens:
    return of_issuer(keys, issuer, clock)


def of_issuer(
    keys: KeySet, issuer: Issuer, clock: ManualClock, audiences: tuple[str, ...] | None = (AUDIENCE, "another-client")
) -> IdTokens:
    return IdTokens(keys, clock, issuers=(issuer.url,), audiences=audiences, algorithms=ALGORITHMS, skew_seconds=SKEW)


async def rejected(tokens: IdTokens, token: str) -> str:
    """Why a token is not believed."""
    with pytest.raises(Rejected) as refused:
        await tokens.verify(token)
    return str(refused.value)


async def test_a_genuine_token_tells_who_it_is(tokens: IdTokens, issuer: Issuer) -> None:
    claims = await tokens.verify(issuer.token("ann", name="Ann"))
    assert (claims["sub"], claims["name"]) == ("ann", "Ann")


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        *((algorithm, rsa_key()) for algorithm in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
        ("ES256", ec_key()),
        ("ES384", ec_key(0, ec.SECP384R1)),
        ("ES512", ec_key(0, ec.SECP521R1)),
        ("EdDSA", ed_key()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_allowed_algorithm_is_understood(
    tokens: IdTokens, issuer: Issuer, algorithm: str, key: Any
) -> None:
    issuer.published = [jwk("the-key", key), jwk("key-0", rsa_key(1))]
    assert (await tokens.verify(issuer.token(signing=("the-key", algorithm, key))))["sub"] == "player-1"


async def test_a_token_without_a_keys_name_is_for_the_only_key(tokens: IdTokens, issuer: Issuer) -> None:
    nameless = issuer.token(signing=(None, "RS256", rsa_key()))
    assert (await tokens.verify(nameless))["sub"] == "player-1"


async def test_a_token_without_a_keys_name_is_for_none_of_several(tokens: IdTokens, issuer: Issuer) -> None:
    issuer.published.append(jwk("key-1", rsa_key(1)))
    assert await rejected(tokens, issuer.token(signing=(None, "RS256", rsa_key()))) == (
        "it is signed with an unknown key"
    )


async def test_a_forged_signature_is_found_out(tokens: IdTokens, issuer: Issuer) -> None:
    """Signed with a key of the forger's own, under the name of the issuer's."""
    assert await rejected(tokens, issuer.token(signing=("key-0", "RS256", rsa_key(1)))) == "its signature is not good"


async def test_changed_claims_are_found_out(tokens: IdTokens, issuer: Issuer) -> None:
    head, _, signature = issuer.token("ann").split(".")
    _, claims, _ = issuer.token("bob").split(".")
    assert await rejected(tokens, f"{head}.{claims}.{signature}") == "its signature is not good"


async def test_an_unsigned_token_is_not_believed(tokens: IdTokens, issuer: Issuer) -> None:
    assert "signed by 'none'" in await rejected(tokens, issuer.token(signing=("key-0", "none", None)))
    head = base64.urlsafe_b64encode(b'{"alg": "RS256", "kid": "key-0"}').rstrip(b"=").decode()
    _, claims, _ = issuer.token().split(".")
    assert await rejected(tokens, f"{head}.{claims}.") == "its signature is not good"


async def test_a_public_key_is_no_shared_secret(tokens: IdTokens, issuer: Issuer) -> None:
    """HS256 with the published key as its secret: whoever mixes the two kinds up believes anybody."""
    head = base64.urlsafe_b64encode(b'{"alg": "HS256", "kid": "key-0"}').rstrip(b"=").decode()
    _, claims, _ = issuer.token().split(".")
    for form in (Encoding.PEM, Encoding.DER):
        secret = rsa_key().public_key().public_bytes(form, PublicFormat.SubjectPublicKeyInfo)
        mac = base64.urlsafe_b64encode(hmac.digest(secret, f"{head}.{claims}".encode(), "sha256")).rstrip(b"=")
        assert "signed by 'HS256'" in await rejected(tokens, f"{head}.{claims}.{mac.decode()}")


async def test_a_shared_secret_among_the_keys_is_passed_over(tokens: IdTokens, issuer: Issuer) -> None:
    issuer.published.append({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"})
    assert await rejected(tokens, issuer.token(signing=("secret", "RS256", rsa_key(1)))) == (
        "it is signed with an unknown key"
    )


async def test_a_key_verifies_its_own_algorithms_only(tokens: IdTokens, issuer: Issuer) -> None:
    issuer.published = [jwk("rsa", rsa_key(), alg="RS512"), jwk("curve", ec_key())]
    assert await tokens.verify(issuer.token(signing=("rsa", "RS512", rsa_key())))
    for signing in (("rsa", "RS256", rsa_key()), ("curve", "RS256", rsa_key()), ("rsa", "ES256", ec_key())):
        assert await rejected(tokens, issuer.token(signing=signing)) == "it is signed with an unknown key"


async def test_a_key_may_say_that_it_verifies(tokens: IdTokens, issuer: Issuer) -> None:
    issuer.published = [jwk("key-0", rsa_key(), key_ops=["verify"])]
    assert await tokens.verify(issuer.token())


@pytest.mark.parametrize(
    "published",
    [
        jwk("key-9", rsa_key(9, 1_024)),
        jwk("key-9", rsa_key(), use="enc"),
        jwk("key-9", rsa_key(), alg=["RS256"]),
        jwk("key-9", rsa_key(), key_ops=["encrypt"]),
        jwk("key-9", rsa_key(), key_ops=7),
        {**jwk("key-9", rsa_key()), "kid": 9},
        {**jwk("key-9", rsa_key()), "n": "!"},
        {**jwk("key-9", rsa_key()), "d": "AQAB"},
        {**jwk("key-9", ec_key()), "x": "AAAA"},
        {**jwk("key-9", ec_key(0, ec.SECP256K1))},
        {**jwk("key-9", ed_key()), "crv": "X25519"},
        {"kty": "RSA", "kid": "key-9"},
        {"kid": "key-9"},
        "key-9",
    ],
    ids=lambda _: "key",
)
async def test_keys_that_make_no_sense_or_are_too_weak_are_passed_over(
    tokens: IdTokens, issuer: Issuer, published: Any
) -> None:
    issuer.published.append(published)
    assert await tokens.verify(issuer.token())
    assert await rejected(tokens, issuer.token(signing=("key-9", "RS256", rsa_key()))) == (
        "it is signed with an unknown key"
    )


async def test_a_token_has_its_time(tokens: IdTokens, issuer: Issuer, clock: ManualClock) -> None:
    """Clocks may differ, but not by more than the skew."""
    token = issuer.token(exp=issuer.now() + 100, nbf=issuer.now() + SKEW, iat=issuer.now() + SKEW)
    assert await tokens.verify(token)
    await clock.advance(100 + SKEW - 1)
    assert await tokens.verify(token)
    await clock.advance(1)
    assert await rejected(tokens, token) == "it has expired"
    for name in ("nbf", "iat"):
        assert await rejected(tokens, issuer.token(**{name: issuer.now() + SKEW + 1})) == "it is not valid yet"


@pytest.mark.parametrize("exp", ["soon", True, float("inf"), float("nan"), -1, 10**400, 2**63, None, [], {}])
async def test_a_token_says_when_it_ends(tokens: IdTokens, issuer: Issuer, exp: Any) -> None:
    header = {"alg": "RS256", "kid": "key-0"}
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "ann", "exp": exp}
    token = jwt.api_jws.encode(json.dumps(claims).encode(), rsa_key(), headers=header)
    assert await rejected(tokens, token) == "its exp is no time"
    assert await rejected(tokens, issuer.token(without=("exp",))) == "its exp is no time"


async def test_a_token_is_for_the_game(tokens: IdTokens, keys: KeySet, issuer: Issuer, clock: ManualClock) -> None:
    for audience in (AUDIENCE, "another-client", [AUDIENCE], ["another-client", AUDIENCE]):
        assert await tokens.verify(issuer.token(aud=audience))
    for audience in ("somebody", ["somebody"], [], [[AUDIENCE]], {AUDIENCE: 1}, None, "*", AUDIENCE.upper()):
        assert "it is for another audience" in await rejected(tokens, issuer.token(aud=audience))
    assert "it is for another audience" in await rejected(tokens, issuer.token(without=("aud",)))
    assert await of_issuer(keys, issuer, clock, None).verify(issuer.token(aud="somebody"))


async def test_a_token_is_not_for_somebody_else_as_well(tokens: IdTokens, issuer: Issuer) -> None:
    """Who else it is for might log in here with it, as the player."""
    assert "it is for another audience" in await rejected(tokens, issuer.token(aud=[AUDIENCE, "somebody"]))


@pytest.mark.parametrize("kind", ["at+jwt", "application/AT+JWT", "logout+jwt"])
async def test_a_token_for_another_purpose_is_no_id_token(tokens: IdTokens, issuer: Issuer, kind: str) -> None:
    """Issuers sign access tokens and notices of logouts with the same keys."""
    assert await rejected(tokens, issuer.token(headers={"typ": kind})) == f"it is no id token but {kind!r}"
    for usual in ("JWT", "jwt", None):
        assert await tokens.verify(issuer.token(headers={"typ": usual}))


async def test_a_token_does_not_bring_its_own_key(tokens: IdTokens, issuer: Issuer) -> None:
    forged = {"jwk": jwk("key-0", rsa_key(1)), "jku": f"{issuer.url}/forged", "x5u": f"{issuer.url}/forged"}
    for kid in ("key-0", "key-9"):
        await rejected(tokens, issuer.token(signing=(kid, "RS256", rsa_key(1)), headers=forged))
    assert issuer.requests["/forged"] == 0


@pytest.mark.parametrize("iss", ["https://example.com", "", None, ["https://example.com"], {}, 7])
async def test_a_token_is_of_the_issuer(tokens: IdTokens, issuer: Issuer, iss: Any) -> None:
    header = {"alg": "RS256", "kid": "key-0"}
    claims = {"iss": iss, "aud": AUDIENCE, "sub": "ann", "exp": issuer.now() + 100}
    token = jwt.api_jws.encode(json.dumps(claims).encode(), rsa_key(), headers=header)
    assert "it is of another issuer" in await rejected(tokens, token)


async def test_what_is_wrong_without_its_key_causes_no_request(tokens: IdTokens, issuer: Issuer) -> None:
    for token in ("", "a.b.c", issuer.token(aud="x"), issuer.token(iss="x"), issuer.token(exp=1), "é.é.é"):
        await rejected(tokens, token)
    assert not issuer.requests


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "e30.e30.e30",
        "bnVsbA.bnVsbA.bnVsbA",
        "é.é.é",
        "e30." + "A" * TOKEN_BYTES_MAX + ".e30",
        base64.urlsafe_b64encode(b"[" * 5_000).decode() + ".e30.e30",
        base64.urlsafe_b64encode(b'{"alg": "RS256", "kid": 7}').decode().rstrip("=") + ".e30.e30",
        base64.urlsafe_b64encode(b'{"alg": ["RS256"]}').decode().rstrip("=") + ".e30.e30",
        base64.urlsafe_b64encode(b'{"alg": "RS256", "crit": ["x"], "x": 1}').decode().rstrip("=") + ".e30.e30",
        base64.urlsafe_b64encode(b'{"alg": "RS256", "b64": false, "crit": ["b64"]}').decode().rstrip("=") + "..e30",
    ],
    ids=lambda token: token[:16],
)
async def test_what_is_no_token_is_told_so(tokens: IdTokens, token: str) -> None:
    assert await rejected(tokens, token)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_a_token_with_any_damage_is_refused_and_nothing_else_happens(
    tokens: IdTokens, issuer: Issuer, data: st.DataObject
) -> None:
    token = issuer.token()
    at = data.draw(st.integers(0, len(token) - 1))
    until = data.draw(st.integers(at, min(len(token), at + 30)))
    damaged = token[:at] + data.draw(st.text(max_size=8)) + token[until:]
    if damaged != token:
        try:
            claims = await tokens.verify(damaged)
        except Rejected:
            return
        # The last characters of base64 may differ without saying anything else.
        assert claims["sub"] == "player-1"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=9), st.lists).flatmap(
        lambda value: st.fixed_dictionaries(
            {"alg": st.sampled_from(["RS256", "ES256", "none", value])}, optional={"kid": st.just(value)}
        )
    ),
    claims=st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.text(max_size=3)),
    ),
)
async def test_claims_and_headers_of_any_kind_are_refused_and_nothing_else_happens(
    tokens: IdTokens, issuer: Issuer, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    whole = {"iss": issuer.url, "aud": AUDIENCE, "exp": issuer.now() + 100, **claims}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, whole)]
    await rejected(tokens, f"{parts[0]}.{parts[1]}.c2lnbmF0dXJl")
