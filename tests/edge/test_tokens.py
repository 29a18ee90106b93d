"""Tokens: what they hold, and all the ways in which one is not good."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.core.clock import ManualClock
from supergame.core.config import BadSetting
from supergame.core.errors import Unauthenticated
from supergame.core.ids import SeededIds
from supergame.edge import EdgeSettings, Revoked, Tokens
from supergame.edge.tokens import PRUNE_EVERY, TOKEN_CHARACTERS_MAX

KEY = EdgeSettings().session_key
CLAIMS = {"tid": "t", "uid": "u", "usn": "alice", "exp": 2_000_000_000, "iat": 1_700_000_000, "sid": "s", "ius": 1}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def tokens(clock: ManualClock) -> Tokens:
    return Tokens(EdgeSettings(), clock, SeededIds())


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: object, key: str = KEY) -> str:
    signer = jwt.PyJWS()
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        return signer.encode(json.dumps(claims).encode(), key, "HS256")


def test_a_token_holds_what_clients_read(tokens: Tokens) -> None:
    pair = tokens.issue("user", "alice", {"league": "gold"})
    head, payload, _ = pair.token.split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    assert claims["uid"] == "user"
    assert claims["usn"] == "alice"
    assert claims["vrs"] == {"league": "gold"}
    assert (claims["iat"], claims["exp"]) == (1_700_000_000, 1_700_000_060)
    assert len(claims["tid"]) == 36


@given(vars=st.dictionaries(st.text(), st.text(), max_size=3))
def test_a_token_is_what_pyjwt_would_have_made_of_the_same_claims(vars: dict[str, str]) -> None:  # noqa: A002
    token = Tokens(EdgeSettings(), ManualClock(), SeededIds()).issue("user", "alice", vars).token
    payload = token.split(".")[1]
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        assert token == jwt.PyJWS().encode(base64.urlsafe_b64decode(payload + "=="), KEY, "HS256")


def test_a_token_without_vars_has_no_vars(tokens: Tokens) -> None:
    assert b"vrs" not in base64.urlsafe_b64decode(tokens.issue("user", "alice").token.split(".")[1] + "==")


def test_a_pair_is_good_each_for_its_own_use(tokens: Tokens) -> None:
    pair = tokens.issue("user", "alice", family="family", generation=3)
    claims = tokens.verify(pair.token)
    assert (claims.user_id, claims.family, claims.generation) == ("user", "family", 3)
    assert tokens.verify_refresh(pair.refresh_token).generation == 3
    with pytest.raises(Unauthenticated):
        tokens.verify(pair.refresh_token)
    with pytest.raises(Unauthenticated):
        tokens.verify_refresh(pair.token)


def test_no_two_pairs_are_alike_even_in_the_same_moment(tokens: Tokens) -> None:
    assert tokens.issue("user", "alice").token != tokens.issue("user", "alice").token


async def test_a_token_expires_though_it_was_checked_before(tokens: Tokens, clock: ManualClock) -> None:
    token = tokens.issue("user", "alice").token
    tokens.verify(token)
    await clock.advance(60)
    with pytest.raises(Unauthenticated):
        tokens.verify(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "abc",
        "a.b.c",
        "é.é.é",
        "\x00",
        "x" * (TOKEN_CHARACTERS_MAX + 1),
        segment({"alg": "none", "typ": "JWT"}) + "." + segment(CLAIMS) + ".",
        segment({"alg": "HS512", "typ": "JWT"}) + "." + segment(CLAIMS) + ".AAAA",
        segment({"alg": "RS256", "typ": "JWT"}) + "." + segment(CLAIMS) + ".AAAA",
        segment({"alg": ["HS256"]}) + "." + segment(CLAIMS) + ".AAAA",
        segment([]) + "." + segment(CLAIMS) + ".AAAA",
    ],
)
def test_what_is_no_token_of_ours_is_refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verify(token)


def test_a_token_signed_by_another_is_refused(tokens: Tokens) -> None:
    assert tokens.verify(signed(CLAIMS)).user_id == "u"
    with pytest.raises(Unauthenticated):
        tokens.verify(signed(CLAIMS, "another key"))


def test_a_token_whose_claims_were_changed_is_refused(tokens: Tokens) -> None:
    head, _, signature = tokens.issue("user", "alice").token.split(".")
    with pytest.raises(Unauthenticated):
        tokens.verify(f"{head}.{segment({**CLAIMS, 'uid': 'admin'})}.{signature}")


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "exp": "2000000000"},
        {**CLAIMS, "exp": None},
        {**CLAIMS, "exp": 1e400},
        {**CLAIMS, "uid": 1},
        {**CLAIMS, "vrs": {"a": 1}},
        {key: value for key, value in CLAIMS.items() if key != "exp"},
        [],
        "text",
    ],
)
def test_claims_of_the_wrong_type_are_refused(tokens: Tokens, claims: Any) -> None:
    with pytest.raises(Unauthenticated):
        tokens.verify(signed(claims))


@given(st.text(max_size=200))
def test_no_text_whatsoever_gets_through_or_breaks_it(text: str) -> None:
    with pytest.raises(Unauthenticated):
        Tokens(EdgeSettings(), ManualClock(), SeededIds()).verify(text)


def test_a_family_that_was_called_back_is_refused_at_once(tokens: Tokens) -> None:
    pair, other = tokens.issue("user", "alice"), tokens.issue("user", "alice")
    heard: list[Revoked] = []
    tokens.on_revoked(heard.append)
    tokens.verify(pair.token)
    tokens.revoke_family(pair.claims.family, until=1_800_000_000)
    for check, token in ((tokens.verify, pair.token), (tokens.verify_refresh, pair.refresh_token)):
        with pytest.raises(Unauthenticated):
            check(token)
    assert tokens.verify(other.token)
    assert heard == [Revoked(family=pair.claims.family)]


def test_a_user_s_older_tokens_are_called_back_and_later_ones_are_good(tokens: Tokens) -> None:
    """Though the clock stands still, what came before the moment and what came after are told apart."""
    before = tokens.issue("user", "alice").token
    moment = tokens.moment()
    tokens.revoke_user("user", moment, until=1_800_000_000)
    after = tokens.issue("user", "alice").token
    with pytest.raises(Unauthenticated):
        tokens.verify(before)
    assert tokens.verify(after)
    assert tokens.verify(tokens.issue("other", "bob").token)
    tokens.revoke_user("user", 0, until=0)  # an older word takes nothing back
    with pytest.raises(Unauthenticated):
        tokens.verify(before)


def test_the_others_of_a_user_are_called_back_and_one_family_goes_on(tokens: Tokens) -> None:
    old, kept, bob = (tokens.issue(user, user) for user in ("alice", "alice", "bob"))
    told: list[Revoked] = []
    tokens.on_revoked(told.append)
    moment = tokens.moment()
    tokens.revoke_others("alice", kept.claims.family, moment, until=2_000_000_000)
    tokens.revoke_others("alice", old.claims.family, moment - 1, until=2_000_000_000)  # an older word, come late
    with pytest.raises(Unauthenticated):
        tokens.verify(old.token)
    for pair in (kept, bob, tokens.issue("alice", "alice")):
        assert tokens.verify(pair.token)
    assert told == [Revoked(user_id="alice", issued_before_us=moment, kept=kept.claims.family)]


async def test_what_was_called_back_is_forgotten_once_it_has_expired(tokens: Tokens, clock: ManualClock) -> None:
    now = clock.now_seconds()
    for i in range(PRUNE_EVERY - 3):
        tokens.revoke_family(f"family {i}", until=now + 1)
    tokens.revoke_user("user", 1, until=now + 1)
    tokens.revoke_others("user", "family", 1, until=now + 1)
    await clock.advance(2)
    tokens.revoke_family("last", until=now + 60)
    assert tokens.revocations == 1


def test_what_is_remembered_is_bounded_and_what_is_in_use_stays(clock: ManualClock) -> None:
    tokens = Tokens(EdgeSettings(token_cache_max=4), clock, SeededIds())
    used = tokens.issue("user", "alice").token
    for _ in range(20):
        tokens.verify(tokens.issue("user", "alice").token)
        first = tokens.verify(used)
    assert tokens.verify(used) is first
    assert tokens.remembered <= 4


def test_no_kind_of_token_passes_for_another(tokens: Tokens) -> None:
    """A ticket into a match is signed by the session's key, and says nothing that a session has to say."""
    pair = tokens.issue("user", "alice")
    ticket = tokens.sign({"mid": "match.", "exp": 1_700_000_030})
    for wrong in (pair.refresh_token, ticket):
        with pytest.raises(Unauthenticated):
            tokens.verify(wrong)
    for wrong in (pair.token, ticket):
        with pytest.raises(Unauthenticated):
            tokens.verify_refresh(wrong)
    with pytest.raises(Unauthenticated):
        tokens.unsign(pair.refresh_token)
    assert "mid" not in tokens.unsign(pair.token)


@pytest.mark.parametrize(
    "keys", [{"session_key": ""}, {"refresh_key": ""}, {"session_key": "same", "refresh_key": "same"}]
)
def test_keys_that_would_let_tokens_be_forged_or_mixed_up_are_refused(clock: ManualClock, keys: dict[str, str]) -> None:
    with pytest.raises(BadSetting, match="session_key and"):
        Tokens(EdgeSettings(**keys), clock, SeededIds())
