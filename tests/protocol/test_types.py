"""The wire's scalar types, and what a message tells about its own fields."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import ClassVar

import pytest

from supergame.protocol.matches import MatchJoin
from supergame.protocol.matchmaker import MatchmakerUser
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import (
    INT64_MAX,
    INT64_MIN,
    ZERO,
    Field,
    Int64,
    Message,
    dec_hook,
    enc_hook,
    fields,
)


def test_an_int64_is_an_int_within_64_bits() -> None:
    assert Int64(INT64_MAX) + 1 == 2**63
    assert Int64(INT64_MIN) == INT64_MIN
    for outside in (INT64_MAX + 1, INT64_MIN - 1):
        with pytest.raises(ValueError, match="64 bits"):
            Int64(outside)


def test_zero_is_one_object_so_that_it_can_be_left_out() -> None:
    assert Int64(0) is ZERO
    assert Int64.parse("0") is ZERO
    assert dec_hook(Int64, 0) is ZERO


@pytest.mark.parametrize("text", ["", "-", "+1", "01", "-0", " 1", "1_0", "1.0", "1e3", "٣", "9" * 5000, str(2**63)])
def test_only_plain_decimal_numbers_are_parsed(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Expected an integer of 64 bits$"):
        Int64.parse(text)


@pytest.mark.parametrize(("value", "number"), [(5.0, 5), (-0.0, 0), (1e15, 10**15), (-(2.0**63), -(2**63))])
def test_a_whole_number_may_be_written_like_a_fraction(value: float, number: int) -> None:
    read = dec_hook(Int64, value)
    assert (type(read), read) == (Int64, number)


@pytest.mark.parametrize("value", [True, 1.5, 2.0**63, math.inf, math.nan, None, [], 2**63])
def test_nothing_else_is_read_as_an_int64(value: object) -> None:
    with pytest.raises(ValueError, match="64 bits"):
        dec_hook(Int64, value)


def test_other_objects_have_no_place_in_a_message() -> None:
    with pytest.raises(NotImplementedError, match="object"):
        enc_hook(object())
    with pytest.raises(NotImplementedError, match="complex"):
        dec_hook(complex, "1")


def test_fields_are_numbered_in_the_order_of_declaration_unless_numbers_are_given() -> None:
    assert [(field.name, field.number) for field in fields(UserPresence)][:2] == [("user_id", 1), ("session_id", 2)]
    assert [field.number for field in fields(MatchmakerUser)] == [1, 2, 5, 6]


def test_a_field_knows_its_shape() -> None:
    by_name = {field.name: field for field in fields(MatchmakerUser)}
    assert by_name["presence"] == Field("presence", 1, "message", UserPresence)
    assert by_name["numeric_properties"] == Field("numeric_properties", 6, "double", map=True)
    assert fields(UserPresence)[-1] == Field("status", 5, "string", wrapper=True)
    assert fields(MatchJoin)[0] == Field("match_id", 1, "string", oneof="id")
    assert by_name["string_properties"].json_name == "stringProperties"


def test_declarations_that_the_wire_cannot_carry_are_told_at_once() -> None:
    class Wrong(Message):
        thing: complex = 0j

    class Miscounted(Message):
        NUMBERS: ClassVar[tuple[int, ...]] = (1, 2)
        thing: str = ""

    with pytest.raises(TypeError, match=r"Wrong.thing: the wire has no type"):
        fields(Wrong)
    with pytest.raises(TypeError, match=r"Miscounted.NUMBERS has 2 numbers for 1 fields"):
        fields(Miscounted)


class Colour(IntEnum):
    """A colour."""

    RED = 0
    BLUE = 1


class Painted(Message):
    """Something painted."""

    colours: list[Colour] = []


def test_enums_may_be_repeated() -> None:
    assert fields(Painted) == (Field("colours", 1, "enum", Colour, repeated=True),)
