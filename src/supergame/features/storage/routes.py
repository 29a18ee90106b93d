"""Storage over HTTP: players read, write, list and delete as themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from supergame.edge import Caller
from supergame.features.storage.model import Ack, Deletion, ObjectId, ReadBy, StoredObject, Write, WrittenBy
from supergame.features.storage.service import Storage
from supergame.protocol import storage as wire
from supergame.protocol.types import timestamp

LIST_DEFAULT: Final = 1
"""The protocol's default page."""


async def read_objects(
    storage: Storage, caller: Caller, request: wire.ReadStorageObjectsRequest
) -> wire.StorageObjects:
    """Read a batch: what the caller may see of it."""
    ids = [ObjectId(id_.collection, id_.key, id_.user_id.lower()) for id_ in request.object_ids]
    return wire.StorageObjects([_object(found) for found in await storage.read(ids, caller=caller.user_id)])


async def write_objects(
    storage: Storage, caller: Caller, request: wire.WriteStorageObjectsRequest
) -> wire.StorageObjectAcks:
    """Write a batch of the caller's own objects, all or none."""
    acks = await storage.write([_write(write) for write in request.objects], caller=caller.user_id)
    return wire.StorageObjectAcks([_ack(ack) for ack in acks])


async def delete_objects(storage: Storage, caller: Caller, request: wire.DeleteStorageObjectsRequest) -> None:
    """Delete a batch of the caller's own objects, all or none."""
    deletions = [Deletion(id_.collection, id_.key, version=id_.version) for id_ in request.object_ids]
    await storage.delete(deletions, caller=caller.user_id)


async def list_objects(
    storage: Storage, caller: Caller, request: wire.ListStorageObjectsRequest
) -> wire.StorageObjectList:
    """List a page of a collection: an owner's, or what is public in it."""
    page = await storage.list(
        request.collection,
        user_id=request.user_id.lower() or None,
        caller=caller.user_id,
        limit=LIST_DEFAULT if request.limit is None else request.limit,
        cursor=request.cursor,
    )
    return wire.StorageObjectList([_object(stored) for stored in page.objects], page.cursor)


def _write(write: wire.WriteStorageObject) -> Write:
    read_by, written_by = write.permission_read, write.permission_write
    return Write(
        write.collection,
        write.key,
        write.value,
        "",
        write.version,
        ReadBy.OWNER if read_by is None else read_by,
        WrittenBy.OWNER if written_by is None else written_by,
    )


def _object(stored: StoredObject) -> wire.StorageObject:
    return wire.StorageObject(
        stored.collection,
        stored.key,
        stored.user_id,
        stored.value,
        stored.version,
        stored.permission_read,
        stored.permission_write,
        timestamp(stored.create_us),
        timestamp(stored.update_us),
    )


def _ack(ack: Ack) -> wire.StorageObjectAck:
    return wire.StorageObjectAck(
        ack.collection,
        ack.key,
        ack.version,
        ack.user_id,
        timestamp(ack.create_us),
        timestamp(ack.update_us),
    )


ROUTES: Mapping[str, Callable[..., Any]] = {
    "ReadStorageObjects": read_objects,
    "WriteStorageObjects": write_objects,
    "DeleteStorageObjects": delete_objects,
    "ListStorageObjects": list_objects,
}
