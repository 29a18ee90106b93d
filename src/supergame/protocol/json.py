"""The JSON encoding: messages to bytes and back, and the envelope that carries them over a socket.

Reading has two paths with one meaning. The fast one is msgspec's and takes what well-behaved clients send. What it
refuses is read again by the plain reader below, which knows all that the protocol's JSON allows: camelCase names,
`null` for unset, numbers in strings, `5.0` for 5, names of enum values, base64 in both alphabets with or without
padding. What that refuses too is `Malformed`.
"""

from __future__ import annotations

import math
from binascii import a2b_base64
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from supergame.core.errors import BadInput
from supergame.protocol.types import (
    INT32_MAX,
    INT32_MIN,
    UINT32_MAX,
    Field,
    Int64,
    Kind,
    Message,
    Timestamp,
    dec_hook,
    enc_hook,
    fields,
)

M = TypeVar("M", bound=Message)
Buffer: TypeAlias = bytes | bytearray | memoryview | msgspec.Raw
Convert: TypeAlias = Callable[[Any, bool], Any]
"""(value as JSON has it, refuse unknown fields) -> value as the message has it; raises ValueError."""

ECHO_CHARACTERS_MAX: Final = 64
"""How much of a client's own text an error repeats."""

REFUSED: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What msgspec raises for input that it does not take (bad UTF-8 is a ValueError, deep nesting a RecursionError)."""


class Malformed(BadInput):
    """What was sent is not what the protocol says; a socket that sends such is closed."""


encode: Final[Callable[[object], bytes]] = msgspec.json.Encoder(enc_hook=enc_hook).encode
"""Write a message: snake_case names, enum numbers, fields at their default left out."""


# Reading


@cache
def decoder(message: type[M], *, strict_fields: bool) -> Callable[[Buffer], M]:
    """Make the reader of one type of message. It raises Malformed, and nothing else, for whatever does not fit.

    With `strict_fields` an unknown field is an error (sockets), without it is passed over (HTTP).
    """
    fast = msgspec.json.Decoder(message, dec_hook=dec_hook).decode

    def decode(data: Buffer) -> M:
        try:
            return fast(data)
        except REFUSED:
            return read(message, data, strict_fields=strict_fields)

    return decode


def read(message: type[M], data: Buffer, *, strict_fields: bool) -> M:
    """Read a message the thorough way. Raises Malformed."""
    return build(message, parse(data), strict_fields=strict_fields)


def build(message: type[M], value: object, *, strict_fields: bool) -> M:
    """Make a message of JSON values that are parsed already. Raises Malformed."""
    try:
        built: M = _message(message)(value, strict_fields)
    except ValueError as error:
        raise Malformed(str(error)) from None
    return built


def parse(data: Buffer) -> object:
    """Read any JSON at all. Raises Malformed."""
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise Malformed("JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise Malformed("JSON is not UTF-8") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise Malformed(str(error)) from None


@cache
def _message(message: type[Message]) -> Convert:
    """Make the converter of one type of message."""
    known: dict[str, tuple[str, Convert]] = {}
    for field in fields(message):
        known[field.name] = known[field.json_name] = (field.name, converter(field))

    def convert(value: Any, strict_fields: bool) -> Message:
        if type(value) is not dict:
            raise ValueError("Expected an object")
        values: dict[str, Any] = {}
        for key, item in value.items():
            found = known.get(key)
            if found is None:
                if strict_fields:
                    raise ValueError(f"Unknown field {echo(key)}")
                continue
            if item is None:
                continue
            name, convert_item = found
            if name in values:
                raise ValueError(f"{name}: given twice")
            try:
                values[name] = convert_item(item, strict_fields)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return message(**values)

    return convert


def converter(field: Field) -> Convert:
    """Make the converter of one field's JSON value, lists and maps included."""
    one = _scalar(field.kind, field.type)
    if field.repeated:
        return _list_of(one)
    if field.map:
        return _map_of(one)
    return one


def _list_of(one: Convert) -> Convert:
    def convert(value: Any, strict_fields: bool) -> list[Any]:
        if type(value) is not list:
            raise ValueError("Expected a list")
        return [one(item, strict_fields) for item in value]

    return convert


def _map_of(one: Convert) -> Convert:
    def convert(value: Any, strict_fields: bool) -> dict[str, Any]:
        if type(value) is not dict:
            raise ValueError("Expected an object")
        return {key: one(item, strict_fields) for key, item in value.items()}

    return convert


def _scalar(kind: Kind, of: type[Message] | type[IntEnum] | None) -> Convert:
    if kind == "message":
        assert of is not None
        return _message(of)
    if kind == "enum":
        assert of is not None
        return _enum(of)  # type: ignore[arg-type]
    return _CONVERTERS[kind]


def _string(value: Any, strict_fields: bool) -> str:
    if type(value) is not str:
        raise ValueError("Expected text")
    return value


