"""Storage: JSON objects that the game keeps under a collection, a key and an owner."""

from __future__ import annotations

from supergame.protocol.operation import Binding, Event, Operation, Realtime
from supergame.protocol.types import Empty, Int32, Message, Timestamp


class StorageObject(Message):
    """A stored object: `value` is JSON in text, `version` changes whenever the value does.

    Who may read: 0 nobody, 1 the owner, 2 everybody. Who may write: 0 nobody, 1 the owner.
    """

    collection: str = ""
    key: str = ""
    user_id: str = ""
    value: str = ""
    version: str = ""
    permission_read: Int32 = 0
    permission_write: Int32 = 0
    create_time: Timestamp | None = None
    update_time: Timestamp | None = None


class StorageObjects(Message):
    """The objects that were found and may be read."""

    objects: list[StorageObject] = []


class StorageObjectList(Message):
    """One page of a collection; `cursor` asks for the next, and is empty on the last."""

    objects: list[StorageObject] = []
    cursor: str = ""


class StorageObjectAck(Message):
    """The new version of an object that was written."""

    collection: str = ""
    key: str = ""
    version: str = ""
    user_id: str = ""
    create_time: Timestamp | None = None
    update_time: Timestamp | None = None


class StorageObjectAcks(Message):
    """The acknowledgements of a batch, in the order of the writes."""

    acks: list[StorageObjectAck] = []


class ReadStorageObjectId(Message):
    """Names an object to read; with no `user_id` it is one that belongs to the server."""

    collection: str = ""
    key: str = ""
    user_id: str = ""


class ReadStorageObjectsRequest(Message):
    """The objects to read, from any collections."""

    object_ids: list[ReadStorageObjectId] = []


class WriteStorageObject(Message):
    """An object to write.

    `version` empty: whatever is there is overwritten; "*": only if there is nothing yet; else only over that version.
    Permissions that are not set are 1 and 1: the owner may read and write.
    """

    collection: str = ""
    key: str = ""
    value: str = ""
    version: str = ""
    permission_read: Int32 | None = None
    permission_write: Int32 | None = None


class WriteStorageObjectsRequest(Message):
    """The objects to write: all of them, or none if one is refused."""

    objects: list[WriteStorageObject] = []


class DeleteStorageObjectId(Message):
    """Names an object of the player's own to delete; with a `version`, only if that is the present one."""

    collection: str = ""
    key: str = ""
    version: str = ""


class DeleteStorageObjectsRequest(Message):
    """The objects to delete: all of them, or none if one is refused."""

    object_ids: list[DeleteStorageObjectId] = []


class ListStorageObjectsRequest(Message):
    """A collection to list, of one owner or (with no `user_id`) what is public in it; `limit` 1 to 100."""

    user_id: str = ""
    collection: str = ""
    limit: Int32 | None = None
    cursor: str = ""


OPERATIONS: tuple[Operation[Message, Message], ...] = (
    Operation(
        name="ReadStorageObjects",
        bindings=(Binding("POST", "/v2/storage", "*"),),
        request=ReadStorageObjectsRequest,
        response=StorageObjects,
        summary="Read objects by collection, key and owner.",
    ),
    Operation(
        name="WriteStorageObjects",
        bindings=(Binding("PUT", "/v2/storage", "*"),),
        request=WriteStorageObjectsRequest,
        response=StorageObjectAcks,
        summary="Write objects in one transaction.",
    ),
    Operation(
        name="DeleteStorageObjects",
        bindings=(Binding("PUT", "/v2/storage/delete", "*"),),
        request=DeleteStorageObjectsRequest,
        response=Empty,
        summary="Delete objects in one transaction.",
    ),
    Operation(
        name="ListStorageObjects",
        bindings=(
            Binding("GET", "/v2/storage/{collection}"),
            Binding("GET", "/v2/storage/{collection}/{user_id}"),
        ),
        request=ListStorageObjectsRequest,
        response=StorageObjectList,
        summary="List a collection page by page.",
    ),
)
MESSAGES: tuple[Realtime[Message], ...] = ()
EVENTS: tuple[Event, ...] = ()
