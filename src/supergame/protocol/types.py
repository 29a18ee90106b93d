"""What messages are made of: the base struct, the wire's scalar types, and the description of a field.

A message is a `Message` subclass. Its annotations say everything a codec needs:

* `str`, `bool`, `bytes`, `Int32`, `UInt32`, `Int64`, `float`, an `IntEnum`: a plain field. It always has a
  value, and is left out of an answer at its default.
* `X | None`: a field that knows whether it was set (a wrapper on the wire). `None` means unset; a set value is
  sent even when it is zero or empty.
* `Timestamp | None` and `SomeMessage | None`: the same, for times and nested messages.
* `list[X]` and `dict[str, X]`: repeated and map fields.

Fields are numbered 1, 2, 3... in the order of declaration; where the wire has gaps, `NUMBERS` gives the numbers.
Fields of which at most one may be set are named together in `ONEOF`, and `check_oneofs` holds them to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

INT32_MIN: Final = -(2**31)
INT32_MAX: Final = 2**31 - 1
UINT32_MAX: Final = 2**32 - 1
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
INT64_DIGITS_MAX: Final = 20

Int32 = Annotated[int, msgspec.Meta(ge=INT32_MIN, le=INT32_MAX)]
UInt32 = Annotated[int, msgspec.Meta(ge=0, le=UINT32_MAX)]
Timestamp = Annotated[datetime, msgspec.Meta(tz=True)]


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def timestamp(us: int) -> datetime:
    """The time so many microseconds after 1970 began, exactly; what the database keeps, as messages carry it."""
    return _EPOCH + timedelta(0, us // 1_000_000, us % 1_000_000)


class Int64(int):
    """A signed 64-bit integer, which JSON carries as a string because JavaScript's numbers have 53 bits.

    Raises ValueError outside that range. Zero is one object, so that fields at their default can be left out.
    """

    def __new__(cls, value: int = 0) -> Int64:
        if value == 0 and _zero:
            return _zero[0]
        if not INT64_MIN <= value <= INT64_MAX:
            raise ValueError("Expected an integer of 64 bits")
        return int.__new__(cls, value)

    @classmethod
    def parse(cls, text: str) -> Int64:
        """Read a decimal number as JSON writes it: no sign but a minus, no leading zeros, no spaces."""
        try:
            if len(text) <= INT64_DIGITS_MAX and int.__repr__(number := int(text)) == text:
                return cls(number)
        except ValueError:
            pass
        raise ValueError("Expected an integer of 64 bits")


_zero: list[Int64] = []
_zero.append(Int64(0))
ZERO: Final = _zero[0]
_SMALL: Final = {str(number): Int64(number) for number in range(256)}
"""Op codes are small and many: looking these up saves a third of the time that reading a message takes."""


def enc_hook(value: object) -> str:
    """Tell msgspec how to write what it does not know: an Int64 becomes a string."""
    if isinstance(value, Int64):
        return int.__repr__(value)
    raise NotImplementedError(f"Objects of type {type(value).__name__} have no place in a message")


def dec_hook(wanted: type, value: object) -> Any:
    """Tell msgspec how to read an Int64: from a string or a whole number. Raises ValueError otherwise.

    `5.0` and `1e+15` are whole numbers too: in Lua and Godot there is no other kind, and they are written so.
    """
    if wanted is Int64:
        if type(value) is int:
            if value and INT64_MIN <= value <= INT64_MAX:
                return int.__new__(Int64, value)
            return Int64(value)
        if type(value) is str:
            return _SMALL.get(value) or Int64.parse(value)
        if type(value) is float and value.is_integer():
            return Int64(int(value))
        raise ValueError("Expected an integer of 64 bits")
    raise NotImplementedError(f"Objects of type {wanted.__name__} have no place in a message")


class Message(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The base of everything that travels between client and server."""

    NUMBERS: ClassVar[tuple[int, ...]] = ()
    ONEOF: ClassVar[Mapping[str, tuple[str, ...]]] = {}


def check_oneofs(message: Message) -> None:
    """Raise ValueError if a message has more than one field set of a group in its `ONEOF`."""
    for names in message.ONEOF.values():
        if sum(getattr(message, name) is not None for name in names) > 1:
            raise ValueError(f"Expected only one of {', '.join(names)}")


class Empty(Message):
    """Nothing at all: the request or the answer of operations that need none."""


Scalar: TypeAlias = Literal["string", "bool", "bytes", "int32", "uint32", "int64", "double", "timestamp"]
Kind: TypeAlias = Literal[Scalar, "enum", "message"]

_SCALARS: Final[tuple[tuple[Any, Scalar], ...]] = (
    (str, "string"),
    (bool, "bool"),
    (bytes, "bytes"),
    (Int32, "int32"),
    (UInt32, "uint32"),
    (Int64, "int64"),
    (float, "double"),
    (Timestamp, "timestamp"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message, as every codec and the reference need it."""

    name: str
    number: int
    kind: Kind
    type: type[Message] | type[IntEnum] | None = None
    """The class, where `kind` is "enum" or "message"."""
    repeated: bool = False
    map: bool = False
    """A map from text to `kind`."""
    wrapper: bool = False
    """A scalar that knows whether it was set."""
    oneof: str | None = None
    """The name of the group of which at most one field may be set."""

    @property
    def json_name(self) -> str:
        """The camelCase name that JSON may use as well."""
        head, *tail = self.name.split("_")
        return head + "".join(word.capitalize() for word in tail)


@cache
def fields(message: type[Message]) -> tuple[Field, ...]:
    """Describe the fields of a message, in the order of declaration.

    Raises TypeError for a declaration that the wire cannot carry: the mistake of whoever wrote the message.
    """
    hints = get_type_hints(message, include_extras=True)
    names = message.__struct_fields__
    numbers = message.NUMBERS or tuple(range(1, len(names) + 1))
    if len(numbers) != len(names):
        raise TypeError(f"{message.__name__}.NUMBERS has {len(numbers)} numbers for {len(names)} fields")
    groups = {name: group for group, members in message.ONEOF.items() for name in members}
    return tuple(
        _field(message, name, number, hints[name], groups.get(name))
        for name, number in zip(names, numbers, strict=True)
    )


def _field(message: type[Message], name: str, number: int, hint: Any, oneof: str | None) -> Field:
    origin = get_origin(hint)
    repeated = origin is list
    is_map = origin is dict
    optional = origin in (Union, UnionType)
    inner = hint
    if repeated:
        (inner,) = get_args(hint)
    elif is_map:
        _, inner = get_args(hint)
    elif optional:
        (inner,) = (arg for arg in get_args(hint) if arg is not NoneType)
    for known, kind in _SCALARS:
        if inner == known:
            wrapper = optional and kind != "timestamp" and oneof is None
            return Field(name, number, kind, None, repeated, is_map, wrapper, oneof)
    if isinstance(inner, type) and issubclass(inner, Message):
        return Field(name, number, "message", inner, repeated, is_map, oneof=oneof)
    if isinstance(inner, type) and issubclass(inner, IntEnum):
        return Field(name, number, "enum", inner, repeated, is_map, oneof=oneof)
    raise TypeError(f"{message.__name__}.{name}: the wire has no type for {hint!r}")