def _bool(value: Any, strict_fields: bool) -> bool:
    if type(value) is not bool:
        raise ValueError("Expected true or false")
    return value


def _int64(value: Any, strict_fields: bool) -> Int64:
    number: Int64 = dec_hook(Int64, value)
    return number


def _int_between(low: int, high: int) -> Convert:
    def convert(value: Any, strict_fields: bool) -> int:
        number = int(_int64(value, strict_fields))
        if not low <= number <= high:
            raise ValueError(f"Expected an integer from {low} to {high}")
        return number

    return convert


_number = msgspec.json.Decoder(float).decode


def _double(value: Any, strict_fields: bool) -> float:
    if type(value) not in (int, float, str):
        raise ValueError("Expected a number")
    try:
        number: float = _number(value) if type(value) is str else float(value)
    except msgspec.DecodeError:
        raise ValueError("Expected a number") from None
    except OverflowError:
        raise ValueError("Number out of range") from None
    if not math.isfinite(number):
        raise ValueError("Number out of range")
    return number


def _bytes(value: Any, strict_fields: bool) -> bytes:
    """Read base64 as every client may write it: both alphabets, padded or not."""
    if type(value) is not str:
        raise ValueError("Expected base64 text")
    digits = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return a2b_base64(digits + "=" * (-len(digits) % 4), strict_mode=True)
    except ValueError:
        raise ValueError("Expected base64 text") from None


def _timestamp(value: Any, strict_fields: bool) -> datetime:
    if type(value) is not str:
        raise ValueError("Expected a time as text, such as 2024-01-02T03:04:05Z")
    try:
        time: datetime = msgspec.convert(value, Timestamp)
    except msgspec.ValidationError:
        raise ValueError("Expected a time such as 2024-01-02T03:04:05Z") from None
    return time


def _enum(of: type[IntEnum]) -> Convert:
    def convert(value: Any, strict_fields: bool) -> IntEnum:
        if type(value) is str and value in of.__members__:
            return of[value]
        if type(value) in (int, float):
            return of(_int64(value, strict_fields))
        raise ValueError(f"Expected one of {', '.join(of.__members__)}")

    return convert


_CONVERTERS: Final[dict[Kind, Convert]] = {
    "string": _string,
    "bool": _bool,
    "bytes": _bytes,
    "int32": _int_between(INT32_MIN, INT32_MAX),
    "uint32": _int_between(0, UINT32_MAX),
    "int64": _int64,
    "double": _double,
    "timestamp": _timestamp,
}


def echo(text: str) -> str:
    """Quote a client's own text in an error, shortened."""
    return repr(text if len(text) <= ECHO_CHARACTERS_MAX else text[:ECHO_CHARACTERS_MAX] + "...")


# The envelope: {"cid": "7", "<name of the message>": {...}}


_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode


def split_envelope(frame: Buffer) -> tuple[bytes, str, msgspec.Raw]:
    """Take an envelope apart: its cid as JSON (b"" for none), the message's name, its body still unread.

    The name is "" when there is no message; whether a name is known is for the caller to look up. camelCase names
    come out in snake_case. Raises Malformed for what is no envelope, and for one with two messages in it.
    """
    try:
        parts = _split(frame)
        raw_cid = parts.pop("cid", None)
        cid = b"" if raw_cid is None else _cid(raw_cid)
    except REFUSED:
        parse(frame)
        raise Malformed("Expected an envelope") from None
    if len(parts) != 1:
        parts = {name: body for name, body in parts.items() if bytes(body) != b"null"}
        if len(parts) > 1:
            raise Malformed("Expected one message in an envelope")
        if not parts:
            return cid, "", _NO_BODY
    name, body = parts.popitem()
    if not name.islower():
        name = snake_case(name)
    return cid, name, body


_NO_BODY: Final = msgspec.Raw(b"{}")


def _cid(raw: msgspec.Raw) -> bytes:
    """Check that a cid is text, and give it back as it was written."""
    text = bytes(raw)
    if text == b"null" or text == b'""':
        return b""
    if text[0] != _QUOTE or not text.isascii():
        _text(text)  # refuses numbers and bad UTF-8; what is quoted and ASCII was checked when it was split off
    return text


_QUOTE: Final = ord('"')


def snake_case(name: str) -> str:
    """Turn `matchDataSend` into `match_data_send`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def encode_envelope(name: str, message: Message, cid: bytes = b"") -> bytes:
    """Write one message in its envelope; `cid` is JSON text as `split_envelope` gave it, or b"" for none."""
    if cid:
        return b'{"cid":%b,"%b":%b}' % (cid, name.encode(), encode(message))
    return b'{"%b":%b}' % (name.encode(), encode(message))


def encode_bare(cid: bytes) -> bytes:
    """Write the answer that says no more than that it is done."""
    return b'{"cid":%b}' % cid if cid else b"{}"
