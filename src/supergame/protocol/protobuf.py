"""The protobuf encoding: messages to bytes and back, and the envelope that carries them over a socket.

Google's library reads and writes the bytes. Between its objects and our messages stand functions that are generated
for each type of message, and do no more than its fields need. The library is loaded, and a type prepared, when the
first message is to be read or written.

What the encoding allows is what protobuf allows: unknown fields are passed over (a field that comes as another kind of
value than it should be is one), of a oneof the last one counts, and what is at its default is left out. Numbers and
times that JSON cannot carry are refused, because they would reach players who use it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypeVar, cast

from supergame.protocol.catalogue import CID_NUMBER, ENVELOPE, ENVELOPE_GROUP
from supergame.protocol.json import Malformed
from supergame.protocol.types import ZERO, Field, Int64, Message, fields, timestamp

M = TypeVar("M", bound=Message)

NANOSECONDS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def encode(message: Message) -> bytes:
    """Write a message; fields at their default are left out."""
    return _encoder(message.__class__)(message)


@cache
def decoder(message: type[M]) -> Callable[[bytes], M]:
    """Make the reader of one type of message. It raises Malformed, and nothing else, for whatever does not fit."""
    build: Callable[[Any], M] = builder(message)

    def decode(data: bytes) -> M:
        try:
            parsed = _class(message).FromString(data)
        except _decode_error() as error:
            raise NotProtobuf from error
        return build(parsed)

    return decode


@cache
def builder(message: type[M]) -> Callable[[Any], M]:
    """Make what turns Google's objects into messages of one type. It raises Malformed, and nothing else."""

    def build(parsed: Any) -> M:
        try:
            return cast(M, _reader(message)(parsed))
        except ValueError as error:
            raise Malformed(str(error)) from None

    return build


class NotProtobuf(Malformed):
    """Expected a protobuf message."""


# The envelope


def split_envelope(frame: bytes) -> tuple[bytes, str, Any]:
    """Take an envelope apart: its cid as UTF-8 (b"" for none), the message's name, and what a `builder` takes.

    The name is "" when there is no message, or none that the protocol has. Raises Malformed for what is no envelope.
    """
    try:
        envelope = _envelope().FromString(frame)
    except _decode_error() as error:
        raise NotProtobuf from error
    cid, name = envelope.cid.encode(), envelope.WhichOneof(ENVELOPE_GROUP)
    return (cid, name, getattr(envelope, name)) if name else (cid, "", None)


def encode_envelope(name: str, message: Message, cid: bytes = b"") -> bytes:
    """Write one message in its envelope; `cid` is UTF-8 as `split_envelope` gave it, or b"" for none."""
    number, _ = ENVELOPE[name]
    return encode_bare(cid) + delimited(number, encode(message))


def encode_bare(cid: bytes) -> bytes:
    """Write the answer that says no more than that it is done."""
    return _CID_TAG + varint(len(cid)) + cid if cid else b""


def delimited(number: int, value: bytes) -> bytes:
    """Write a field that holds text, bytes or a message."""
    return tag(number) + varint(len(value)) + value


def tag(number: int) -> bytes:
    """What such a field begins with; its size and its value follow."""
    return varint(number << 3 | 2)


def varint(value: int) -> bytes:
    """Write a number, seven bits to a byte, the lowest first."""
    if value < VARINTS_READY:
        return _VARINTS[value]
    return bytes((value & 0x7F | 0x80,)) + varint(value >> 7)


VARINTS_READY: Final = 2_048
_VARINTS: Final = tuple(
    bytes((value,)) if value < 0x80 else bytes((value & 0x7F | 0x80, value >> 7)) for value in range(VARINTS_READY)
)
"""Nearly all sizes are in here: looking one up beats making it."""
_CID_TAG: Final = tag(CID_NUMBER)


# Google's library, loaded late


@cache
def _class(kind: type[Message]) -> Any:
    from supergame.protocol.descriptors import message_class

    return message_class(kind)


@cache
def _envelope() -> Any:
    from supergame.protocol.descriptors import envelope_class

    return envelope_class()


@cache
def _decode_error() -> type[Exception]:
    from google.protobuf.message import DecodeError

    return DecodeError


# From Google's objects to messages


