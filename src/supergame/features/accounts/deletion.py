"""Deletion: an account goes in one transaction with all that belongs to it, and leaves its tombstone."""

from __future__ import annotations

from contextlib import suppress

from supergame.core.errors import NotFound
from supergame.core.feature import Ground
from supergame.features.accounts.model import AccountDeleted
from supergame.features.accounts.revocations import Revocations
from supergame.features.accounts.tombstones import returned
from supergame.store import Database, Events, Tx, load_queries

_QUERIES = load_queries("supergame.features.accounts")


class Deletion:
    """Deletes accounts; the features hear of it within the transaction, and forget."""

    def __init__(self, ground: Ground, revocations: Revocations) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database
        self._events: Events = ground.events
        self._log = ground.log
        self._revocations = revocations

    async def delete(self, user_id: str) -> None:
        """Delete an account; its tokens and sockets end. Raises NotFound."""

        async def body(tx: Tx) -> None:
            await self.delete_within(tx, user_id)

        await self._database.transact(body)

    async def delete_within(self, tx: Tx, user_id: str) -> None:
        """Do so in the caller's transaction. Raises NotFound."""
        if not await tx.run(_QUERIES.delete_user, user_id=user_id):
            raise NotFound("Account not found.")
        await tx.run(_QUERIES.delete_identities, user_id=user_id)
        await tx.run(_QUERIES.add_tombstone, user_id=user_id, deleted_us=self._clock.now_us())
        await self._revocations.call_back(tx, self._revocations.of_user(user_id))
        await self._events.announce(tx, AccountDeleted(user_id))

    async def repeat(self) -> None:
        """Delete again those whom a restored backup has brought back."""
        user_ids = await returned(self._database)
        for user_id in user_ids:
            with suppress(NotFound):  # another node starts on the same backup
                await self.delete(user_id)
        if user_ids:
            self._log.info("accounts of a restored backup were deleted again", accounts=len(user_ids))
