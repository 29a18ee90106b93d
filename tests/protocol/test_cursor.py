"""Cursors come back as they went, and what is none costs no more than an error."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from supergame.core.errors import BadInput
from supergame.protocol import cursor
from supergame.protocol.types import INT64_MAX, INT64_MIN


class Place(msgspec.Struct, frozen=True, array_like=True):
    name: str = ""
    number: int = 0
    back: bool = False


def forged(data: str) -> str:
    return urlsafe_b64encode(data.encode()).decode()


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.integers(INT64_MIN, INT64_MAX))
def test_a_place_comes_back_as_it_was(name, number):
    place = Place(name, number, True)
    text = cursor.encode(place)
    assert cursor.decode(text, Place) == place
    assert cursor.decode(text + "=" * (-len(text) % 4), Place) == place  # as browsers' own base64 has it


def test_a_place_may_be_a_list_of_scalars():
    assert cursor.decode(cursor.encode(["mark", 1.5, None]), list[str | float | None]) == ["mark", 1.5, None]


def test_a_cursor_needs_no_escaping_in_a_url():
    text = cursor.encode(Place("ÿ?>~" * 5))
    assert text.replace("-", "").replace("_", "").isalnum()


def test_a_name_that_only_looks_like_nul_is_one_like_others():
    assert cursor.decode(cursor.encode(Place("\\u0000")), Place) == Place("\\u0000")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "ä",
        "=" * 5_000,
        "A",
        "W10 ",
        "W1\n0",
        forged("null"),
        forged('{"name":"x"}'),
        forged("[1]"),
        forged('["x","1"]'),
        forged('["x",true]'),
        forged('["x",1.5]'),
        forged(f'["x",{2**63}]'),
        forged('["\\u0000"]'),
        forged('["\\ud800"]'),
        forged('["x",1,true,' + "[" * 100_000),
        urlsafe_b64encode(b'["\xff"]').decode(),
    ],
)
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(BadInput, match=r"^Invalid cursor\.$"):
        cursor.decode(text, Place)


@given(st.text())
def test_no_text_costs_more_than_an_error(text):
    try:
        cursor.decode(text, Place)
    except BadInput:
        pass
