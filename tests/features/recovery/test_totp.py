"""The second factor: set up, asked for by clients that know nothing of it, and switched off."""

from __future__ import annotations

import asyncio

import pyotp
import pytest
from tests.features.recovery.desk import EMAIL, PASSWORD, Desk

from supergame.client import RequestFailed
from supergame.core.config import BadSetting
from supergame.core.errors import Conflict, NotFound, Refused, TooMany
from supergame.core.ids import RandomIds
from supergame.core.log import get_log
from supergame.features.accounts import CodeRequired, WrongCredentials
from supergame.features.recovery import BadCode
from supergame.features.recovery.codes import counter, new_secret, plain
from supergame.features.recovery.seal import Seal
from supergame.store import Query

SECRETS = Query("secrets", "SELECT secret FROM recovery_totp")
HASHES = Query("hashes", "SELECT hash FROM recovery_code")


async def test_a_login_with_a_password_needs_a_code_from_then_on(desk):
    session = await desk.ann()
    enrolment = await desk.call("EnrolTotp", session)
    assert enrolment.uri == f"otpauth://totp/supergame:ann%40example.com?secret={enrolment.secret}&issuer=supergame"
    await desk.log_in()
    assert (await desk.call("GetSecondFactor", session)).enable_time is None

    app, codes = await desk.enrolled(session)
    assert len(set(codes)) == 10
    factor = await desk.call("GetSecondFactor", session)
    assert (factor.enable_time.year, factor.recovery_codes) == (2023, 10)
    with pytest.raises(RequestFailed, match=r"One-time code required\.") as missing:
        await desk.log_in()
    with pytest.raises(RequestFailed, match=r"Invalid credentials\.") as wrong:
        await desk.log_in(code="000000")
    assert (missing.value.status, wrong.value.status) == (401, 401)
    again = await desk.log_in(code=desk.shown(app))
    assert again.user_id == session.user_id
    assert again.vars == {}


async def test_so_does_a_login_with_the_username_but_none_with_a_device(desk):
    session = await desk.ann()
    await desk.client.link_device(session, "phone-of-ann")
    app, _ = await desk.enrolled(session)
    with pytest.raises(RequestFailed, match="One-time code required"):
        await desk.client.authenticate_email("", PASSWORD, username="ann")
    await desk.client.authenticate_email("", PASSWORD, username="ann", vars={"totp": desk.shown(app)})
    await desk.client.authenticate_device("phone-of-ann", create=False)


async def test_a_code_is_taken_once_and_so_are_none_before_it(each_desk):
    app, _ = await each_desk.enrolled(await each_desk.ann())
    await each_desk.log_in(code=each_desk.shown(app))
    for steps in (0, -1):
        with pytest.raises(RequestFailed, match="Invalid credentials"):
            await each_desk.log_in(code=each_desk.shown(app, steps))
    await each_desk.log_in(code=each_desk.shown(app, 1))


async def test_codes_a_step_off_are_taken_and_no_others(desk):
    app, _ = await desk.enrolled(await desk.ann())
    await desk.clock.advance(300)
    for steps in (-2, 2):
        with pytest.raises(RequestFailed, match="Invalid credentials"):
            await desk.log_in(code=desk.shown(app, steps))
    for steps in (-1, 0, 1):
        shown = desk.shown(app, steps)
        await desk.log_in(code=f"{shown[:3]} {shown[3:]}")


async def test_of_many_logins_with_one_code_at_once_one_gets_in(each_desk):
    app, codes = await each_desk.enrolled(await each_desk.ann())
    for code in (each_desk.shown(app), codes[0]):
        outcomes = await asyncio.gather(
            *(each_desk.accounts.authenticate_email(EMAIL, PASSWORD, code=code) for _ in range(4)),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes].count(WrongCredentials) == 3


async def test_a_recovery_code_does_once_in_place_of_the_app(each_desk):
    session = await each_desk.ann()
    _, codes = await each_desk.enrolled(session)
    await each_desk.log_in(code=codes[3].upper())
    with pytest.raises(RequestFailed, match="Invalid credentials"):
        await each_desk.log_in(code=codes[3])
    await each_desk.log_in(code=plain(codes[4]))
    assert (await each_desk.recovery.second_factor(session.user_id)).recovery_codes == 8


async def test_new_recovery_codes_take_the_place_of_the_old(each_desk):
    session = await each_desk.ann()
    app, old = await each_desk.enrolled(session)
    with pytest.raises(RequestFailed, match="Code invalid or used already") as wrong:
        await each_desk.call("RenewRecoveryCodes", session, code="000000")
    assert wrong.value.status == 400
    new = (await each_desk.call("RenewRecoveryCodes", session, code=each_desk.shown(app))).codes
    assert not set(new) & set(old)
    with pytest.raises(RequestFailed):
        await each_desk.log_in(code=old[0])
    await each_desk.log_in(code=new[0])


