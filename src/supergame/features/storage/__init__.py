"""Storage: JSON objects under a collection, a key and an owner, with permissions and versions.

Players read what they own and what is public, and write what they own. Game code does so for anybody, and keeps
objects that are the system's own.
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.storage.index import StorageIndex
from supergame.features.storage.model import (
    LIST_MAX,
    Ack,
    DeleteRejected,
    Deletion,
    ObjectId,
    Page,
    ReadBy,
    StorageSettings,
    StoredObject,
    Write,
    WriteForbidden,
    WriteRejected,
    WrittenBy,
)
from supergame.features.storage.routes import ROUTES
from supergame.features.storage.service import WRITE_ATTEMPTS_MAX, Storage

__all__ = [
    "LIST_MAX",
    "WRITE_ATTEMPTS_MAX",
    "Ack",
    "DeleteRejected",
    "Deletion",
    "ObjectId",
    "Page",
    "ReadBy",
    "Storage",
    "StorageIndex",
    "StorageSettings",
    "StoredObject",
    "Write",
    "WriteForbidden",
    "WriteRejected",
    "WrittenBy",
    "feature",
]

feature = Feature(
    name="storage",
    service=Storage,
    routes=ROUTES,
    within={AccountDeleted: "forget", AccountMerged: "absorb"},
    exports="export",
    settings=(StorageSettings,),
    migrations="supergame.features.storage.migrations",
)
