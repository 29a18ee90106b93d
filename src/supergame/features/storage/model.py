"""What is stored, how it is asked for, and why a change may be turned down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Final

import msgspec

from supergame.core.config import Section, setting
from supergame.core.errors import BadInput
from supergame.core.ids import NIL
from supergame.protocol import cursor as cursors

NAME_BYTES_MAX: Final = 128
"""Length of a collection or a key."""
LIST_MAX: Final = 100
"""Objects on one page of a listing."""
ANY_VERSION: Final = ""
NO_VERSION: Final = "*"
"""As the version of a write: only if there is nothing yet."""


@dataclass(frozen=True)
class StorageSettings(Section):
    """The limits of storage."""

    section: ClassVar[str] = "storage"

    value_bytes_max: int = setting(262_144, "Length of the value of one stored object.", minimum=1)
    batch_objects_max: int = setting(500, "Objects that may be read, written or deleted at once.", minimum=1)


class ReadBy(IntEnum):
    """Who may read an object; the system always may."""

    NOBODY = 0
    OWNER = 1
    EVERYBODY = 2


class WrittenBy(IntEnum):
    """Who may change or delete an object; the system always may."""

    NOBODY = 0
    OWNER = 1


class ObjectId(msgspec.Struct, frozen=True):
    """The name of an object. Without an owner it is the system's."""

    collection: str
    key: str
    user_id: str = NIL


class Write(msgspec.Struct, frozen=True):
    """An object to write. `value` is a mapping, or the text of a JSON object.

    `version` "" writes over whatever is there, "*" only where nothing is, anything else only over that version.
    """

    collection: str
    key: str
    value: str | Mapping[str, Any]
    user_id: str = NIL
    version: str = ANY_VERSION
    permission_read: int = ReadBy.OWNER
    permission_write: int = WrittenBy.OWNER


class Deletion(msgspec.Struct, frozen=True):
    """An object to delete; with a `version`, only if that is still what is there."""

    collection: str
    key: str
    user_id: str = NIL
    version: str = ANY_VERSION


class StoredObject(msgspec.Struct, frozen=True):
    """An object as it is stored. `value` is JSON text, `version` the MD5 of it in hex, times are in microseconds."""

    collection: str
    key: str
    user_id: str
    value: str
    version: str
    permission_read: int
    permission_write: int
    create_us: int
    update_us: int

    def data(self) -> dict[str, Any]:
        """The value, decoded."""
        decoded: dict[str, Any] = msgspec.json.decode(self.value)
        return decoded


class Ack(msgspec.Struct, frozen=True):
    """What became of a write."""

    collection: str
    key: str
    user_id: str
    version: str
    create_us: int
    update_us: int


class Page(msgspec.Struct, frozen=True):
    """Part of a listing; `cursor` asks for the rest, and is empty when there is none."""

    objects: list[StoredObject]
    cursor: str = ""


class WriteRejected(BadInput):
    """Storage write rejected - version check failed."""


class WriteForbidden(WriteRejected):
    """Storage write rejected - permission denied."""


class DeleteRejected(BadInput):
    """Storage delete rejected - not found, version check failed, or permission denied."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the key and the owner of its last object. As a cursor it is opaque to clients."""

    key: str = ""
    user_id: str = ""

    def cursor(self) -> str:
        """The place as text."""
        return cursors.encode(self)

    @classmethod
    def of_cursor(cls, cursor: str) -> Place:
        """Read a cursor; none means the beginning. Raises BadInput."""
        return cursors.decode(cursor, cls) if cursor else cls()
