"""Tokens that log in once: what was used is remembered in the database until the token has expired anyway.

The table is shared by all nodes and survives a restart. Only what a trusted issuer has signed gets into it, so it grows
no faster than players log in, and each use is rid of what has expired.
"""

from __future__ import annotations

import hashlib

from supergame.core.clock import MICROSECONDS
from supergame.core.feature import Ground
from supergame.features.identity.model import Rejected
from supergame.store import Database, Tx, load_queries

_QUERIES = load_queries("supergame.features.identity")


class OneTime:
    """Remembers which tokens were used."""

    def __init__(self, ground: Ground, skew_seconds: int) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database
        self._skew_seconds = skew_seconds

    async def spend(self, provider: str, claim: object, expires_at: float) -> None:
        """Use the token with that value of the provider's one-time claim, good until then (seconds since 1970).

        Raises Rejected for one that was used before, or has no such claim.
        """
        if not isinstance(claim, str) or not claim:
            raise Rejected("it lacks the claim by which it would be used once")
        token = hashlib.sha256(claim.encode(errors="surrogatepass")).hexdigest()
        now_us = self._clock.now_us()
        expire_us = (int(expires_at) + self._skew_seconds + 1) * MICROSECONDS

        async def body(tx: Tx) -> bool:
            await tx.run(_QUERIES.prune, now_us=now_us)
            return await tx.run(_QUERIES.use_token, provider=provider, token=token, expire_us=expire_us) > 0

        if not await self._database.transact(body):
            raise Rejected("it was used before")
