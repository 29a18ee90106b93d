"""A new password for a forgotten one, by the token that was sent to the account's address."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.features.recovery.desk import EMAIL, PASSWORD, Desk

from supergame.client import RequestFailed
from supergame.core.config import BadSetting
from supergame.core.errors import BadInput, TooMany
from supergame.features.recovery import BadToken, Letter, Letters, service
from supergame.store import Query

TOKENS = Query("tokens", "SELECT hash FROM recovery_token")
LINK = "https://rush.example/password?token="


async def test_a_player_gets_back_in_over_http(desk):
    lost = await desk.ann()
    await desk.call("RequestPasswordReset", email="Ann@Example.com")
    (letter,) = await desk.letters()
    assert (letter["To"], letter["Subject"]) == (EMAIL, "supergame: a new password")
    assert "for one hour" in letter.get_content()
    await desk.call("ResetPassword", token=await desk.token(), password="open barley")
    with pytest.raises(RequestFailed, match="Auth token invalid"):
        await desk.client.account(lost)
    with pytest.raises(RequestFailed, match="Invalid credentials"):
        await desk.log_in()
    session = await desk.log_in("open barley")
    assert session.user_id == lost.user_id
    assert (await desk.client.account(session)).verify_time is not None


async def test_nobody_learns_whether_an_address_has_an_account(desk):
    await desk.ann()
    for _ in range(5):
        for email in (EMAIL, "nobody@example.com"):
            assert await desk.call("RequestPasswordReset", email=email) is not None
    for email in (EMAIL, "nobody@example.com"):
        with pytest.raises(RequestFailed, match="Too many letters to this email address"):
            await desk.call("RequestPasswordReset", email=email)
    assert {letter["To"] for letter in await desk.letters()} == {EMAIL}


async def test_the_answer_comes_before_anybody_has_looked(desk, sqlite):
    await desk.ann()
    await desk.recovery.request_password_reset(EMAIL)
    assert await sqlite.all(TOKENS, str) == []
    assert len(await desk.letters()) == 1
    assert len(await sqlite.all(TOKENS, str)) == 1


async def test_what_is_no_address_is_refused(desk):
    for email in ("", "ann", "ann@example", "x" * 300 + "@example.com"):
        with pytest.raises(BadInput):
            await desk.recovery.request_password_reset(email)


async def test_a_token_is_kept_by_its_hash_only(each_desk, twin):
    await each_desk.ann()
    await each_desk.recovery.request_password_reset(EMAIL)
    token = await each_desk.token()
    (kept,) = await twin.all(TOKENS, str)
    assert token not in kept
    assert len(kept) == 64


async def test_a_token_is_good_once_for_a_while_and_until_the_next(twin, tmp_path):
    async with Desk.open(twin, tmp_path, recovery__reset_seconds=60) as desk:
        await desk.ann()
        tokens = []
        for _ in range(2):
            await desk.recovery.request_password_reset(EMAIL)
            tokens.append(await desk.token())
            await desk.clock.advance(1)
        with pytest.raises(BadToken):
            await desk.recovery.reset_password(tokens[0], "open barley")
        await desk.recovery.reset_password(tokens[1], "open barley")
        with pytest.raises(BadToken):
            await desk.recovery.reset_password(tokens[1], "open rye!")
        await desk.recovery.request_password_reset(EMAIL)
        late = await desk.token()
        await desk.clock.advance(60)
        with pytest.raises(BadToken):
            await desk.recovery.reset_password(late, "open rye!")
        await desk.log_in("open barley")


async def test_of_many_resets_with_one_token_at_once_one_wins(each_desk):
    session = await each_desk.ann()
    await each_desk.recovery.request_password_reset(EMAIL)
    token = await each_desk.token()
    outcomes = await asyncio.gather(
        *(each_desk.recovery.reset_password(token, f"password {number}") for number in range(8)),
        return_exceptions=True,
    )
    (winner,) = [number for number, outcome in enumerate(outcomes) if outcome == session.user_id]
    assert [type(outcome) for outcome in outcomes].count(BadToken) == 7
    await each_desk.log_in(f"password {winner}")


async def test_a_reset_voids_the_other_tokens(each_desk):
    session = await each_desk.ann()
    await each_desk.recovery.request_verification(session.user_id)
    other = await each_desk.token()
    await each_desk.clock.advance(1)
    await each_desk.recovery.request_password_reset(EMAIL)
    await each_desk.recovery.reset_password(await each_desk.token(), "open barley")
    with pytest.raises(BadToken):
        await each_desk.recovery.verify_email(other)


async def test_a_password_that_is_none_leaves_the_token_good(desk):
    await desk.ann()
    await desk.call("RequestPasswordReset", email=EMAIL)
    with pytest.raises(RequestFailed, match="Password must be at least 8 characters long"):
        await desk.call("ResetPassword", token=await desk.token(), password="short")
    await desk.call("ResetPassword", token=await desk.token(), password="open barley")


async def test_an_address_that_is_not_the_accounts_any_more_resets_nothing(desk):
    session = await desk.ann()
    await desk.recovery.request_password_reset(EMAIL)
    token = await desk.token()
    await desk.accounts.link_email(session.user_id, "ann@example.org", PASSWORD)
    with pytest.raises(BadToken):
        await desk.recovery.reset_password(token, "open barley")


async def test_another_password_voids_the_tokens(each_desk):
    session = await each_desk.ann()
    await each_desk.recovery.request_password_reset(EMAIL)
    token = await each_desk.token()
    await each_desk.client.link_email(session, EMAIL, "open barley")
    assert (await each_desk.client.account(session)).email == EMAIL
    with pytest.raises(BadToken):
        await each_desk.recovery.reset_password(token, "open rye!")


async def test_a_reset_lets_in_who_had_guessed_too_often(desk):
    await desk.ann()
    for _ in range(20):
        with pytest.raises(RequestFailed, match="Invalid credentials"):
            await desk.log_in("open rye!")
    with pytest.raises(RequestFailed, match="Too many failed logins"):
        await desk.log_in()
    await desk.call("RequestPasswordReset", email=EMAIL)
    await desk.call("ResetPassword", token=await desk.token(), password="open barley")
    await desk.log_in("open barley")


async def test_one_network_address_asks_for_so_many_letters(sqlite, tmp_path):
    async with Desk.open(sqlite, tmp_path, recovery__requests_per_hour_max=3) as desk:
        for number in range(3):
            await desk.call("RequestPasswordReset", email=f"player{number}@example.com")
        with pytest.raises(RequestFailed, match="Too many letters asked for") as refused:
            await desk.call("RequestPasswordReset", email=EMAIL)
        assert refused.value.status == 429
        await desk.recovery.request_password_reset(EMAIL, address="192.0.2.1")


async def test_so_many_are_looked_into_at_a_time(desk, monkeypatch):
    monkeypatch.setattr(service, "RESETS_WAITING_MAX", 1)
    await desk.recovery.request_password_reset(EMAIL)
    with pytest.raises(TooMany):
        await desk.recovery.request_password_reset("bob@example.com")
    await desk.recovery.settle()
    await desk.recovery.request_password_reset("bob@example.com")


async def test_the_letter_has_a_link_where_the_game_has_a_page(sqlite, tmp_path):
    async with Desk.open(
        sqlite, tmp_path, recovery__reset_url=LINK + "{token}", recovery__game_name="Rush", recovery__reset_seconds=90
    ) as desk:
        await desk.ann()
        await desk.recovery.request_password_reset(EMAIL)
        (letter,) = await desk.letters()
        assert letter["Subject"] == "Rush: a new password"
        assert LINK + await desk.token() in letter.get_content()
        assert "for one minute" in letter.get_content()


@pytest.mark.parametrize("name", ["reset_url", "verify_url"])
async def test_a_link_without_a_token_is_refused_at_the_start(sqlite, tmp_path, name):
    with pytest.raises(BadSetting, match=rf"recovery\.{name}: https://rush\.example has no {{token}} in it"):
        async with Desk.open(sqlite, tmp_path, **{f"recovery__{name}": "https://rush.example"}):
            pass


class German(Letters):
    def reset(self, notice):
        if notice.lang_tag != "de":
            return super().reset(notice)
        return Letter("Neues Passwort", f"Hallo {notice.username},\n\n    {notice.token}\n", f"<b>{notice.token}</b>")


async def test_a_game_says_it_in_its_own_words(desk):
    session = await desk.ann()
    desk.recovery.use(German())
    await desk.recovery.request_password_reset(EMAIL)
    await desk.recovery.settle()
    await desk.accounts.update(session.user_id, lang_tag="de")
    await desk.clock.advance(1)
    await desk.recovery.request_password_reset(EMAIL)
    english, german = await desk.letters()
    assert english["Subject"] == "supergame: a new password"
    assert german["Subject"] == "Neues Passwort"
    plain, html = (part.get_content() for part in german.iter_parts())
    assert plain.startswith("Hallo ann,")
    assert html.startswith("<b>")


class Broken(Letters):
    def reset(self, notice):
        raise ValueError("no words")


async def test_a_letter_that_cannot_be_written_is_logged_and_harms_nobody(desk):
    await desk.ann()
    desk.recovery.use(Broken())
    await desk.call("RequestPasswordReset", email=EMAIL)
    assert await desk.letters() == []
    desk.recovery.use(Letters())
    await desk.call("RequestPasswordReset", email=EMAIL)
    assert len(await desk.letters()) == 1


async def test_what_the_player_has_linked_may_be_no_address_after_all(desk):
    await desk.client.authenticate_email("a@example.com,b@example.com", PASSWORD)
    with capture_logs() as said:
        await desk.call("RequestPasswordReset", email="a@example.com,b@example.com")
        assert await desk.letters() == []
    (line,) = [line for line in said if line["log_level"] not in ("debug", "info")]
    assert (line["log_level"], line["why"]) == ("warning", "Invalid email address.")
    assert "a@example.com" not in str(line)


async def test_a_letter_that_was_asked_for_goes_out_before_the_node_stops(sqlite, tmp_path):
    async with Desk.open(sqlite, tmp_path) as desk:
        await desk.ann()
        await desk.recovery.request_password_reset(EMAIL)
    assert len(list(tmp_path.glob("*.eml"))) == 1
