"""How JSON becomes the flat table that queries ask."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supergame.protocol.document import NAMES_LENGTH_MAX, flatten, read_date


def test_nested_objects_become_fields_with_dots() -> None:
    assert flatten({"mode": "duel", "host": {"skill": 12, "geo": {"region": "eu"}}}) == {
        "mode": "duel",
        "host.skill": 12.0,
        "host.geo.region": "eu",
    }


def test_the_elements_of_an_array_are_values_of_one_field() -> None:
    assert flatten({"maps": ["ice", "fire"], "one": ["x"], "none": [], "teams": [{"id": 1}, {"id": 2}]}) == {
        "maps": ["ice", "fire"],
        "one": "x",
        "teams.id": [1.0, 2.0],
    }


def test_booleans_are_letters_and_nulls_vanish() -> None:
    assert flatten({"open": True, "ranked": False, "left": None}) == {"open": "T", "ranked": "F"}


@pytest.mark.parametrize("value", [None, 5, "text", ["a"], True])
def test_what_is_no_object_has_no_fields(value: object) -> None:
    assert flatten(value) == {}


def test_a_date_is_a_string_and_a_moment() -> None:
    moment = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
    assert flatten({"at": "2026-01-31T12:30:00Z"}) == {"at": ["2026-01-31T12:30:00Z", moment]}


def test_a_number_too_large_for_a_float_is_infinite() -> None:
    assert flatten({"big": 10**400, "small": -(10**400)}) == {"big": math.inf, "small": -math.inf}


def test_depth_costs_no_recursion() -> None:
    value: object = 1
    for _ in range(5_000):
        value = {"a": [value]}
    assert len(flatten(value)) == 1


def test_long_names_are_not_repeated_without_end() -> None:
    long = flatten({"a" * 1_000: {str(n): n for n in range(1_000)}, "last": 1})
    assert sum(map(len, long)) <= NAMES_LENGTH_MAX
    assert list(long.values()) == [float(n) for n in range(len(long))]  # those that came first
    assert flatten({"many": ["x"] * 100_000})["many"] == ["x"] * 100_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31 01:02:03", datetime(2026, 1, 31, 1, 2, 3, tzinfo=UTC)),
        ("2026-01-31T01:02:03", datetime(2026, 1, 31, 1, 2, 3, tzinfo=UTC)),
        ("2026-01-31T01:02:03.5Z", datetime(2026, 1, 31, 1, 2, 3, 500_000, tzinfo=UTC)),
        ("2026-01-31T01:02:03.123456789Z", datetime(2026, 1, 31, 1, 2, 3, 123_456, tzinfo=UTC)),
        ("2026-01-31T01:02:03+02:00", datetime(2026, 1, 31, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))),
        ("2026-02-31", None),
        ("2026-01-31T24:00:00Z", None),
        ("2026-01-31T01:02:03+24:00", None),
        ("20260131", None),
        ("2026-W05-6", None),
        ("2026-01-31T01:02", None),
        ("now", None),
    ],
)
def test_which_strings_are_dates(text: str, moment: datetime | None) -> None:
    assert read_date(text) == moment


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.", max_size=2), inner, max_size=3),
    max_leaves=12,
)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.dictionaries(st.text("ab.", max_size=2), JSON, max_size=4))
def test_any_object_becomes_values_that_queries_know(value: dict[str, object]) -> None:
    for values in flatten(value).values():
        for one in values if isinstance(values, list) else [values]:
            assert isinstance(one, str | float | datetime)
            assert not isinstance(one, bool)
