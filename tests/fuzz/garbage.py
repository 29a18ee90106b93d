"""Input that means harm, or nothing at all: from a seed, so that what it finds can be found again."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from supergame.protocol.protobuf import delimited
from supergame.protocol.types import Field, Message, fields

NESTED = 400
"""Deeper than any reader goes."""


def varint(value: int) -> bytes:
    """A number as protobuf has it; negative ones and those of more than 64 bits lose what is too much."""
    value %= 2**64
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*written, value))


WORDS = ("lobby", "ann", "echo", "arena", "*", "+properties.a:1", "bag", "gold", "highest", "{}", '{"text":"hi"}', "")
NUMBERS = (0, 1, -1, 2, 100, 101, 1_000, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**400)
ODD: Sequence[Any] = (
    None, True, False, *NUMBERS[:-1], 0.5, -0.0, 1e308, "", " ", "\0", "a\0b", "\n", "é", "🎮", "\u202e", "\ufeff",
    "x" * 130, "x" * 3_000, "9223372036854775808", "-1", "1e999", "NaN", "null", "true", "../../etc/passwd", "%00",
    "'; drop table accounts_users; --", "2...", "4...", "3.x..", "....", ":" * 50, [], {}, [[]], [{}], {"": {}},
    {"a": None}, [None], ["", 7], {"\0": "\0"},
)  # fmt: skip
RAW = (
    b"1e400", b"-1e400", b"NaN", b"Infinity", b"-0", b"00", b"1.", b"0x10", b'"\\ud800"', b'"\\udfff\\ud800"',
    b'"\\u0000"', b'"\xff\xfe"', b'"\xed\xa0\x80"', b"'x'", b"undefined", b'{"a":1,"a":2}', b"[1,]", b"/**/1",
    b"9" * 5_000, b"[" * NESTED + b"]" * NESTED, b'{"a":' * NESTED + b"1" + b"}" * NESTED,
)  # fmt: skip
"""JSON values that cannot be written from Python, and some that are none."""

QUERY = (
    "+", "-", "a", "properties.a", "label.mode", ":", ">", ">=", "<", "<=", "1", "-1.5", '"', "/", "(", ")", "[", "]",
    "{", "}", "*", "?", "^", "~", "\\", " ", ".", "|", "T", '"2024-01-02T03:04:05Z"', "é", "\0", "a" * 40,
)  # fmt: skip
"""What queries are made of."""


SIZED = (b"\0", b"\x02hi", b"\x01\xff", b"\x05a", varint(2**31), varint(2**63), b"\x80" * 11, b"\x0b" * NESTED)
"""Sizes of what follows them, right and wrong."""


class Garbage:
    """A source of it. `known` are good values by the name of their field, which get further than random ones."""

    def __init__(self, seed: int, known: Mapping[str, Sequence[Any]] | None = None) -> None:
        self.random = random.Random(seed)
        self._known = known or {}
        self._good = [value for values in self._known.values() for value in values if isinstance(value, str)]

    def chance(self, share: float) -> bool:
        """True in that share of the calls."""
        return self.random.random() < share

    def text(self) -> str:
        """A text that may mean something."""
        kind = self.random.random()
        if kind < 0.4 and self._good:
            return self.random.choice(self._good)
        if kind < 0.8:
            return self.random.choice(WORDS)
        return "".join(self.random.choices(string.printable + "\0é🎮", k=self.random.randrange(80)))

    def named(self, name: str) -> str:
        """A text for a field of that name."""
        return str(self.random.choice(self._known[name])) if name in self._known and self.chance(0.6) else self.text()

    def query(self) -> str:
        """Something like a query."""
        return "".join(self.random.choices(QUERY, k=self.random.randrange(1, 30)))

    def cursor(self, real: str = "") -> str:
        """Something like a cursor: noise, a real one with a change, or other JSON behind the same encoding."""
        kind = self.random.random()
        if real and kind < 0.4:
            place = self.random.randrange(len(real))
            return real[:place] + self.random.choice(string.ascii_letters + "=_-") + real[place + 1 :]
        if kind < 0.8:
            return base64.urlsafe_b64encode(self.json(self.odd())).decode()
        return self.text()

    def odd(self) -> Any:
        """A value of any kind."""
        if self.chance(0.2):
            return [self.odd() for _ in range(self.random.randrange(4))]
        if self.chance(0.1):
            return {self.text(): self.odd() for _ in range(self.random.randrange(4))}
        return self.random.choice(ODD)

    def json(self, value: Any) -> bytes:
        """JSON, now and then with a value in it that is none."""
        data = json.dumps(value, ensure_ascii=self.chance(0.5)).encode(errors="replace")
        if self.chance(0.05):
            for number in (b"7", b"null", b'""', b"{}"):
                if number in data:
                    return data.replace(number, self.random.choice(RAW), 1)
        return data

    def damaged(self, data: bytes) -> bytes:
        """The same bytes, but for a few."""
        harmed = bytearray(data)
        for _ in range(self.random.randrange(1, 4)):
            place = self.random.randrange(len(harmed) + 1)
            change: Callable[[], None] = self.random.choice(
                [
                    lambda place=place: harmed.__setitem__(slice(place, place + 1), self.random.randbytes(1)),
                    lambda place=place: harmed.__delitem__(slice(place, place + self.random.randrange(1, 9))),
                    lambda place=place: harmed.__setitem__(slice(place, place), self.random.randbytes(3)),
                    lambda place=place: harmed.__setitem__(slice(place, place), self.random.choice(RAW)),
                ]
            )
            change()
        return bytes(harmed)

    def message(self, kind: type[Message], depth: int = 0) -> dict[str, Any]:
        """A message of that type as JSON has it: mostly of the right types, with some harm done."""
        made: dict[str, Any] = {}
        spared = {name for names in kind.ONEOF.values() for name in self.random.sample(names, len(names) - 1)}
        for field in fields(kind):
            if self.chance(0.15) or (field.name in spared and self.chance(0.9)):
                continue
            name = field.json_name if self.chance(0.1) else field.name
            made[name] = self.odd() if self.chance(0.06) else self._value(field, depth)
        if self.chance(0.03):
            made[self.text()] = self.odd()
        return made

    def protobuf(self, kind: type[Message], depth: int = 0) -> bytes:
        """A message of that type as protobuf has it: mostly of the right types, with some harm done."""
        written = bytearray()
        for field in fields(kind):
            if self.chance(0.15) or (field.oneof and self.chance(0.4)):
                continue
            for _ in range(self.random.choice((0, 1, 1, 2, 3, 150)) if field.repeated or field.map else 1):
                written += self.wire_field(field.number) if self.chance(0.04) else self._protobuf_field(field, depth)
        if self.chance(0.03):
            written += self.wire_field(self.random.choice((0, 1, 15, 16, 2_047, 2**29 - 1, 2**29)))
        return bytes(written)

    def wire_field(self, number: int) -> bytes:
        """A field of any kind, or of none that there is."""
        kind = self.random.choice((0, 1, 2, 2, 3, 4, 5, 6, 7))
        value = {0: varint(self.random.choice(NUMBERS[:-1])), 1: bytes(8), 2: self.random.choice(SIZED), 5: bytes(4)}
        return varint(number << 3 | kind) + value.get(kind, self.random.randbytes(3))

    def _protobuf_field(self, field: Field, depth: int) -> bytes:
        one = replace(field, repeated=False, map=False)
        if field.map:
            entry = delimited(1, self.text().encode()) + self._protobuf_field(replace(one, number=2), depth)
            return delimited(field.number, entry)
        if field.wrapper:
            return delimited(field.number, self._protobuf_field(replace(one, number=1, wrapper=False), depth))
        if field.kind == "message":
            assert isinstance(field.type, type)
            assert issubclass(field.type, Message)
            return delimited(field.number, self.protobuf(field.type, depth + 1) if depth < 4 else b"")
        value = self._one(field, depth)
        if field.kind in ("string", "bytes"):
            return delimited(field.number, str(value).encode(errors="replace"))
        if field.kind == "timestamp":
            return delimited(field.number, self.random.choice((b"", b"\x08\x01", b"\x08" + varint(2**62), b"\x10\x01")))
        if field.kind == "double":
            return varint(field.number << 3 | 1) + self.random.choice((bytes(8), self.random.randbytes(8)))
        return varint(field.number << 3) + varint(int(value))

    def _value(self, field: Field, depth: int) -> Any:
        if field.repeated:
            return [self._one(field, depth) for _ in range(self.random.choice((0, 1, 1, 2, 3, 150)))]
        if field.map:
            return {self.text(): self._one(field, depth) for _ in range(self.random.randrange(4))}
        return self._one(field, depth)

    def _one(self, field: Field, depth: int) -> Any:
        if field.name in self._known and self.chance(0.7):
            return self.random.choice(self._known[field.name])
        if field.kind == "message":
            assert isinstance(field.type, type)
            assert issubclass(field.type, Message)
            return self.message(field.type, depth + 1) if depth < 4 else {}
        if field.kind == "string":
            if field.name == "query":
                return self.query()
            return self.cursor() if field.name == "cursor" else self.text()
        if field.kind == "bool":
            return self.chance(0.5)
        if field.kind == "bytes":
            return base64.b64encode(self.random.randbytes(self.random.randrange(20))).decode()
        if field.kind == "timestamp":
            return self.random.choice(("2024-01-02T03:04:05Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"))
        number = self.random.choice(NUMBERS[:-1]) if self.chance(0.4) else self.random.randrange(12)
        return str(number) if field.kind == "int64" and self.chance(0.5) else number
