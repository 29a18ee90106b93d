"""Credentials: an account's email address and password, for whoever can show that the address is theirs."""

from __future__ import annotations

from typing import NamedTuple

from supergame.core.feature import Ground
from supergame.features.accounts.model import Provider
from supergame.features.accounts.revocations import Revocations
from supergame.store import Tx, load_queries

_QUERIES = load_queries("supergame.features.accounts")


class _Owner(NamedTuple):
    user_id: str


class Credentials:
    """Changes them in transactions of the caller's, who has asked for proof."""

    def __init__(self, ground: Ground, revocations: Revocations) -> None:
        self._clock = ground.clock
        self._revocations = revocations

    async def owner(self, tx: Tx, email: str) -> str | None:
        """Whose address it is, in lower case."""
        owner = await tx.one(_QUERIES.owner_of_identity, _Owner, provider=Provider.EMAIL.value, external_id=email)
        return owner.user_id if owner else None

    async def verify(self, tx: Tx, user_id: str, email: str) -> bool:
        """The address is the player's, if it still belongs to the account; gives whether it does."""
        return bool(await tx.run(_QUERIES.verify_email, user_id=user_id, email=email, now_us=self._clock.now_us()))

    async def reset(self, tx: Tx, user_id: str, email: str, password_hash: str) -> bool:
        """Give the account another password and end its sessions, if the address still belongs to it.

        The address counts as verified. Gives whether it was still the account's.
        """
        if not await self.verify(tx, user_id, email):
            return False
        await tx.run(_QUERIES.set_password, user_id=user_id, password_hash=password_hash)
        await self._revocations.call_back(tx, self._revocations.of_user(user_id))
        return True
