"""Quotas: each player has their own, and learns when to try again."""

from __future__ import annotations

import pytest

from supergame.core.clock import ManualClock
from supergame.core.errors import TooMany
from supergame.edge import Quota, Room


async def test_each_key_has_a_quota_of_its_own() -> None:
    quota = Quota(ManualClock(), 0.5, 2, "friend requests")
    quota.take("ann", 2)
    quota.take("bob")
    with pytest.raises(TooMany, match="Too many friend requests") as refused:
        quota.take("ann")
    assert refused.value.retry_seconds == 2


async def test_what_flows_in_may_be_taken_when_it_was_said() -> None:
    clock = ManualClock()
    quota = Quota(clock, 0.1, 1, "letters")
    quota.take("ann")
    await clock.advance(4)
    with pytest.raises(TooMany) as refused:
        quota.take("ann")
    assert refused.value.retry_seconds == pytest.approx(6)
    await clock.advance(refused.value.retry_seconds)
    quota.take("ann")


async def test_none_a_second_is_no_limit() -> None:
    Quota(ManualClock(), 0, 1, "things").take("ann", 1_000)


async def test_those_longest_unseen_are_forgotten() -> None:
    quota = Quota(ManualClock(), 1, 1, "things", keys_max=2)
    for key in ("ann", "bob", "carol"):
        quota.take(key)
    quota.take("ann")
    with pytest.raises(TooMany):
        quota.take("carol")


async def test_an_attempt_counts_while_it_is_under_way_and_for_good_if_it_fails() -> None:
    quota = Quota(ManualClock(), 1, 1, "guesses")
    for outcome in (ValueError, KeyboardInterrupt):
        with pytest.raises(outcome), quota.attempt("ann", KeyError):
            raise outcome
    with quota.attempt("ann", KeyError), pytest.raises(TooMany), quota.attempt("ann", KeyError):
        pass
    with pytest.raises(KeyError), quota.attempt("ann", KeyError):
        raise KeyError
    with pytest.raises(TooMany), quota.attempt("ann", KeyError):
        pass


async def test_an_attempt_gives_back_no_more_than_it_took() -> None:
    quota = Quota(ManualClock(), 1, 1, "guesses")
    with quota.attempt("ann"):
        quota.forget("ann")
    for _ in range(3):
        with quota.attempt("ann"):
            pass
    quota.take("ann")
    with pytest.raises(TooMany):
        quota.take("ann")


async def test_a_key_that_is_forgotten_begins_anew() -> None:
    quota = Quota(ManualClock(), 1, 1, "things")
    quota.take("ann")
    quota.forget("ann")
    quota.take("ann")
    quota.forget("bob")


def test_there_is_room_for_so_many_at_a_time() -> None:
    room = Room(2, "searches")
    for _ in range(3):  # whoever is done makes room for others
        with room, room:
            with pytest.raises(TooMany, match="Too many searches are under way") as refused:
                room.__enter__()
            assert refused.value.retry_seconds == 1


def test_who_fails_makes_room_too() -> None:
    room = Room(1, "searches")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), room:
            raise ZeroDivisionError
