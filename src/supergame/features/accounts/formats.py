"""What names, ids and addresses have to look like, and the protocol's words for those that do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from supergame.core.errors import BadInput
from supergame.features.accounts.model import METADATA_BYTES_MAX, VARS_BYTES_MAX
from supergame.protocol.objects import write_object

USERNAME_BYTES_MAX: Final = 128
EMAIL_BYTES_MIN: Final = 10
EMAIL_BYTES_MAX: Final = 255
PASSWORD_BYTES_MIN: Final = 8
PASSWORD_BYTES_MAX: Final = 1_024
PROFILE_BYTES_MAX: Final = {
    "display_name": 255,
    "avatar_url": 512,
    "lang_tag": 18,
    "location": 255,
    "timezone": 255,
}

_control = re.compile(r"[\x00-\x1f\x7f]").search
_blank_or_control = re.compile(r"[\x00-\x20\x7f]").search
_email = re.compile(r".+@.+\..+").fullmatch


def device_id(text: str) -> str:
    """Check a device's id. Raises BadInput."""
    if not text:
        raise BadInput("Device ID is required.")
    if _blank_or_control(text):
        raise BadInput("Device ID invalid, no spaces or control characters allowed.")
    if not 10 <= len(text.encode()) <= 128:
        raise BadInput("Device ID invalid, must be 10-128 bytes.")
    return text


def custom_id(text: str) -> str:
    """Check a custom id. Raises BadInput."""
    if not text:
        raise BadInput("Custom ID is required.")
    if _blank_or_control(text):
        raise BadInput("Custom ID invalid, no spaces or control characters allowed.")
    if not 6 <= len(text.encode()) <= 128:
        raise BadInput("Custom ID invalid, must be 6-128 bytes.")
    return text


def email(text: str) -> str:
    """Check an email address and give it in lower case, as it is stored. Raises BadInput."""
    if _blank_or_control(text):
        raise BadInput("Invalid email address, no spaces or control characters allowed.")
    # The length comes first where there is too much: the expression takes time by its square.
    if len(text) <= EMAIL_BYTES_MAX and not _email(text):
        raise BadInput("Invalid email address format.")
    lower = text.lower()
    if not EMAIL_BYTES_MIN <= len(lower.encode()) <= EMAIL_BYTES_MAX:
        raise BadInput(f"Invalid email address, must be {EMAIL_BYTES_MIN}-{EMAIL_BYTES_MAX} bytes.")
    return lower


def password(text: str) -> str:
    """Check a password. Raises BadInput."""
    if len(text.encode()) < PASSWORD_BYTES_MIN:
        raise BadInput("Password must be at least 8 characters long.")
    if len(text.encode()) > PASSWORD_BYTES_MAX:
        raise BadInput(f"Password must be at most {PASSWORD_BYTES_MAX} bytes long.")
    return text


def username(text: str) -> str:
    """Check a username; spaces are allowed in it. Raises BadInput."""
    if _control(text):
        raise BadInput("Username invalid, no spaces or control characters allowed.")
    if not 1 <= len(text.encode()) <= USERNAME_BYTES_MAX:
        raise BadInput("Username invalid, must be 1-128 bytes.")
    return text


def profile(field: str, text: str | None) -> str | None:
    """Check one field of what players say of themselves; None and empty texts are fine. Raises BadInput."""
    if text:
        label = field.replace("_", " ").capitalize()
        if "\x00" in text:
            raise BadInput(f"{label} invalid, no control characters allowed.")
        if len(text.encode()) > PROFILE_BYTES_MAX[field]:
            raise BadInput(f"{label} invalid, must be at most {PROFILE_BYTES_MAX[field]} bytes.")
    return text


def metadata(value: Mapping[str, Any]) -> str:
    """Write an account's metadata as JSON. Raises BadInput for what JSON has no place for, and for too much."""
    too_long = f"Metadata invalid, must be at most {METADATA_BYTES_MAX} bytes as JSON."
    return write_object(value, METADATA_BYTES_MAX, unfit="Metadata invalid", too_long=too_long)


def session_vars(value: Mapping[str, str] | None) -> dict[str, str]:
    """Check the variables of a session. Raises BadInput for too much."""
    if not value:
        return {}
    if len(msgspec.json.encode(value)) > VARS_BYTES_MAX:
        raise BadInput(f"Session vars invalid, must be at most {VARS_BYTES_MAX} bytes as JSON.")
    return dict(value)
