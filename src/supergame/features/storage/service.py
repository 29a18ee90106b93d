"""The rules of storage: who may read and write what, versions, and batches that are kept whole or not at all.

Every call is made by the system (game code: no permissions are asked), or on behalf of a player, `caller`.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from hashlib import md5
from typing import Any, Final

import msgspec

from supergame.core.errors import Aborted, BadInput
from supergame.core.feature import Ground
from supergame.core.ids import NIL, is_uuid
from supergame.features.accounts import AccountDeleted, AccountMerged, archived, check_alive
from supergame.features.storage.indexes import Indexes
from supergame.features.storage.model import (
    ANY_VERSION,
    LIST_MAX,
    NAME_BYTES_MAX,
    NO_VERSION,
    Ack,
    DeleteRejected,
    Deletion,
    ObjectId,
    Page,
    Place,
    ReadBy,
    StorageSettings,
    StoredObject,
    Write,
    WriteForbidden,
    WriteRejected,
    WrittenBy,
)
from supergame.store import Database, Tx, load_queries

QUERIES = load_queries("supergame.features.storage")
WRITE_ATTEMPTS_MAX: Final = 20
"""How often `write_retry` begins anew because somebody else was faster."""
INDEX_LIST_DEFAULT: Final = 10
"""Objects on a page of what an index finds, unless it is said."""

Change = Callable[[StoredObject | None], Mapping[str, Any] | str | Awaitable[Mapping[str, Any] | str]]
"""Makes the new value of an object out of what is there (None: nothing); may be called several times."""

_READ_BY = frozenset(ReadBy)
_WRITTEN_BY = frozenset(WrittenBy)
_check_json_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Storage:
    """Objects by collection, key and owner."""

    def __init__(self, ground: Ground) -> None:
        self._database: Database = ground.database
        self._clock = ground.clock
        self._settings = ground.config.section(StorageSettings)
        self.indexes = Indexes(ground)

    async def stop(self) -> None:
        """Follow no more changes for the indexes."""
        self.indexes.stop()

    async def read(self, ids: Sequence[ObjectId], *, caller: str | None = None) -> list[StoredObject]:
        """Read objects, in the order asked for. What is not there, or not for the caller's eyes, is left out."""
        if len(ids) == 1:
            found = await self._find(ids[0])
            return [found] if found is not None and _may_read(found, caller) else []
        self._check_batch(ids)
        for id_ in ids:
            _check_name(id_.collection)
            _check_name(id_.key)
        wanted = dict.fromkeys(ObjectId(id_.collection, id_.key, _owner(id_.user_id)) for id_ in ids)
        return await self._read_all(wanted, caller)

    async def _read_all(self, ids: Collection[ObjectId], caller: str | None) -> builtins.list[StoredObject]:
        """Owner by owner, or name by name where there are fewer names than owners."""
        keys: dict[tuple[str, str], list[str]] = {}
        owners: dict[tuple[str, str], list[str]] = {}
        for id_ in ids:
            keys.setdefault((id_.user_id, id_.collection), []).append(id_.key)
            owners.setdefault((id_.collection, id_.key), []).append(id_.user_id)
        found: list[StoredObject] = []
        if len(owners) < len(keys):
            for (collection, key), user_ids in owners.items():
                found += await self._database.all(
                    QUERIES.find_owners, StoredObject, collection=collection, key=key, user_ids=user_ids
                )
        else:
            for (user_id, collection), wanted in keys.items():
                found += await self._database.all(
                    QUERIES.find_keys, StoredObject, user_id=user_id, collection=collection, keys=wanted
                )
        stored = {ObjectId(row.collection, row.key, row.user_id): row for row in found}
        return [stored[id_] for id_ in ids if id_ in stored and _may_read(stored[id_], caller)]

    async def _find(self, id_: ObjectId) -> StoredObject | None:
        _check_name(id_.collection)
        _check_name(id_.key)
        return await self._database.one(
            QUERIES.find, StoredObject, user_id=_owner(id_.user_id), collection=id_.collection, key=id_.key
        )

    async def write(self, writes: Sequence[Write], *, caller: str | None = None, tx: Tx | None = None) -> list[Ack]:
        """Write objects in order, all or none; in the transaction `tx` when that is given.

        Raises BadInput for what cannot be stored, WriteRejected where a version does not match, WriteForbidden
        where the caller may not write, NotFound where the owner was deleted.
        """
        if not writes:
            return []
        self._check_batch(writes)
        now_us = self._clock.now_us()
        rows = [self._row(write, caller, now_us) for write in writes]

        async def body(tx: Tx) -> list[Ack]:
            acks = [await _put(tx, write, row, caller) for write, row in zip(writes, rows, strict=True)]
            self._changes(tx, acks)
            return acks

        async def body_of_one(tx: Tx) -> list[Ack]:  # another kind of work, that stays quick when batches are slow
            acks = [await _put(tx, writes[0], rows[0], caller)]
            self._changes(tx, acks)
            return acks

        if tx is not None:
            return await body(tx)
        return await self._database.transact(body_of_one if len(writes) == 1 else body)

    async def write_retry(self, id_: ObjectId, change: Change, *, caller: str | None = None) -> Ack:
        """Read an object, let `change` make its new value, write it unless it was changed meanwhile, else again.

        Permissions stay as they are. Raises Aborted after WRITE_ATTEMPTS_MAX attempts.
        """
        id_ = ObjectId(id_.collection, id_.key, _own(id_.user_id, caller, WriteForbidden))
        for _ in range(WRITE_ATTEMPTS_MAX):
            old = await self._find(id_)
            made = change(old if old is not None and _may_read(old, caller) else None)
            value = await made if inspect.isawaitable(made) else made
            write = Write(id_.collection, id_.key, value, id_.user_id, NO_VERSION)
            if old is not None:
                write = msgspec.structs.replace(
                    write,
                    version=old.version,
                    permission_read=old.permission_read,
                    permission_write=old.permission_write,
                )
            try:
                return (await self.write([write], caller=caller))[0]
            except WriteForbidden:
                raise
            except WriteRejected:
                continue
        raise Aborted

    async def delete(self, deletions: Sequence[Deletion], *, caller: str | None = None, tx: Tx | None = None) -> None:
        """Delete objects, all or none; in the transaction `tx` when that is given. Raises DeleteRejected."""
        if not deletions:
            return
        self._check_batch(deletions)
        rows = [_deletion_row(deletion, caller) for deletion in deletions]
        ids = [ObjectId(str(row["collection"]), str(row["key"]), str(row["user_id"])) for row in rows]

        async def body(tx: Tx) -> None:
            for row in rows:
                if not await tx.run(QUERIES.remove_version if "expected" in row else QUERIES.remove, **row):
                    raise DeleteRejected
            self._changes(tx, ids)

        await (self._database.transact(body) if tx is None else body(tx))

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """Delete all that a deleted player owned."""
        await self._all_change(tx, event.user_id)
        await tx.run(QUERIES.forget_user, user_id=event.user_id)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """Two accounts become one: of two objects with one name, that of the account that stays is kept."""
        await self._all_change(tx, event.from_id)
        await tx.run(QUERIES.move_user, from_id=event.from_id, into_id=event.into_id)
        await self._all_change(tx, event.into_id)

    def _changes(self, tx: Tx, changed: Sequence[Ack | ObjectId]) -> None:
        if self.indexes.collections:
            self.indexes.changes(tx, [ObjectId(one.collection, one.key, one.user_id) for one in changed])

    async def _all_change(self, tx: Tx, user_id: str) -> None:
        """All that a player owns changes, where anybody wants to know."""
        if self.indexes.collections:
            collections = sorted(self.indexes.collections)
            objects = await tx.all(QUERIES.name_user, ObjectId, user_id=user_id, collections=collections)
            self.indexes.changes(tx, objects)

    async def export(self, tx: Tx, user_id: str) -> dict[str, Any]:
        """All that a player owns, for their archive."""
        objects = await tx.all(QUERIES.read_user, StoredObject, user_id=user_id)
        return {"objects": [archived(stored, json=("value",)) for stored in objects]}

    def _check_batch(self, batch: Sequence[object]) -> None:
        if len(batch) > self._settings.batch_objects_max:
            raise BadInput(f"At most {self._settings.batch_objects_max} objects at a time.")

    def _row(self, write: Write, caller: str | None, now_us: int) -> dict[str, str | int]:
        """Check a write, and lay out what all three ways to put it share."""
        _check_name(write.collection)
        _check_name(write.key)
        if write.permission_read not in _READ_BY:
            raise BadInput("Invalid Read permission supplied. It must be either 0, 1 or 2.")
        if write.permission_write not in _WRITTEN_BY:
            raise BadInput("Invalid Write permission supplied. It must be either 0 or 1.")
        value = write.value if isinstance(write.value, str) else msgspec.json.encode(write.value).decode()
        try:
            encoded = value.encode()
            if len(encoded) > self._settings.value_bytes_max:
                raise BadInput(f"Value must be at most {self._settings.value_bytes_max} bytes long.")
            _check_json_object(encoded)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise BadInput("Value must be a JSON object.") from None
        return {
            "user_id": _own(write.user_id, caller, WriteForbidden),
            "collection": write.collection,
            "key": write.key,
            "value": value,
            "version": md5(encoded, usedforsecurity=False).hexdigest(),
            "permission_read": write.permission_read,
            "permission_write": write.permission_write,
            "now_us": now_us,
        }

    async def list(
        self,
        collection: str,
        *,
        user_id: str | None = None,
        caller: str | None = None,
        limit: int = LIST_MAX,
        cursor: str = "",
    ) -> Page:
        """List a collection by key, up to LIST_MAX objects a page: of one owner, or with no `user_id` of all.

        The system sees everything; a caller sees of their own what its owner may read, of others what is public,
        and without a `user_id` all that is public. What is written between two pages moves nothing else.
        """
        if not 1 <= limit <= LIST_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_MAX}.")
        _check_name(collection)
        after = Place.of_cursor(cursor)
        if user_id is not None:
            owner = _owner(user_id)
            rows = await self._database.all(
                QUERIES.list_of_user,
                StoredObject,
                user_id=owner,
                collection=collection,
                after_key=after.key,
                permission_needed=_permission_to_list(owner, caller),
                limit=limit + 1,
            )
        else:
            rows = await self._database.all(
                QUERIES.list_all if caller is None else QUERIES.list_public,
                StoredObject,
                collection=collection,
                after_key=after.key,
                after_user_id=after.user_id,
                limit=limit + 1,
            )
        if len(rows) <= limit:
            return Page(rows)
        last = rows[limit - 1]
        return Page(rows[:limit], Place(last.key, last.user_id).cursor())

    async def index_list(
        self,
        name: str,
        query: str = "",
        *,
        order: Sequence[str] = (),
        caller: str | None = None,
        limit: int = INDEX_LIST_DEFAULT,
        cursor: str = "",
    ) -> Page:
        """Find objects by one of the game's indexes: those a query fits, up to LIST_MAX a page.

        `query` asks about the fields that StorageIndex names; an empty one fits all. They come in the `order` of
        fields (`value.level`, `-update_time`: a minus is descending), else those that fit best first. The system
        sees everything, a caller what they may read. What was written before is found. Raises NotFound for an
        unknown index, BadInput.
        """
        if not 1 <= limit <= LIST_MAX:
            raise BadInput(f"Invalid limit - limit must be between 1 and {LIST_MAX}.")
        index = self.indexes.get(name)
        wanted = index.wanted(query, order, cursor, limit, lambda stored: _may_read(stored, caller))
        entries, cursor = await self.indexes.search(index, wanted)
        found = [entry.stored for entry in entries]
        if found and not index.definition.index_only:
            ids = [ObjectId(stored.collection, stored.key, stored.user_id) for stored in found]
            found = await self._read_all(ids, caller)
        return Page(found, cursor)


