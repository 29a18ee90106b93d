"""Archives: everything that is kept on a player, gathered from all features as it was at one moment.

Each feature gives what it keeps, in the transaction that all share. The archive is JSON by feature:
`{"accounts": {...}, "storage": {...}, ...}`. Secrets are not in it: hashes of passwords, tokens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from supergame.core.errors import NotFound, TooMany
from supergame.core.feature import Ground
from supergame.edge import Quota
from supergame.features.accounts.model import AccountsSettings, Identity
from supergame.protocol.types import timestamp
from supergame.store import Database, Tx, load_queries

ARCHIVES_AT_A_TIME: Final = 2
"""Archives that are made at a time; each is in memory as a whole."""

ARCHIVES_WAITING_MAX: Final = 100
"""Archives that are made or waited for; whoever wants one more is asked to try again."""

BUSY_RETRY_SECONDS: Final = 10.0

Export = Callable[[Tx, str], Awaitable[Mapping[str, Any]]]
"""Gives what one feature keeps on a player: plain values, times, and JSON as it is."""

_QUERIES = load_queries("supergame.features.accounts")
_encode = msgspec.json.Encoder().encode


class Archives:
    """Makes archives of what the features keep."""

    def __init__(self, ground: Ground) -> None:
        self._database: Database = ground.database
        settings = ground.config.section(AccountsSettings)
        self._bytes_max = settings.archive_bytes_max
        self._quota = Quota(
            ground.clock, settings.archives_per_hour / 3600, settings.archives_burst, "archives of your account"
        )
        self._exports: dict[str, Export] = {}
        self._turns = asyncio.Semaphore(ARCHIVES_AT_A_TIME)
        self._waiting = 0

    def add(self, feature: str, export: Export) -> None:
        """Put what a feature keeps into every archive."""
        self._exports[feature] = export

    async def asked_for(self, user_id: str) -> bytes:
        """An archive for the player themselves, who may not ask for it all the time. Raises as `make` does."""
        self._quota.take(user_id)
        return await self.make(user_id)

    async def make(self, user_id: str) -> bytes:
        """The archive of a player, as JSON.

        Raises NotFound, and TooMany where it would be larger than `accounts.archive_bytes_max` or too many are wanted.
        """
        if self._waiting >= ARCHIVES_WAITING_MAX:
            raise TooMany("Too many archives are being made; try again later.", retry_seconds=BUSY_RETRY_SECONDS)
        self._waiting += 1
        try:
            async with self._turns:
                return await self._database.transact(lambda tx: self._gather(tx, user_id))
        finally:
            self._waiting -= 1

    async def _gather(self, tx: Tx, user_id: str) -> bytes:
        parts: dict[str, msgspec.Raw] = {}
        size = 0
        for feature, export in self._exports.items():
            part = _encode(await export(tx, user_id))
            size += len(part)
            if size > self._bytes_max:
                raise TooMany(f"The archive is larger than {self._bytes_max} bytes (accounts.archive_bytes_max).")
            parts[feature] = msgspec.Raw(part)
        return _encode(parts)


def archived(row: msgspec.Struct, *, json: Sequence[str] = ()) -> dict[str, Any]:
    """A row as archives tell it: `created_us` becomes the time `created`, the `json` columns what their text says."""
    told: dict[str, Any] = {}
    for name, value in msgspec.structs.asdict(row).items():
        if name.endswith("_us"):
            told[name.removesuffix("_us")] = timestamp(value) if value else None
        else:
            told[name] = msgspec.Raw(value.encode()) if name in json else value
    return told


class _Profile(msgspec.Struct):
    id: str
    username: str
    display_name: str
    avatar_url: str
    lang_tag: str
    location: str
    timezone: str
    metadata: str
    verified_us: int | None
    disabled_us: int | None
    created_us: int
    updated_us: int


class _Session(msgspec.Struct):
    family: str
    username: str
    vars: str
    rotated_us: int
    expire_us: int


async def export_account(tx: Tx, user_id: str) -> Mapping[str, Any]:
    """What accounts themselves keep on a player. Raises NotFound."""
    profile = await tx.one(_QUERIES.read_profile, _Profile, user_id=user_id)
    if profile is None:
        raise NotFound("Account not found.")
    identities = await tx.all(_QUERIES.read_identities, Identity, user_id=user_id)
    sessions = await tx.all(_QUERIES.read_families, _Session, user_id=user_id)
    return {
        "account": archived(profile, json=("metadata",)),
        "identities": [archived(identity) for identity in identities],
        "sessions": [archived(session, json=("vars",)) for session in sessions],
    }
