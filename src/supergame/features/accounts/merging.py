"""Merging: two accounts of the same player become one, with all that both had, in one transaction.

The features move what they keep as they hear of AccountMerged, each by its own rule. AccountDeleted follows, so that
whatever was not moved is forgotten and nothing is left of the account that is given up.
"""

from __future__ import annotations

from collections import Counter

from supergame.core.errors import BadInput, Banned, NotFound
from supergame.core.feature import Ground
from supergame.features.accounts.deletion import Deletion
from supergame.features.accounts.model import (
    DEVICES_PER_ACCOUNT_MAX,
    AccountMerged,
    Holder,
    Identity,
    Provider,
)
from supergame.store import Database, Events, Tx, load_queries

_QUERIES = load_queries("supergame.features.accounts")


class Merging:
    """Merges accounts."""

    def __init__(self, ground: Ground, deletion: Deletion) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database
        self._events: Events = ground.events
        self._deletion = deletion

    async def merge(self, from_id: str, into_id: str) -> None:
        """Move all that is kept on one account to another, and delete the first.

        Raises BadInput for one account twice, NotFound where either does not exist, Banned where either is closed.
        """
        if from_id == into_id:
            raise BadInput("An account cannot be merged with itself.")
        now_us = self._clock.now_us()

        async def body(tx: Tx) -> None:
            for user_id in (from_id, into_id):
                await _check(tx, user_id)
            await _move_identities(tx, from_id, into_id)
            await tx.run(_QUERIES.touch_user, user_id=into_id, now_us=now_us)
            await self._events.announce(tx, AccountMerged(from_id, into_id))
            await self._deletion.delete_within(tx, from_id)

        await self._database.transact(body)


async def _move_identities(tx: Tx, from_id: str, into_id: str) -> None:
    """Move the ways to log in, newest first, as far as the other account has room for them.

    A password goes with its email address, and so does whether that is verified.
    """
    there = await tx.all(_QUERIES.read_identities, Identity, user_id=into_id)
    counts = Counter(identity.provider for identity in there)
    for identity in await tx.all(_QUERIES.read_identities, Identity, user_id=from_id):
        provider = identity.provider
        if counts[provider] >= (DEVICES_PER_ACCOUNT_MAX if provider == Provider.DEVICE else 1):
            continue
        counts[provider] += 1
        await tx.run(_QUERIES.move_identity, provider=provider, external_id=identity.external_id, user_id=into_id)
        if provider == Provider.EMAIL:
            await tx.run(_QUERIES.move_password, from_id=from_id, into_id=into_id)


async def _check(tx: Tx, user_id: str) -> None:
    holder = await tx.one(_QUERIES.find_by_id, Holder, user_id=user_id)
    if holder is None:
        raise NotFound("Account not found.")
    if holder.disabled_us is not None:
        raise Banned
