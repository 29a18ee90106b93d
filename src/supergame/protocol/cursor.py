"""Cursors: the place where a page of a list ended, as text that clients keep and send back.

Clients need not know what is in it, and anybody can write one: whoever reads a place checks that it fits the list.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec

from supergame.core.errors import BadInput
from supergame.protocol.json import REFUSED
from supergame.protocol.types import INT64_MAX, INT64_MIN

T = TypeVar("T")


def encode(place: object) -> str:
    """Write a place: a list of scalars, or a struct that is written as one."""
    return urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def decode(text: str, kind: type[T]) -> T:
    """Read a place of that kind, padded or not. Raises BadInput for anything else, and for what no database holds."""
    unpadded = text.rstrip("=")
    try:
        data = b64decode(unpadded + "=" * (-len(unpadded) % 4), altchars=b"-_", validate=True)
        place = msgspec.json.decode(data, type=kind)
    except REFUSED:  # base64 raises ValueErrors
        raise BadInput("Invalid cursor.") from None
    if not all(map(_fits, msgspec.to_builtins(place))):
        raise BadInput("Invalid cursor.")
    return place


def _fits(part: object) -> bool:
    """Whether a database holds this: texts without NUL, integers of 64 bits."""
    if isinstance(part, str):
        return "\0" not in part
    return not isinstance(part, int) or INT64_MIN <= part <= INT64_MAX
