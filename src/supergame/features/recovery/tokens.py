"""One-time tokens: sent by mail, good once and for a while, and known to the database by their SHA-256 only."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from supergame.core.feature import Ground
from supergame.features.recovery.model import BadToken, Holder, Purpose, RecoverySettings
from supergame.store import Database, Tx, load_queries

TOKEN_BYTES: Final = 24
"""Randomness of a token; so much is never guessed, and needs no salt."""

_QUERIES = load_queries("supergame.features.recovery")


class Tokens:
    """Makes tokens and takes them back."""

    def __init__(self, ground: Ground) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database
        self._ids = ground.ids
        settings = ground.config.section(RecoverySettings)
        self.seconds = {Purpose.VERIFY: settings.verify_seconds, Purpose.RESET: settings.reset_seconds}
        """How long tokens are good for."""

    def new(self) -> str:
        """Make up a token."""
        return self._ids.secret(TOKEN_BYTES)

    async def keep(self, tx: Tx, purpose: Purpose, holder: Holder, token: str) -> None:
        """Let a token be good from now on, and the player's earlier one no more."""
        now_us = self._clock.now_us()
        await tx.run(_QUERIES.prune_tokens, now_us=now_us)
        await tx.run(
            _QUERIES.write_token,
            user_id=holder.user_id,
            purpose=purpose.value,
            email=holder.email,
            hash=_hash(token),
            now_us=now_us,
            expire_us=now_us + self.seconds[purpose] * 1_000_000,
        )

    async def check(self, purpose: Purpose, token: str) -> None:
        """Look whether a token is good, without using it. Raises BadToken."""
        if await self._database.one(_QUERIES.find_token, Holder, **self._key(purpose, token)) is None:
            raise BadToken

    async def use(self, tx: Tx, purpose: Purpose, token: str) -> Holder:
        """Whose token it is; it is good no more. Raises BadToken."""
        holder = await tx.one(_QUERIES.find_token, Holder, **self._key(purpose, token))
        if holder is None:
            raise BadToken
        await tx.run(_QUERIES.delete_token, hash=_hash(token))
        return holder

    def _key(self, purpose: Purpose, token: str) -> dict[str, object]:
        return {"hash": _hash(token), "purpose": purpose.value, "now_us": self._clock.now_us()}


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
