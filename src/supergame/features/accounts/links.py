"""Links between an account and the ids its player may log in with."""

from __future__ import annotations

from typing import NamedTuple

from supergame.core.errors import Conflict, NotFound, Refused, TooMany
from supergame.core.feature import Ground
from supergame.features.accounts.model import DEVICES_PER_ACCOUNT_MAX, Provider
from supergame.store import Database, Tx, load_queries

_QUERIES = load_queries("supergame.features.accounts")

_IN_USE = {
    Provider.DEVICE: "Device ID already in use.",
    Provider.CUSTOM: "Custom ID is already in use.",
    Provider.EMAIL: "Email is already in use.",
}


class _Owner(NamedTuple):
    user_id: str


class _Left(NamedTuple):
    links: int
    of_kind: int


class Links:
    """Adds and removes ways to log in."""

    def __init__(self, ground: Ground) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database

    async def add(self, user_id: str, provider: Provider, external_id: str, password_hash: str | None = None) -> None:
        """Link an id to an account. Having it already is fine; a new custom id or email replaces the old one.

        Raises Conflict when it is somebody else's, TooMany for too many devices, NotFound without an account.
        """
        now_us = self._clock.now_us()
        identity = {"provider": provider.value, "external_id": external_id}

        async def body(tx: Tx) -> None:
            await self._touch(tx, user_id, now_us)
            if not await tx.run(_QUERIES.add_identity, **identity, user_id=user_id, now_us=now_us):
                owner = await tx.one(_QUERIES.owner_of_identity, _Owner, **identity)
                if owner is None or owner.user_id != user_id:
                    raise Conflict(_IN_USE[provider])
            if provider is Provider.DEVICE:
                if (await self._left(tx, user_id, provider)).of_kind > DEVICES_PER_ACCOUNT_MAX:
                    raise TooMany(f"An account may be linked to {DEVICES_PER_ACCOUNT_MAX} devices.")
            else:
                await tx.run(_QUERIES.remove_other_identities, **identity, user_id=user_id)
            if provider is Provider.EMAIL:
                await tx.run(_QUERIES.set_password, user_id=user_id, password_hash=password_hash)

        await self._database.transact(body)

    async def remove(self, user_id: str, provider: Provider, external_id: str) -> None:
        """Take an id from an account; an empty one stands for the account's custom id or email, whatever it is.

        Raises Refused when the account has no such id, or has no other.
        """
        now_us = self._clock.now_us()
        identity = {"provider": provider.value, "external_id": external_id}

        async def body(tx: Tx) -> None:
            await self._touch(tx, user_id, now_us)
            removed = await tx.run(_QUERIES.remove_identity, **identity, user_id=user_id)
            if not removed or not (await self._left(tx, user_id, provider)).links:
                raise Refused("Cannot unlink last account identifier. Check profile exists and is not last link.")
            if provider is Provider.EMAIL:
                await tx.run(_QUERIES.set_password, user_id=user_id, password_hash=None)

        await self._database.transact(body)

    async def _touch(self, tx: Tx, user_id: str, now_us: int) -> None:
        if not await tx.run(_QUERIES.touch_user, user_id=user_id, now_us=now_us):
            raise NotFound("Account not found.")

    async def _left(self, tx: Tx, user_id: str, provider: Provider) -> _Left:
        left = await tx.one(_QUERIES.count_identities, _Left, user_id=user_id, provider=provider.value)
        assert left is not None  # a COUNT always gives a row
        return left
