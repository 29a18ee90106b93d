"""The OpenAPI document: whole, consistent, and open to a game's own operations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from supergame.protocol.catalogue import OPERATIONS
from supergame.protocol.leaderboards import LeaderboardRecord
from supergame.protocol.matchmaker import MatchmakerUser
from supergame.protocol.openapi import Extra, openapi, schema_of
from supergame.protocol.operation import Auth
from supergame.protocol.types import Int64


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Go through every object of a document."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner)


def operations_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def test_every_operation_is_there_under_every_address() -> None:
    document = openapi("1.2.3")
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", "1.2.3")
    for operation in OPERATIONS.values():
        for binding in operation.bindings:
            described = document["paths"][binding.path][binding.method.lower()]
            assert described["operationId"].startswith(operation.name)
            assert ("requestBody" in described) == (binding.body is not None)
            assert set(described["responses"]) == {"200", "default"}


def test_ids_are_unique_and_references_lead_somewhere() -> None:
    document = openapi("1")
    ids = [operation["operationId"] for operation in operations_of(document)]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in document["tags"]}
    assert all(set(operation["tags"]) <= tags for operation in operations_of(document))
    for found in walk(document):
        if "$ref" in found:
            assert found["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"]
    for operation in operations_of(document):
        for wanted in operation["security"]:
            assert wanted.keys() <= document["components"]["securitySchemes"].keys()


def test_every_path_parameter_is_described_and_required() -> None:
    document = openapi("1")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path" and one["required"]}
            assert in_path == {part.partition("}")[0] for part in path.split("{")[1:]}


def test_query_parameters_body_and_security_of_one_operation() -> None:
    device = openapi("1")["paths"]["/v2/account/authenticate/device"]["post"]
    assert [one["name"] for one in device["parameters"]] == ["create", "username"]
    assert device["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/AccountDevice"
    }
    assert device["security"] == [{"server_key": []}]


def test_schemas_say_how_values_travel() -> None:
    record = schema_of(LeaderboardRecord)["properties"]
    assert record["score"] == {"type": "string", "format": "int64"}
    assert record["num_score"] == {"type": "integer", "format": "int32"}
    assert record["update_time"] == {"type": "string", "format": "date-time"}
    user = schema_of(MatchmakerUser)["properties"]
    assert user["numeric_properties"]["additionalProperties"] == {"type": "number", "format": "double"}
    operator = openapi("1")["components"]["schemas"]["Operator"]
    assert operator["enum"] == [0, 1, 2, 3, 4]


@dataclass
class Hello:
    """Who is greeted."""

    name: str
    times: int = 1


class User(msgspec.Struct):
    """A game's own user, which is not the protocol's."""

    gold: Int64


def test_a_game_adds_operations_of_its_own() -> None:
    extra = Extra(
        name="hello",
        method="POST",
        path="/v2/rpc/hello",
        summary="Greet somebody.",
        request=Hello,
        response=User,
        flags=("unwrap",),
        auth=Auth.SESSION_OR_HTTP_KEY,
    )
    ping = Extra(name="hook", method="GET", path="/hook/{shop}", summary="Be told.", auth=Auth.NOBODY)
    document = openapi("1", [extra, ping])
    hello = document["paths"]["/v2/rpc/hello"]["post"]
    assert hello["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/game.Hello"}
    schemas = document["components"]["schemas"]
    assert schemas["game.User"]["properties"] == {"gold": {"type": "string", "format": "int64"}}
    assert "username" in schemas["User"]["properties"]
    assert document["paths"]["/hook/{shop}"]["get"]["parameters"][0]["name"] == "shop"
    assert json.loads(json.dumps(document)) == document


def test_a_type_without_a_schema_is_told() -> None:
    wrong = Extra(name="x", method="GET", path="/x", summary="Wrong.", response=complex)
    with pytest.raises(TypeError, match="complex"):
        openapi("1", [wrong])
