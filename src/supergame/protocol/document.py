"""What queries are asked about: a flat table of fields, made from a JSON object."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

Value = str | float | datetime
Document = Mapping[str, Value | list[Value]]
"""Field to value, or to all its values. Booleans are the strings "T" and "F": use `flatten`."""

NAMES_LENGTH_MAX = 32_768
"""Length of the names of one document's fields together: each repeats the names of the objects that it lies in."""


def flatten(value: object) -> Document:
    """The document of a decoded JSON object.

    Nested objects become fields with dots, an array's elements are values of one field, booleans become "T"
    and "F", nulls vanish, and a string that reads as an RFC 3339 date (time and zone may be missing) is a
    string and a datetime. Whatever is no object has no fields; what comes after NAMES_LENGTH_MAX is left out.
    """
    fields: dict[str, list[Value]] = {}
    room = NAMES_LENGTH_MAX
    waiting: list[tuple[str, object]] = [("", value)] if isinstance(value, dict) else []
    while waiting:  # a stack, so that depth costs no recursion; reversed, so that order stays
        path, item = waiting.pop()
        if isinstance(item, dict):
            waiting += [(f"{path}.{key}" if path else str(key), below) for key, below in reversed(item.items())]
        elif isinstance(item, list | tuple):
            waiting += [(path, below) for below in reversed(item)]
        elif found := _values(item):
            room -= 0 if path in fields else len(path)
            if room < 0:
                break
            fields.setdefault(path, []).extend(found)
    return {field: values[0] if len(values) == 1 else values for field, values in fields.items()}


def _values(item: object) -> list[Value]:
    if isinstance(item, bool):
        return ["T" if item else "F"]
    if isinstance(item, int | float):
        return [_float(item)]
    if isinstance(item, str):
        moment = read_date(item)
        return [item] if moment is None else [item, moment]
    return []


_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def read_date(text: str) -> datetime | None:
    """The moment an RFC 3339 date means, or None when the text is no such date."""
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:  # the 31st of February
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
