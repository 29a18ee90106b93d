"""The label of an authoritative match, or of a party: the text that lists show, and what queries find it by."""

from __future__ import annotations

import msgspec

from supergame.features.matches.model import LABEL_BYTES_MAX, BadLabel
from supergame.protocol.document import Document, flatten


class Label:
    """A text, and its JSON's fields as `label.<field>`; none where it is not a JSON object."""

    __slots__ = ("document", "text")

    def __init__(self, text: str = "") -> None:
        """Raises BadLabel for what is no text, too long, or could not be stored."""
        if not _is_label(text):
            raise BadLabel
        self.text = text
        self.document = _document(text)


def _is_label(text: object) -> bool:
    if not isinstance(text, str) or "\0" in text:
        return False
    try:
        return len(text.encode()) <= LABEL_BYTES_MAX
    except UnicodeEncodeError:
        return False


def _document(text: str) -> Document:
    try:
        decoded = msgspec.json.decode(text)
        return flatten({"label": decoded}) if isinstance(decoded, dict) else {}
    except (msgspec.DecodeError, RecursionError):
        return {}
