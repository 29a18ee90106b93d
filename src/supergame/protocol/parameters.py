"""HTTP requests as messages: path, query string and body to one request struct, and back for clients.

A field of the request lies in the path where the binding's path names it, in the body where `body` says so ("*" for
all fields that are left, a field's name for that one), and else in the query string: `limit=10&forward=true`, a
repeated field as `ids=a&ids=b`. Query parameters that no field is named after are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote, unquote_to_bytes, urlencode

from supergame.protocol.json import Malformed, converter, decoder, echo, encode, parse
from supergame.protocol.types import Field, Message, fields

R = TypeVar("R", bound=Message)
Decode: TypeAlias = Callable[[Mapping[str, str], bytes, bytes], R]
"""(path parameters, query string without its "?", body) -> the request; raises Malformed."""
Read: TypeAlias = Callable[[str], Any]

_BOOLS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}
_PATH_NAME: Final = re.compile(r"\{(\w+)\}")


def path_names(path: str) -> tuple[str, ...]:
    """Name the fields that a path such as `/v2/storage/{collection}/{user_id}` holds."""
    return tuple(_PATH_NAME.findall(path))


def query_fields(
    request: type[Message], path: str, body: str | None, only: Collection[str] | None = None
) -> tuple[Field, ...]:
    """List the fields that a binding takes from the query string; `only` narrows them further."""
    if body == "*":
        return ()
    elsewhere = {*path_names(path), body}
    return tuple(
        field
        for field in fields(request)
        if field.name not in elsewhere
        and field.kind != "message"
        and not field.map
        and (only is None or field.name in only)
    )


def request_decoder(request: type[R], path: str, body: str | None, only: Collection[str] | None = None) -> Decode[R]:
    """Make the reader of one binding's requests, with all that can be known beforehand worked out."""
    in_path = path_names(path)
    if body == "*":
        return _whole_body(request, in_path)
    by_name = {field.name: field for field in fields(request)}
    from_path = [(name, _text_reader(by_name[name])) for name in in_path]
    from_query = {
        name: (field.name, _text_reader(field), field.repeated)
        for field in query_fields(request, path, body, only)
        for name in (field.name, field.json_name)
    }
    from_body = None if body is None else _body_reader(by_name[body])

    def decode(path_params: Mapping[str, str], query: bytes, data: bytes) -> R:
        values: dict[str, Any] = {}
        if query:
            _read_query(query, from_query, values)
        if from_body is not None and data:
            values[body] = from_body(data)  # type: ignore[index]
        for name, read in from_path:
            values[name] = _read_one(name, read, path_params[name])
        return request(**values)

    return decode


def _whole_body(request: type[R], in_path: tuple[str, ...]) -> Decode[R]:
    decode_body = decoder(request, strict_fields=False)
    if not in_path:
        return lambda path_params, query, data: decode_body(data) if data else request()
    by_name = {field.name: field for field in fields(request)}
    from_path = [(name, _text_reader(by_name[name])) for name in in_path]

    def decode(path_params: Mapping[str, str], query: bytes, data: bytes) -> R:
        message = decode_body(data) if data else request()
        for name, read in from_path:
            setattr(message, name, _read_one(name, read, path_params[name]))
        return message

    return decode


def _body_reader(field: Field) -> Callable[[bytes], Any]:
    """Make the reader of a body that is one field's value."""
    if field.kind == "message" and not field.repeated:
        assert field.type is not None
        return decoder(field.type, strict_fields=False)
    convert = converter(field)

    def read(data: bytes) -> Any:
        try:
            return convert(parse(data), False)
        except ValueError as error:
            raise Malformed(f"{field.name}: {error}") from None

    return read


def _text_reader(field: Field) -> Read:
    """Make the reader of a field's value (one value, of a repeated field) written as plain text."""
    if field.kind == "string":
        return str
    if field.kind == "bool":
        return _bool
    convert = converter(Field(field.name, field.number, field.kind, field.type))
    if field.kind == "enum":
        return lambda text: convert(int(text) if text.isdecimal() and len(text) <= 10 else text, False)
    return lambda text: convert(text, False)


def _bool(text: str) -> bool:
    if text not in _BOOLS:
        raise ValueError("Expected true or false")
    return _BOOLS[text]


def _read_one(name: str, read: Read, text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise Malformed(f"{name}: {error}") from None


def _read_query(query: bytes, known: Mapping[str, tuple[str, Read, bool]], values: dict[str, Any]) -> None:
    """Add what a query string says to `values`. Raises Malformed."""
    try:
        # Decoding after the split keeps an escaped "&" or "=" out of it.
        escaped = b"%" in query or b"+" in query
        for pair in query.decode().split("&"):
            key, _, text = pair.partition("=")
            if escaped:
                key, text = _unescape(key), _unescape(text)
            found = known.get(key)
            if found is None:
                continue
            name, read, repeated = found
            value = _read_one(name, read, text)
            if repeated:
                values.setdefault(name, []).append(value)
            elif name in values:
                raise Malformed(f"{name}: given twice")
            else:
                values[name] = value
    except UnicodeDecodeError:
        raise Malformed(f"Query string is not UTF-8: {echo(repr(query)[2:-1])}") from None


def _unescape(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode()


def request_target(request: Message, path: str, body: str | None) -> tuple[str, bytes]:
    """Write a request as a client does: the target (path and query string), and the body's bytes."""
    by_name = {field.name: field for field in fields(type(request))}
    target = _PATH_NAME.sub(lambda found: quote(str(getattr(request, found[1])), safe=""), path)
    pairs: list[tuple[str, str]] = []
    for field in query_fields(type(request), path, body):
        value = getattr(request, field.name)
        if field.repeated:
            pairs += [(field.name, _text(item)) for item in value]
        elif value is not None and (field.wrapper or field.oneof or value):
            pairs.append((field.name, _text(value)))
    if pairs:
        target += "?" + urlencode(pairs)
    if body is None:
        return target, b""
    if body != "*":
        value = getattr(request, by_name[body].name)
        return target, b"" if value is None else encode(value)
    return target, encode(request)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(int(value))
    return encode(value).decode().strip('"')