async def test_it_is_switched_off_with_a_code_or_by_the_game(each_desk):
    session = await each_desk.ann()
    app, codes = await each_desk.enrolled(session)
    for code in ("", "000000"):
        with pytest.raises(RequestFailed, match="Code invalid or used already"):
            await each_desk.call("DisableTotp", session, code=code)
    await each_desk.call("DisableTotp", session, code=each_desk.shown(app))
    await each_desk.log_in()
    await each_desk.log_in(code=codes[0])  # which nobody asks for any more
    await each_desk.enrolled(session)
    await each_desk.recovery.totp_disable(session.user_id)
    await each_desk.log_in()
    with pytest.raises(NotFound):
        await each_desk.recovery.totp_disable(session.user_id)
    with pytest.raises(NotFound):
        await each_desk.recovery.totp_disable(session.user_id, "000000")


async def test_a_login_during_which_it_is_switched_off_goes_on_without(desk):
    session = await desk.ann()
    app, _ = await desk.enrolled(session)
    await asyncio.gather(
        desk.recovery.totp_disable(session.user_id), desk.recovery._totp.ask(session.user_id, desk.shown(app))
    )


async def test_there_is_one_second_factor_at_a_time(desk):
    session = await desk.ann()
    with pytest.raises(NotFound, match="No second factor is being set up"):
        await desk.recovery.totp_confirm(session.user_id, "000000")
    first = await desk.recovery.totp_enrol(session.user_id)
    second = await desk.recovery.totp_enrol(session.user_id)
    with pytest.raises(BadCode):
        await desk.recovery.totp_confirm(session.user_id, desk.shown(pyotp.TOTP(first.secret)))
    assert len(await desk.recovery.totp_confirm(session.user_id, desk.shown(pyotp.TOTP(second.secret)))) == 10
    with pytest.raises(Conflict):
        await desk.recovery.totp_enrol(session.user_id)
    with pytest.raises(Conflict):
        await desk.recovery.totp_confirm(session.user_id, "000000")


async def test_who_has_no_password_needs_no_second_factor(desk):
    player = await desk.node.player("bob")
    with pytest.raises(Refused, match="Link an email address and a password"):
        await desk.recovery.totp_enrol(player.user_id)


async def test_wrong_codes_are_counted_wherever_they_come_from(desk):
    session = await desk.ann()
    app, _ = await desk.enrolled(session)
    for number in range(10):
        with pytest.raises(WrongCredentials):
            await desk.accounts.authenticate_email(EMAIL, PASSWORD, code="000000", address=f"192.0.2.{number}")
    with pytest.raises(TooMany, match="Too many wrong codes") as refused:
        await desk.accounts.authenticate_email(EMAIL, PASSWORD, code=desk.shown(app))
    assert refused.value.retry_seconds <= 360
    with pytest.raises(TooMany):
        await desk.recovery.totp_disable(session.user_id, desk.shown(app))
    with pytest.raises(CodeRequired):
        await desk.accounts.authenticate_email(EMAIL, PASSWORD)

    await desk.recovery.request_password_reset(EMAIL)
    await desk.recovery.reset_password(await desk.token(), "open barley")
    await desk.log_in("open barley", desk.shown(app))


async def test_nothing_that_is_kept_is_worth_anything_by_itself(each_desk, twin):
    session = await each_desk.ann()
    enrolment = await each_desk.recovery.totp_enrol(session.user_id)
    _, codes = await each_desk.enrolled(session)
    (secret,) = await twin.all(SECRETS, str)
    assert enrolment.secret not in secret
    hashes = await twin.all(HASHES, str)
    assert len(hashes) == 10
    assert not any(plain(code) in kept for code in codes for kept in hashes)


async def test_with_another_key_codes_cannot_be_checked_but_recovery_codes_can(desk):
    app, codes = await desk.enrolled(await desk.ann())
    desk.recovery._totp._seal = Seal("another key", get_log())
    with pytest.raises(RequestFailed, match="One-time codes cannot be checked right now") as failed:
        await desk.log_in(code=desk.shown(app))
    assert failed.value.status == 503
    await desk.log_in(code=codes[0])


def test_a_code_belongs_to_its_step():
    # The first test vector of RFC 6238 for SHA-1, at its last six digits.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert counter(secret, "287082", 59) == 1
    assert counter(secret, "287 082", 89) == 1
    assert counter(secret, "287082", 90) is None
    assert counter(secret, "２８７０８２", 59) is None


def test_a_secret_is_as_long_as_the_standard_wants():
    assert len(new_secret(RandomIds())) == 32


async def test_a_key_that_is_none_is_refused_at_the_start(sqlite, tmp_path):
    with pytest.raises(BadSetting, match=r"recovery\.key: it may not be empty"):
        async with Desk.open(sqlite, tmp_path, recovery__key=""):
            pass
