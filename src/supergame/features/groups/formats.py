"""What a group's fields have to look like, and what a search for names means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from unicodedata import category, normalize

from supergame.core.errors import BadInput
from supergame.core.ids import is_uuid
from supergame.protocol.objects import write_object

NAME_BYTES_MAX: Final = 255
DESCRIPTION_BYTES_MAX: Final = 255
LANG_TAG_BYTES_MAX: Final = 18
AVATAR_URL_BYTES_MAX: Final = 512
METADATA_BYTES_MAX: Final = 16_384  # as JSON
USERS_PER_CALL_MAX: Final = 100  # that are added, kicked, banned, promoted or demoted at a time
WILDCARDS_MAX: Final = 4  # in the name that is searched for

_LAST = "\U0010ffff"
"""Sorts behind every other character, so that a prefix with it ends the range of texts that begin so."""

_control = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]").search
"""Control characters, and those that nobody sees but that make one name pass for another."""


def name(text: str) -> str:
    """Check a group's name, and give it as it is kept: composed, without blanks around it.

    Raises BadInput for one in which nothing is to be seen, that is too long, or has control characters.
    """
    text = normalize("NFC", text).strip()
    if all(category(character)[0] in "ZC" for character in text):
        raise BadInput("Group name must be set.")
    if len(text.encode()) > NAME_BYTES_MAX:
        raise BadInput(f"Group name invalid, must be 1-{NAME_BYTES_MAX} bytes.")
    if _control(text):
        raise BadInput("Group name invalid, no control characters allowed.")
    return text


def search_name(text: str) -> str:
    """A name as searches compare it: capitals or not is the same, and so are other forms of the same characters."""
    return normalize("NFKC", text).casefold()


def description(text: str) -> str:
    """Check a group's description; it may have several lines. Raises BadInput."""
    return _short("description", text, DESCRIPTION_BYTES_MAX)


def lang_tag(text: str) -> str:
    """Check a group's language, such as `en` or `pt-BR`. Raises BadInput."""
    if not text:
        raise BadInput("Group language must not be empty.")
    return _short("language", text, LANG_TAG_BYTES_MAX)


def avatar_url(text: str) -> str:
    """Check the address of a group's picture. Raises BadInput."""
    return _short("avatar URL", text, AVATAR_URL_BYTES_MAX)


def max_count(number: int, most: int) -> int:
    """Check how many members a group may have, `most` at most. Raises BadInput."""
    if not 1 <= number <= most:
        raise BadInput(f"Group max count must be between 1 and {most}.")
    return number


def metadata(value: Mapping[str, Any]) -> str:
    """Write a group's metadata as JSON. Raises BadInput for what JSON has no place for, and for too much."""
    too_long = f"Group metadata invalid, must be at most {METADATA_BYTES_MAX} bytes as JSON."
    return write_object(value, METADATA_BYTES_MAX, unfit="Group metadata invalid", too_long=too_long)


def group_id(text: str) -> str:
    """Check a group's id. Raises BadInput."""
    if not is_uuid(text):
        raise BadInput("Group ID must be a valid ID.")
    return text


def user_ids(ids: Iterable[str]) -> list[str]:
    """Check the ids of players, and give each once. Raises BadInput for what is no id, and for too many."""
    found = list(dict.fromkeys(ids))
    if len(found) > USERS_PER_CALL_MAX:
        raise BadInput(f"At most {USERS_PER_CALL_MAX} users at a time.")
    if not all(map(is_uuid, found)):
        raise BadInput("User ID must be a valid ID.")
    return found


class NamePattern(NamedTuple):
    """A search for names: a pattern for LIKE, and the range of names that may fit it."""

    like: str
    first: str
    last: str


def name_pattern(text: str) -> NamePattern:
    """Read a search in which `%` stands for any characters; without one it is for that very name. Raises BadInput."""
    if len(text.encode()) > NAME_BYTES_MAX or _control(text) or text.count("%") > WILDCARDS_MAX:
        raise BadInput(
            f"Group name to search for invalid, must be at most {NAME_BYTES_MAX} bytes with at most {WILDCARDS_MAX} "
            "wildcards and no control characters."
        )
    wanted = search_name(text or "%")
    like = wanted.replace("\\", "\\\\").replace("_", "\\_")
    first, wildcard, _ = wanted.partition("%")
    return NamePattern(like, first, first + _LAST if wildcard else first)


def _short(what: str, text: str, bytes_max: int) -> str:
    if "\x00" in text or len(text.encode()) > bytes_max:
        raise BadInput(f"Group {what} invalid, must be at most {bytes_max} bytes without NUL.")
    return text
