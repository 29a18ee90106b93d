"""Hypothesis strategies that make any message the protocol declares, and JSON that nearly is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from supergame.protocol.catalogue import ENVELOPE, OPERATIONS
from supergame.protocol.system import Failure
from supergame.protocol.types import (
    INT32_MAX,
    INT32_MIN,
    INT64_MAX,
    INT64_MIN,
    UINT32_MAX,
    Field,
    Int64,
    Kind,
    Message,
    fields,
)


def declared_types() -> list[type[Message]]:
    """List every message that an operation or an envelope holds, and those inside them."""
    todo = [kind for operation in OPERATIONS.values() for kind in (operation.request, operation.response)]
    return types_within([Failure, *todo, *(kind for _, kind in ENVELOPE.values())])


def types_within(kinds: list[type[Message]]) -> list[type[Message]]:
    """List these messages and those inside them, each once."""
    found: dict[type[Message], None] = {}
    todo = list(kinds)
    while todo:
        kind = todo.pop()
        if kind not in found:
            found[kind] = None
            todo += [field.type for field in fields(kind) if field.kind == "message"]  # type: ignore[misc]
    return sorted(found, key=lambda kind: kind.__name__)


_SCALARS: dict[Kind, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=20),
    "bool": st.booleans(),
    "bytes": st.binary(max_size=20),
    "int32": st.integers(INT32_MIN, INT32_MAX),
    "uint32": st.integers(0, UINT32_MAX),
    "int64": st.integers(INT64_MIN, INT64_MAX).map(Int64),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "timestamp": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
}


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.kind == "message":
        one = messages(field.type)  # type: ignore[arg-type]
    elif field.kind == "enum":
        one = st.sampled_from(field.type)  # type: ignore[arg-type]
    else:
        one = _SCALARS[field.kind]
    if field.repeated:
        return st.lists(one, max_size=3)
    if field.map:
        return st.dictionaries(st.text(max_size=5), one, max_size=3)
    return one


def messages(kind: type[Message]) -> st.SearchStrategy[Message]:
    """Make messages of one type, with any of their fields left out, and of a oneof's fields at most one."""

    def one_of_each_group(values: dict[str, Any]) -> Message:
        for group in kind.ONEOF.values():
            for name in [name for name in group if name in values][1:]:
                del values[name]
        return kind(**values)

    optional = {field.name: _values(field) for field in fields(kind)}
    return st.fixed_dictionaries({}, optional=optional).map(one_of_each_group)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "-1", "99999999999999999999", "AA==", "BEST", "2024-01-02T03:04:05Z", "1e400"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def nearly(kind: type[Message]) -> st.SearchStrategy[dict[str, Any]]:
    """Make JSON objects with a message's own field names and whatever values."""
    names = [name for field in fields(kind) for name in (field.name, field.json_name)] or ["x"]
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=4), json_values, max_size=4)
