"""Proving an email address by the token that was sent there."""

from __future__ import annotations

import pytest
from tests.features.recovery.desk import EMAIL, PASSWORD, Desk

from supergame.client import RequestFailed
from supergame.core.errors import BadInput, NotFound, Refused
from supergame.features.recovery import BadToken


async def test_a_player_proves_an_address_over_http(desk):
    session = await desk.ann()
    await desk.call("RequestEmailVerification", session)
    (letter,) = await desk.letters()
    assert (letter["To"], letter["Subject"]) == (EMAIL, "supergame: your email address")
    assert "for 24 hours" in letter.get_content()
    await desk.call("VerifyEmail", token=await desk.token())
    assert (await desk.client.account(session)).verify_time is not None
    with pytest.raises(RequestFailed, match="The email address is verified already") as refused:
        await desk.call("RequestEmailVerification", session)
    assert refused.value.status == 409


async def test_a_token_is_good_once_for_a_while_and_until_the_next(twin, tmp_path):
    async with Desk.open(twin, tmp_path, recovery__verify_seconds=60) as desk:
        session = await desk.ann()
        tokens = []
        for _ in range(2):
            await desk.recovery.request_verification(session.user_id)
            tokens.append(await desk.token())
            await desk.clock.advance(1)
        replaced, good = tokens
        with pytest.raises(BadToken):
            await desk.recovery.verify_email(replaced)
        assert await desk.recovery.verify_email(good) == session.user_id
        with pytest.raises(BadToken):
            await desk.recovery.verify_email(good)


async def test_a_token_that_is_too_old_is_void(twin, tmp_path):
    async with Desk.open(twin, tmp_path, recovery__verify_seconds=60) as desk:
        session = await desk.ann()
        await desk.recovery.request_verification(session.user_id)
        await desk.clock.advance(60)
        with pytest.raises(BadToken):
            await desk.recovery.verify_email(await desk.token())


async def test_a_token_of_an_address_that_is_not_the_accounts_any_more_is_void(each_desk):
    session = await each_desk.ann()
    await each_desk.recovery.request_verification(session.user_id)
    token = await each_desk.token()
    await each_desk.accounts.link_email(session.user_id, "ann@example.org", PASSWORD)
    with pytest.raises(BadToken):
        await each_desk.recovery.verify_email(token)


async def test_a_token_for_one_thing_is_not_good_for_another(desk):
    session = await desk.ann()
    await desk.recovery.request_verification(session.user_id)
    token = await desk.token()
    with pytest.raises(BadToken):
        await desk.recovery.reset_password(token, "open barley")
    await desk.recovery.verify_email(token)


async def test_there_has_to_be_an_address_that_letters_can_go_to(desk):
    player = await desk.node.player("bob")
    with pytest.raises(Refused, match="No email address is linked"):
        await desk.recovery.request_verification(player.user_id)
    with pytest.raises(NotFound):
        await desk.recovery.request_verification("nobody")
    await desk.accounts.link_email(player.user_id, "a@example.com,b@example.com", PASSWORD)
    with pytest.raises(BadInput, match="Invalid email address"):
        await desk.recovery.request_verification(player.user_id)
    assert await desk.letters() == []


async def test_an_address_that_is_replaced_while_the_letter_is_asked_for_gets_none(desk):
    session = await desk.ann()
    read = desk.accounts.get

    async def get(user_id):
        account = await read(user_id)
        await desk.accounts.link_email(user_id, "ann@example.org", PASSWORD)
        return account

    desk.accounts.get = get
    with pytest.raises(Refused):
        await desk.recovery.request_verification(session.user_id)
    assert await desk.letters() == []


async def test_letters_to_one_address_are_counted(desk):
    session = await desk.ann()
    for _ in range(5):
        await desk.call("RequestEmailVerification", session)
    with pytest.raises(RequestFailed, match="Too many letters to this email address") as refused:
        await desk.call("RequestEmailVerification", session)
    assert refused.value.status == 429
    await desk.clock.advance(720)
    await desk.recovery.request_verification(session.user_id)
    assert len(await desk.letters()) == 6


async def test_who_tries_tokens_is_stopped(sqlite, tmp_path):
    async with Desk.open(sqlite, tmp_path, recovery__tokens_failed_per_hour_max=2) as desk:
        session = await desk.ann()
        await desk.recovery.request_verification(session.user_id)
        for _ in range(2):
            with pytest.raises(RequestFailed, match="Token invalid or expired") as wrong:
                await desk.call("VerifyEmail", token="guess")
            assert wrong.value.status == 400
        with pytest.raises(RequestFailed, match="Too many wrong tokens") as refused:
            await desk.call("VerifyEmail", token=await desk.token())
        assert refused.value.status == 429
        await desk.recovery.verify_email(await desk.token(), address="192.0.2.1")
