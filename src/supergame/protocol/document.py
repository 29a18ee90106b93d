"""What queries are asked about: a flat table of fields, made from a JSON object."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

Value = str | float | datetime
Document = Mapping[str, Value | list[Value]]
"""Field to value, or to all its values. Booleans are the strings "T" and "F": use `flatten`."""


def flatten(value: object) -> Document:
    """The document of a decoded JSON object.

    Nested objects become fields with dots, an array's elements are values of one field, booleans become "T"
    and "F", nulls vanish, and a string that reads as an RFC 3339 date (time and zone may be missing) is a
    string and a datetime. Whatever is no object has no fields.
    """
    fields: dict[str, list[Value]] = {}
    waiting: list[tuple[str, object]] = [("", value)] if isinstance(value, dict) else []
    while waiting:  # a stack, so that depth costs no recursion; reversed, so that order stays
        path, item = waiting.pop()
        if isinstance(item, dict):
            waiting += [(f"{path}.{key}" if path else str(key), below) for key, below in reversed(item.items())]
        elif isinstance(item, list | tuple):
            waiting += [(path, below) for below in reversed(item)]
        elif isinstance(item, bool):
            fields.setdefault(path, []).append("T" if item else "F")
        elif isinstance(item, int | float):
            fields.setdefault(path, []).append(_float(item))
        elif isinstance(item, str):
            moment = read_date(item)
            fields.setdefault(path, []).extend([item] if moment is None else [item, moment])
    return {field: values[0] if len(values) == 1 else values for field, values in fields.items()}


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