@cache
def _reader(kind: type[Message]) -> Callable[[Any], Message]:
    """Generate `made(source)`, one expression for each field."""
    names: dict[str, Any] = {"kind": kind, "finite": _finite, "int64": _int64, "time": _time}
    arguments = ", ".join(_read_field(field, names) for field in fields(kind))
    return _generated(["def made(source):", f"return kind({arguments})"], names)


def _read_field(field: Field, names: dict[str, Any]) -> str:
    """The expression that reads one field."""
    source = f"source.{field.name}"
    # Going through an empty list or map takes longer than looking whether it is empty.
    if field.repeated:
        return f"[{_read_one(field, 'item', names)} for item in {source}] if {source} else []"
    if field.map:
        return f"{{key: {_read_one(field, f'{source}[key]', names)} for key in {source}}} if {source} else {{}}"
    one = _read_one(field, f"{source}.value" if field.wrapper else source, names)
    knows_if_set = field.wrapper or field.oneof or field.kind in ("message", "timestamp")
    return f"{one} if source.HasField('{field.name}') else None" if knows_if_set else one


def _read_one(field: Field, value: str, names: dict[str, Any]) -> str:
    """The expression that turns one value of Google's into ours."""
    if field.kind == "message":
        names[f"read_{field.name}"] = _reader(field.type)
    elif field.kind == "enum":
        names[f"read_{field.name}"] = field.type
    else:
        convert = _CONVERTERS.get(field.kind)
        return f"{convert}({value})" if convert else value
    return f"read_{field.name}({value})"


_CONVERTERS: Final = {"int64": "int64", "double": "finite", "timestamp": "time"}


def _int64(value: int) -> Int64:
    return int.__new__(Int64, value) if value else ZERO


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("Number out of range")
    return value


def _time(value: Any) -> datetime:
    if not 0 <= value.nanos < NANOSECONDS:
        raise ValueError("Expected a time")
    try:
        return timestamp(value.seconds * 1_000_000 + value.nanos // 1_000)
    except OverflowError:
        raise ValueError("Time out of range") from None


# From messages to Google's objects


@cache
def _encoder(kind: type[Message]) -> Callable[[Message], bytes]:
    """Generate `made(message)`, which gives the bytes."""
    names: dict[str, Any] = {"new": _class(kind)}
    return _generated(
        ["def made(message):", "target = new()", *_fill(kind, names), "return target.SerializeToString()"], names
    )


@cache
def _filler(kind: type[Message]) -> Callable[[Message, Any], None]:
    """Generate `made(message, target)`, which fills an object that is part of another."""
    names: dict[str, Any] = {}
    return _generated(["def made(message, target):", *_fill(kind, names), "return"], names)


def _fill(kind: type[Message], names: dict[str, Any]) -> list[str]:
    """The lines that fill Google's object `target`, a statement or two for each field."""
    names["set_time"] = _set_time
    return [line for field in fields(kind) for line in _write_field(field, names)]


def _write_field(field: Field, names: dict[str, Any]) -> list[str]:
    """The lines that write one field."""
    name, value, target = field.name, f"message.{field.name}", f"target.{field.name}"
    if field.kind == "message":
        names[f"fill_{name}"] = _filler(field.type)
        if field.repeated:
            return [f"for item in {value}: fill_{name}(item, {target}.add())"]
        if field.map:
            return [f"for key, item in {value}.items(): fill_{name}(item, {target}[key])"]
        write = f"{target}.SetInParent(); fill_{name}(value, {target})"
    elif field.repeated:
        return [f"if {value}: {target}.extend({value})"]
    elif field.map:
        return [f"if {value}: {target}.update({value})"]
    elif field.kind == "timestamp":
        write = f"set_time({target}, value)"
    elif field.wrapper:
        write = f"{target}.value = value"
    elif field.oneof:
        write = f"{target} = value"
    else:
        return [f"if {value}: {target} = {value}"]
    return [f"value = {value}", f"if value is not None: {write}"]


def _set_time(target: Any, value: datetime) -> None:
    since = value - _EPOCH
    target.seconds = since.days * 86_400 + since.seconds
    target.nanos = since.microseconds * 1_000


def _generated(lines: list[str], names: dict[str, Any]) -> Callable[..., Any]:
    """Define the function `made` that these lines say; `names` is all that it may use."""
    exec("\n    ".join(lines), names)  # made of the names of declared fields, and of nothing that comes from outside
    return cast(Callable[..., Any], names["made"])