async def _put(tx: Tx, write: Write, row: dict[str, str | int], caller: str | None) -> Ack:
    """Write one object under its condition, or say why not."""
    needed = _permission_to_write(caller)
    if write.version == ANY_VERSION:
        create_us = await tx.one(QUERIES.put, int, permission_needed=needed, **row)
    elif write.version == NO_VERSION:
        create_us = await tx.one(QUERIES.put_new, int, **row)
    else:
        create_us = await tx.one(QUERIES.put_over, int, expected=write.version, permission_needed=needed, **row)
    user_id, version, now_us = str(row["user_id"]), str(row["version"]), int(row["now_us"])
    if create_us is None:
        raise await _why_not(tx, write, user_id, needed)
    return Ack(write.collection, write.key, user_id, version, create_us, now_us)


async def _why_not(tx: Tx, write: Write, user_id: str, needed: int) -> WriteRejected:
    """The reason why a write found no row to change. Raises NotFound where its owner was deleted."""
    await check_alive(tx, [user_id])
    old = await tx.one(QUERIES.find, StoredObject, user_id=user_id, collection=write.collection, key=write.key)
    if old is not None and old.permission_write < needed:
        return WriteForbidden()
    return WriteRejected()


def _deletion_row(deletion: Deletion, caller: str | None) -> dict[str, str | int]:
    _check_name(deletion.collection)
    _check_name(deletion.key)
    row: dict[str, str | int] = {
        "user_id": _own(deletion.user_id, caller, DeleteRejected),
        "collection": deletion.collection,
        "key": deletion.key,
        "permission_needed": _permission_to_write(caller),
    }
    if deletion.version != ANY_VERSION:
        row["expected"] = deletion.version
    return row


