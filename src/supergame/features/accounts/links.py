"""Links between an account and the ids its player may log in with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from supergame.core.errors import Conflict, NotFound, Refused, TooMany
from supergame.core.feature import Ground
from supergame.features.accounts.model import DEVICES_PER_ACCOUNT_MAX, Identity, Provider
from supergame.store import Database, Tx, load_queries

_QUERIES = load_queries("supergame.features.accounts")

_IN_USE: Mapping[str, str] = {
    Provider.DEVICE: "Device ID already in use.",
    Provider.CUSTOM: "Custom ID is already in use.",
    Provider.EMAIL: "Email is already in use.",
    Provider.APPLE: "Apple ID is already in use.",
    Provider.FACEBOOK: "Facebook ID is already in use.",
    Provider.FACEBOOK_INSTANT_GAME: "Facebook Instant Game ID is already in use.",
    Provider.GAMECENTER: "GameCenter ID is already in use.",
    Provider.GOOGLE: "Google ID is already in use.",
    Provider.STEAM: "Steam ID is already in use.",
}


class _Owner(NamedTuple):
    user_id: str


class _Owned(NamedTuple):
    external_id: str
    user_id: str


class _Left(NamedTuple):
    links: int
    of_kind: int


class Links:
    """Adds and removes ways to log in."""

    def __init__(self, ground: Ground) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database

    async def add(self, user_id: str, provider: str, external_id: str) -> None:
        """Link an id to an account. Having it already is fine; but for devices, a new one replaces the old one.

        Raises Conflict when it is somebody else's, TooMany for too many devices, NotFound without an account.
        """
        await self._database.transact(lambda tx: self.put(tx, user_id, provider, external_id))

    async def put(self, tx: Tx, user_id: str, provider: str, external_id: str) -> bool:
        """Do so in the caller's transaction; gives whether the id is new to the account."""
        now_us = self._clock.now_us()
        identity = {"provider": str(provider), "external_id": external_id}
        await self._touch(tx, user_id, now_us)
        added = await tx.run(_QUERIES.add_identity, **identity, user_id=user_id, now_us=now_us)
        if not added:
            owner = await tx.one(_QUERIES.owner_of_identity, _Owner, **identity)
            if owner is None or owner.user_id != user_id:
                raise Conflict(_in_use(provider))
        if provider == Provider.DEVICE:
            if (await self._left(tx, user_id, provider)).of_kind > DEVICES_PER_ACCOUNT_MAX:
                raise TooMany(f"An account may be linked to {DEVICES_PER_ACCOUNT_MAX} devices.")
        else:
            await tx.run(_QUERIES.remove_other_identities, **identity, user_id=user_id)
        return bool(added)

    async def remove(self, user_id: str, provider: str, external_id: str) -> None:
        """Take an id from an account; an empty one stands for the one of that kind, whatever it is.

        Raises Refused when the account has no such id, or has no other; NotFound without an account.
        """
        await self._database.transact(lambda tx: self.take(tx, user_id, provider, external_id))

    async def take(self, tx: Tx, user_id: str, provider: str, external_id: str) -> None:
        """Do so in the caller's transaction."""
        await self._touch(tx, user_id, self._clock.now_us())
        removed = await tx.run(
            _QUERIES.remove_identity, provider=str(provider), external_id=external_id, user_id=user_id
        )
        if not removed or not (await self._left(tx, user_id, provider)).links:
            raise Refused("Cannot unlink last account identifier. Check profile exists and is not last link.")

    async def of_user(self, user_id: str) -> list[Identity]:
        """Every way to log in to an account, newest first."""
        return await self._database.all(_QUERIES.read_identities, Identity, user_id=user_id)

    async def owners(self, provider: str, external_ids: Sequence[str]) -> dict[str, str]:
        """Whose ids of one kind these are: user by external id; ids that nobody has are left out."""
        if not external_ids:
            return {}
        found = await self._database.all(
            _QUERIES.owners_of_identities, _Owned, provider=str(provider), external_ids=external_ids
        )
        return dict(found)

    async def _touch(self, tx: Tx, user_id: str, now_us: int) -> None:
        if not await tx.run(_QUERIES.touch_user, user_id=user_id, now_us=now_us):
            raise NotFound("Account not found.")

    async def _left(self, tx: Tx, user_id: str, provider: str) -> _Left:
        left = await tx.one(_QUERIES.count_identities, _Left, user_id=user_id, provider=str(provider))
        assert left is not None  # a COUNT always gives a row
        return left


def _in_use(provider: str) -> str:
    return _IN_USE.get(provider) or f"{provider.removeprefix('openid:')} ID is already in use."
