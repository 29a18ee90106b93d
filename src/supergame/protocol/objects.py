"""JSON objects that are kept and sent as text, such as metadata: how game code's are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from supergame.core.errors import BadInput


def write_object(value: Mapping[str, Any], bytes_max: int, *, unfit: str, too_long: str) -> str:
    """Write an object as JSON text.

    Raises BadInput: with `unfit` and the reason for what JSON has no place for, with `too_long` for more than
    `bytes_max` bytes.
    """
    try:
        text = msgspec.json.encode(dict(value))
    except (TypeError, ValueError) as error:
        raise BadInput(f"{unfit}: {error}.") from None
    if len(text) > bytes_max:
        raise BadInput(too_long)
    return text.decode()