def _check_name(name: str) -> None:
    """Check a collection or a key. Raises BadInput."""
    if 0 < len(name) <= NAME_BYTES_MAX and name.isascii() and name.isprintable():
        return
    if not name:
        raise BadInput("Invalid collection or key value supplied. They must be set.")
    if not name.isprintable() or len(name.encode()) > NAME_BYTES_MAX:
        raise BadInput(
            f"Invalid collection or key value supplied. They must be at most {NAME_BYTES_MAX} bytes of printable text."
        )


def _owner(user_id: str) -> str:
    """Check an owner's id; none is the system's. Raises BadInput."""
    if not user_id:
        return NIL
    if not is_uuid(user_id):
        raise BadInput("Invalid user ID - make sure user ID is a valid UUID.")
    return user_id


def _own(user_id: str, caller: str | None, rejection: type[BadInput]) -> str:
    """Whose object is changed: the system may name anybody, a caller only themselves."""
    if caller is None:
        return _owner(user_id)
    if not caller or user_id not in ("", NIL, caller):
        raise rejection
    return caller


def _may_read(stored: StoredObject, caller: str | None) -> bool:
    return (
        caller is None
        or stored.permission_read == ReadBy.EVERYBODY
        or (stored.permission_read == ReadBy.OWNER and stored.user_id == caller)
    )


def _permission_to_list(owner: str, caller: str | None) -> int:
    """The least read permission of what the caller sees of an owner's objects."""
    if caller is None:
        return ReadBy.NOBODY
    return ReadBy.OWNER if owner == caller else ReadBy.EVERYBODY


def _permission_to_write(caller: str | None) -> int:
    """The least write permission of what the caller may change."""
    return WrittenBy.NOBODY if caller is None else WrittenBy.OWNER
