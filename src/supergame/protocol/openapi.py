"""The HTTP operations as an OpenAPI 3.1 document, for whoever generates clients or reads the reference."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeAlias

import msgspec

from supergame.protocol.catalogue import CAPABILITIES
from supergame.protocol.operation import Auth, Binding, Operation
from supergame.protocol.parameters import path_names, query_fields
from supergame.protocol.system import Failure
from supergame.protocol.types import UINT32_MAX, Field, Int64, Message, Scalar, fields

Json: TypeAlias = dict[str, Any]

_REF: Final = "#/components/schemas/"
_GAME: Final = "game."
"""What the names of a game's own types begin with, so that they never meet one of the protocol's."""

_SCALARS: Final[dict[Scalar, Json]] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "int32": {"type": "integer", "format": "int32"},
    "uint32": {"type": "integer", "minimum": 0, "maximum": UINT32_MAX},
    "int64": {"type": "string", "format": "int64"},
    "double": {"type": "number", "format": "double"},
    "timestamp": {"type": "string", "format": "date-time"},
}
_SECURITY: Final[dict[Auth, list[dict[str, list[str]]]]] = {
    Auth.NOBODY: [],
    Auth.SERVER_KEY: [{"server_key": []}],
    Auth.SESSION: [{"session": []}],
    Auth.SESSION_OR_HTTP_KEY: [{"session": []}, {"http_key": []}, {"http_key_basic": []}],
}
_SECURITY_SCHEMES: Final[Json] = {
    "server_key": {"type": "http", "scheme": "basic", "description": "The server key as user name, no password."},
    "session": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A session token."},
    "http_key": {"type": "apiKey", "in": "query", "name": "http_key", "description": "For other servers."},
    "http_key_basic": {"type": "http", "scheme": "basic", "description": "The http key as user name."},
}


@dataclass(frozen=True, kw_only=True)
class Extra:
    """An operation of the game's own. Its types may be any that msgspec can describe."""

    name: str
    method: str
    path: str
    summary: str
    request: Any = None
    response: Any = None
    flags: tuple[str, ...] = ()
    """Query parameters that must be there and need no value."""
    auth: Auth = Auth.SESSION
    tag: str = "game"


def openapi(version: str, extra_operations: Sequence[Extra] = ()) -> Json:
    """Describe every HTTP operation of the protocol, and those of the game."""
    schemas: Json = {}
    paths: dict[str, Json] = {}
    tags: list[Json] = []
    for capability in CAPABILITIES:
        if not capability.OPERATIONS:
            continue
        tag = capability.__name__.rpartition(".")[2]
        tags.append({"name": tag, "description": _doc(capability)})
        for operation in capability.OPERATIONS:
            _collect(schemas, (operation.request, operation.response))
            for index, binding in enumerate(operation.bindings):
                # An operation's id is unique in the document, though the operation has several addresses.
                name = operation.name if index == 0 else f"{operation.name}{index + 1}"
                described = _operation(name, operation, binding, tag)
                paths.setdefault(binding.path, {})[binding.method.lower()] = described
    _collect(schemas, (Failure,))
    for extra in extra_operations:
        paths.setdefault(extra.path, {})[extra.method.lower()] = _extra(extra, schemas)
    tags += [
        {"name": tag, "description": "What this game adds of its own."}
        for tag in dict.fromkeys(extra.tag for extra in extra_operations)
    ]
    return {
        "openapi": "3.1.0",
        "info": {"title": "supergame", "version": version},
        "tags": tags,
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SECURITY_SCHEMES},
    }


def schema_of(message: type[Message]) -> Json:
    """Describe a message as JSON Schema; others that it holds are references."""
    properties = {field.name: _field_schema(field) for field in fields(message)}
    return {"type": "object", "title": message.__name__, "description": _doc(message), "properties": properties}


def _doc(thing: object) -> str:
    return inspect.getdoc(thing) or ""


def _ref(message: type[Message] | type[IntEnum]) -> Json:
    return {"$ref": _REF + message.__name__}


def _value_schema(field: Field) -> Json:
    if field.kind == "message" or field.kind == "enum":
        assert field.type is not None
        return _ref(field.type)
    return dict(_SCALARS[field.kind])


def _field_schema(field: Field) -> Json:
    value = _value_schema(field)
    if field.repeated:
        return {"type": "array", "items": value}
    if field.map:
        return {"type": "object", "additionalProperties": value}
    return value


def _collect(schemas: Json, messages: Iterable[type[Message]]) -> None:
    """Add these messages to `schemas`, with all that they hold."""
    for message in messages:
        if message.__name__ in schemas:
            continue
        schemas[message.__name__] = schema_of(message)
        for field in fields(message):
            if field.type is None:
                continue
            if issubclass(field.type, Message):
                _collect(schemas, (field.type,))
            else:
                schemas[field.type.__name__] = _enum_schema(field.type)


def _enum_schema(of: type[IntEnum]) -> Json:
    meanings = ", ".join(f"{member.value} {member.name}" for member in of)
    return {
        "type": "integer",
        "title": of.__name__,
        "description": f"{_doc(of)} {meanings}.",
        "enum": [member.value for member in of],
    }


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _responses(schema: Json) -> Json:
    return {
        "200": {"description": "Done.", "content": _content(schema)},
        "default": {"description": "Refused or failed.", "content": _content(_ref(Failure))},
    }


def _operation(name: str, operation: Operation[Message, Message], binding: Binding, tag: str) -> Json:
    request = {field.name: field for field in fields(operation.request)}
    parameters = [
        {"name": field, "in": "path", "required": True, "schema": _field_schema(request[field])}
        for field in path_names(binding.path)
    ]
    parameters += [
        {"name": field.name, "in": "query", "schema": _field_schema(field)}
        for field in query_fields(operation.request, binding.path, binding.body, binding.query)
        if field.name != "http_key"  # described as a security scheme
    ]
    described: Json = {
        "operationId": name,
        "summary": operation.summary,
        "tags": [tag],
        "security": _SECURITY[operation.auth],
        "parameters": parameters,
        "responses": _responses(_ref(operation.response)),
    }
    if binding.body is not None:
        body = _ref(operation.request) if binding.body == "*" else _field_schema(request[binding.body])
        described["requestBody"] = {"content": _content(body)}
    return described


def _extra(extra: Extra, schemas: Json) -> Json:
    wanted = [kind for kind in (extra.request, extra.response) if kind is not None]
    described, components = msgspec.json.schema_components(
        wanted, schema_hook=_schema_hook, ref_template=f"{_REF}{_GAME}{{name}}"
    )
    schemas.update({_GAME + name: schema for name, schema in components.items()})
    by_type = dict(zip(map(id, wanted), described, strict=True))
    operation: Json = {
        "operationId": extra.name,
        "summary": extra.summary,
        "tags": [extra.tag],
        "security": _SECURITY[extra.auth],
        "parameters": [
            *(
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in path_names(extra.path)
            ),
            *(
                {
                    "name": name,
                    "in": "query",
                    "required": True,
                    "allowEmptyValue": True,
                    "schema": {"type": "string"},
                }
                for name in extra.flags
            ),
        ],
        "responses": _responses({} if extra.response is None else by_type[id(extra.response)]),
    }
    if extra.request is not None:
        operation["requestBody"] = {"required": True, "content": _content(by_type[id(extra.request)])}
    return operation


def _schema_hook(kind: type) -> Json:
    if kind is Int64:
        return dict(_SCALARS["int64"])
    raise NotImplementedError(f"{kind!r} has no schema")
