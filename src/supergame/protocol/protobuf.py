"""The protobuf encoding: messages to bytes and back, and the envelope that carries them over a socket.

Google's library reads and writes the bytes; its objects are taken to our messages and back by a function that is
generated for each type of message, and does no more than the type's fields need. The library is loaded, and a type
prepared, when the first message is to be read or written.

What the encoding allows is what protobuf allows: unknown fields are passed over (a field that comes as another kind of
value than it should is one of them), of a oneof the last one counts, and what is at its default is left out. Numbers
that JSON cannot carry are refused, because they would reach players who use it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypeVar, cast

from supergame.protocol.json import Malformed
from supergame.protocol.types import ZERO, Field, Int64, Message, fields, timestamp

M = TypeVar("M", bound=Message)

NANOSECONDS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def encode(message: Message) -> bytes:
    """Write a message; fields at their default are left out."""
    kind = message.__class__
    written = _new(kind)()
    _writer(kind)(message, written)
    data: bytes = written.SerializeToString()
    return data


@cache
def decoder(message: type[M]) -> Callable[[bytes], M]:
    """Make the reader of one type of message. It raises Malformed, and nothing else, for whatever does not fit."""

    def decode(data: bytes) -> M:
        return build(message, _parse(_new(message), data))

    return decode


def build(message: type[M], parsed: Any) -> M:
    """Make a message of Google's object of the same type. Raises Malformed."""
    try:
        return cast(M, _reader(message)(parsed))
    except ValueError as error:
        raise Malformed(str(error)) from None


def _parse(of: Any, data: bytes) -> Any:
    try:
        return of.FromString(data)
    except _decode_error():
        raise Malformed("Expected a protobuf message") from None


# Google's library, loaded late


@cache
def _new(kind: type[Message]) -> Any:
    from supergame.protocol.descriptors import message_class

    return message_class(kind)


@cache
def _new_envelope() -> Any:
    from supergame.protocol.descriptors import envelope_class

    return envelope_class()


@cache
def _decode_error() -> type[Exception]:
    from supergame.protocol.descriptors import DecodeError

    return DecodeError


# From Google's object to a message


@cache
def _reader(kind: type[Message]) -> Callable[[Any], Message]:
    """Generate `read(source)`, one expression for each field."""
    names: dict[str, Any] = {"kind": kind, "finite": _finite, "int64": _int64, "time": _time}
    arguments = ", ".join(_read_field(field, names) for field in fields(kind))
    return _function(f"def read(source): return kind({arguments})", names)


def _read_field(field: Field, names: dict[str, Any]) -> str:
    """The expression that reads one field."""
    source = f"source.{field.name}"
    if field.repeated:
        one = _read_one(field, "item", names)
        return f"list({source})" if one == "item" else f"[{one} for item in {source}]"
    if field.map:
        one = _read_one(field, f"{source}[key]", names)
        return f"dict({source})" if one == f"{source}[key]" else f"{{key: {one} for key in {source}}}"
    one = _read_one(field, f"{source}.value" if field.wrapper else source, names)
    knows = field.wrapper or field.oneof or field.kind in ("message", "timestamp")
    return f'{one} if source.HasField("{field.name}") else None' if knows else one


def _read_one(field: Field, value: str, names: dict[str, Any]) -> str:
    """The expression that turns one value of Google's into ours."""
    if field.kind == "message":
        names[f"read_{field.name}"] = _reader(field.type)
        return f"read_{field.name}({value})"
    if field.kind == "enum":
        names[f"read_{field.name}"] = field.type
        return f"read_{field.name}({value})"
    converter = {"int64": "int64", "double": "finite", "timestamp": "time"}.get(field.kind)
    return f"{converter}({value})" if converter else value


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


# From a message to Google's object


@cache
def _writer(kind: type[Message]) -> Callable[[Any, Any], None]:
    """Generate `write(message, target)`, a statement or two for each field."""
    names: dict[str, Any] = {"set_time": _set_time}
    body = [line for field in fields(kind) for line in _write_field(field, names)]
    return _function("\n    ".join(["def write(message, target):", *(body or ["pass"])]), names)


def _write_field(field: Field, names: dict[str, Any]) -> list[str]:
    """The lines that write one field."""
    name, value = field.name, f"message.{field.name}"
    if field.kind == "message":
        names[f"write_{name}"] = _writer(field.type)
        if field.repeated:
            return [f"for item in {value}: write_{name}(item, target.{name}.add())"]
        if field.map:
            return [f"for key, item in {value}.items(): write_{name}(item, target.{name}[key])"]
        set_ = f"target.{name}.SetInParent(); write_{name}(value, target.{name})"
    elif field.kind == "timestamp":
        set_ = f"set_time(target.{name}, value)"
    elif field.repeated:
        return [f"if {value}: target.{name}.extend({value})"]
    elif field.map:
        return [f"if {value}: target.{name}.update({value})"]
    elif field.wrapper:
        set_ = f"target.{name}.value = value"
    elif field.oneof:
        set_ = f"target.{name} = value"
    else:
        return [f"if {value}: target.{name} = {value}"]
    return [f"value = {value}", f"if value is not None: {set_}"]


def _set_time(target: Any, value: datetime) -> None:
    since = value - _EPOCH
    target.seconds = since.days * 86_400 + since.seconds
    target.nanos = since.microseconds * 1_000


def _function(source: str, names: dict[str, Any]) -> Callable[..., Any]:
    """Define the one function that a source holds; `names` is what it may use."""
    exec(source, names)  # made of the names of declared fields, and nothing else
    function: Callable[..., Any] = names["read" if "read" in names else "write"]
    return function


# The envelope


def split_envelope(frame: bytes) -> tuple[bytes, str, Any]:
    """Take an envelope apart: its cid as UTF-8 (b"" for none), the message's name, its body for `build`.

    The name is "" when there is no message that we know. Raises Malformed for what is no envelope.
    """
    envelope = _parse(_new_envelope(), frame)
    name = envelope.WhichOneof("message")
    cid = envelope.cid
    return cid.encode() if cid else b"", name or "", getattr(envelope, name) if name else None


def encode_envelope(name: str, message: Message, cid: bytes = b"") -> bytes:
    """Write one message in its envelope; `cid` is UTF-8 as `split_envelope` gave it, or b"" for none."""
    envelope = _new_envelope()()
    if cid:
        envelope.cid = cid
    body = getattr(envelope, name)
    body.SetInParent()
    _writer(message.__class__)(message, body)
    data: bytes = envelope.SerializeToString()
    return data


def encode_bare(cid: bytes) -> bytes:
    """Write the answer that says no more than that it is done."""
    data: bytes = _new_envelope()(cid=cid).SerializeToString()
    return data
