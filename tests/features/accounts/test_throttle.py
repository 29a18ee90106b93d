"""Failed logins: who is asked to wait, for how long, and who is not."""

from __future__ import annotations

import asyncio

import pytest

from supergame.core.clock import ManualClock
from supergame.core.errors import Banned, NotFound, TooMany
from supergame.features.accounts import AccountsSettings, CodeRequired, WrongCredentials, throttle
from supergame.features.accounts.throttle import Throttle

HOME, CAFE = "192.0.2.1", "198.51.100.7"
SETTINGS = AccountsSettings(
    login_failures_max=3,
    login_failures_per_account_max=6,
    login_failures_per_address_max=10,
    login_failures_seconds=60,
)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def limits(clock):
    return Throttle(clock, SETTINGS)


def fail(limits, user_id="ann", address=HOME, error=WrongCredentials, times=1):
    for _ in range(times):
        with pytest.raises(error), limits.attempt(user_id, address):
            raise error


def succeed(limits, user_id="ann", address=HOME):
    with limits.attempt(user_id, address):
        pass


def refused(limits, user_id="ann", address=HOME):
    """For how many seconds an attempt is refused."""
    with pytest.raises(TooMany, match="Too many failed logins") as error:
        succeed(limits, user_id, address)
    return error.value.retry_seconds


def test_who_guesses_has_to_wait_and_their_victim_does_not(limits):
    fail(limits, address=CAFE, times=3)
    assert refused(limits, address=CAFE) == pytest.approx(20)
    succeed(limits, address=HOME)


async def test_after_the_wait_one_more_may_fail(limits, clock):
    fail(limits, times=3)
    await clock.advance(refused(limits))
    fail(limits)
    assert refused(limits) == pytest.approx(20)


def test_guessing_from_many_addresses_is_stopped_too(limits):
    for number in range(6):
        fail(limits, address=f"203.0.113.{number}")
    assert refused(limits, address=CAFE) == pytest.approx(10)


def test_but_players_get_in_from_where_they_have_been_before(limits):
    succeed(limits, address=HOME)
    for number in range(6):
        fail(limits, address=f"203.0.113.{number}")
    refused(limits, address=CAFE)
    succeed(limits, address=HOME)
    succeed(limits, address=CAFE)  # the player is there, so the count begins anew


def test_those_whose_logins_are_longest_ago_are_forgotten(limits, monkeypatch):
    monkeypatch.setattr(throttle, "KNOWN_PLACES_MAX", 1)
    succeed(limits, address=HOME)
    succeed(limits, address=CAFE)
    for number in range(6):
        fail(limits, address=f"203.0.113.{number}")
    refused(limits, address=HOME)
    succeed(limits, address=CAFE)


def test_one_password_for_many_accounts_is_stopped_too(limits):
    for number in range(10):
        fail(limits, user_id=f"player {number}")
    assert refused(limits, user_id="somebody else") == pytest.approx(6)
    succeed(limits, user_id="somebody else", address=CAFE)


def test_a_success_begins_the_accounts_count_anew_but_not_the_addresss(limits):
    for number in range(5):
        fail(limits, user_id=f"player {number}", times=2)
        if number < 4:
            succeed(limits, user_id=f"player {number}")
    assert refused(limits, user_id="player 0") == pytest.approx(6)


def test_addresses_of_one_household_count_together(limits):
    for number in range(3):
        fail(limits, address=f"2001:db8::{number}")
    refused(limits, address="2001:db8::9")
    succeed(limits, address="2001:db8:0:1::1")


def test_accounts_that_do_not_exist_count_for_the_address_only(limits):
    fail(limits, user_id="", error=NotFound, times=10)
    refused(limits, user_id="ann")
    refused(limits, user_id="")


def test_without_an_address_the_account_counts(limits):
    fail(limits, address="", times=6)
    refused(limits, address="")
    fail(limits, user_id="", address="", times=20)


def test_what_says_nothing_about_the_password_does_not_count(limits):
    for error in (CodeRequired, Banned, asyncio.CancelledError):
        fail(limits, error=error, times=10)
    succeed(limits)


def test_attempts_count_while_they_are_under_way(limits):
    under_way = [limits.attempt("ann", HOME) for _ in range(3)]
    for attempt in under_way:
        attempt.__enter__()
    refused(limits)
    for attempt in under_way:
        attempt.__exit__(None, None, None)
    succeed(limits)


def test_what_is_refused_takes_nothing(limits):
    fail(limits, times=3)
    for _ in range(20):
        refused(limits)
    fail(limits, user_id="bob", times=3)


def test_a_limit_of_none_is_no_limit(clock):
    none = AccountsSettings(login_failures_max=0, login_failures_per_account_max=0, login_failures_per_address_max=0)
    fail(Throttle(clock, none), times=1_000)
