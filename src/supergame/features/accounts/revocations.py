"""Tokens that were called back: kept until they would have expired, and known to every node.

Tokens are checked without the database, so every node holds the revocations in memory (`edge.tokens`). What makes
them last is a row, written with the change that caused it; what makes them quick is the bus. A node that missed the
news finds the row at its next sweep, and all rows when it starts.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import msgspec

from supergame.bus import Bus, Subscription
from supergame.core.errors import Aborted, SupergameError
from supergame.core.feature import Ground
from supergame.edge import EdgeSettings, Sessions, Tokens, fan_out
from supergame.features.accounts.model import Login, Revocation
from supergame.features.accounts.notices import notice
from supergame.protocol.notifications import NotificationCode
from supergame.store import Database, Tx, load_queries

SUBJECT: Final = "accounts.revoked"

SWEEP_SECONDS: Final = 60.0
"""How often expired rows are cleared away and missed ones looked for."""

SWEEP_OVERLAP_SECONDS: Final = 60.0
"""How far a sweep looks back behind the last: clocks differ between nodes, and commits take time."""

CLOCK_SKEW_SECONDS_MAX: Final = 1.0
"""How far the clocks of two nodes may be apart.

A user's tokens are called back up to that far ahead, so that none slips through. Whoever logs in again before that
moment gets tokens made at that moment.
"""
_CLOCK_SKEW_US: Final = round(CLOCK_SKEW_SECONDS_MAX * 1_000_000)

_QUERIES = load_queries("supergame.features.accounts")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Revocation).decode


class Revocations:
    """Calls tokens back. The sockets that were opened with them are closed by the edge."""

    def __init__(self, ground: Ground) -> None:
        self._bus: Bus = ground.bus
        self._clock = ground.clock
        self._database: Database = ground.database
        self._log = ground.log
        self._ground = ground
        self._sessions: Sessions = ground.edge.sessions
        self._tokens: Tokens = ground.edge.tokens
        settings = ground.config.section(EdgeSettings)
        self._longest_seconds = max(settings.token_seconds, settings.refresh_token_seconds)
        self._seen_us = 0
        self._subscription: Subscription | None = None
        self._sweeping: asyncio.Task[None] | None = None

    def of_family(self, family: str, *, known_until: int = 0) -> Revocation:
        """All tokens of a family. `known_until` (Unix seconds) is when one of them is known to expire."""
        now_us = self._tokens.moment()
        return Revocation("family", family, now_us, max(self._last_expiry(now_us), known_until * 1_000_000))

    def of_user(self, user_id: str, *, banned: bool = False) -> Revocation:
        """All tokens of a user that were made so far."""
        before_us = self._tokens.moment() + _CLOCK_SKEW_US
        return Revocation("user", user_id, before_us, self._last_expiry(before_us), banned=banned)

    def _last_expiry(self, made_us: int) -> int:
        return made_us + self._longest_seconds * 1_000_000

    def issue_us(self, login: Login) -> int | None:
        """When to say that the tokens of a login were made: a moment ahead while others are called back, else None.

        Raises Aborted when they were called back after the account was read: it may have been closed or deleted.
        """
        before_us = self._tokens.called_back_us(login.user_id)
        if login.seen_us < before_us - _CLOCK_SKEW_US:
            raise Aborted
        before_us = max(before_us, self._tokens.others_called_back_us(login.user_id))
        return before_us if before_us > self._clock.now_us() else None

    async def call_back(self, tx: Tx, revocation: Revocation) -> None:
        """Make a revocation part of the transaction that causes it; once that is committed, it holds everywhere."""
        await tx.run(
            _QUERIES.write_revocation,
            kind=revocation.kind,
            id=revocation.id,
            issued_before_us=revocation.issued_before_us,
            expire_us=revocation.expire_us,
        )
        if revocation.kind == "family":
            await tx.run(_QUERIES.delete_family, family=revocation.id)
        else:
            await tx.run(_QUERIES.delete_families_but, user_id=revocation.id, family="")
            await tx.run(_QUERIES.delete_kept_family, user_id=revocation.id)
        tx.then(partial(self._announce, revocation))

    async def call_back_others(self, tx: Tx, user_id: str, family: str) -> None:
        """Likewise all tokens of a user that were made so far, but for those of one family.

        Of two transactions that each keep another family, the one that is committed last wins on every node: its
        moment is the later one, whatever their clocks say.
        """
        last_us = await tx.one(_QUERIES.find_kept_moment, int, user_id=user_id) or 0
        before_us = max(self._tokens.moment() + _CLOCK_SKEW_US, last_us + 1)
        revocation = Revocation("others", user_id, before_us, self._last_expiry(before_us), kept=family)
        await tx.run(
            _QUERIES.write_kept_family,
            user_id=user_id,
            family=family,
            issued_before_us=before_us,
            expire_us=revocation.expire_us,
        )
        await tx.run(_QUERIES.delete_families_but, user_id=user_id, family=family)
        tx.then(partial(self._announce, revocation))

    def _announce(self, revocation: Revocation) -> None:
        self._apply(revocation)
        self._bus.publish(SUBJECT, _encode(revocation))

    def _apply(self, revocation: Revocation) -> None:
        until = revocation.expire_us // 1_000_000 + 1
        if revocation.kind == "family":
            self._tokens.revoke_family(revocation.id, until)
        elif revocation.kind == "others":
            self._tokens.revoke_others(revocation.id, revocation.kept, revocation.issued_before_us, until)
        else:
            if revocation.banned:
                told = notice(self._ground, NotificationCode.USER_BANNED, "banned")
                fan_out(self._sessions.of_user(revocation.id), told)
            self._tokens.revoke_user(revocation.id, revocation.issued_before_us, until)

    def _hear(self, subject: str, data: bytes) -> None:
        self._apply(_decode(data))

    async def start(self) -> None:
        """Learn what was called back before this node started, and listen to the others from now on."""
        self._subscription = self._bus.subscribe(SUBJECT, self._hear)
        await self.sweep()
        self._sweeping = asyncio.create_task(self._sweep_forever())

    async def stop(self) -> None:
        """Stop listening and sweeping."""
        if self._subscription is not None:
            self._subscription.cancel()
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait([self._sweeping])

    async def sweep(self) -> None:
        """Apply what was called back since the last sweep, and delete the rows that no longer matter."""
        now_us = self._clock.now_us()
        found = await self._database.all(_QUERIES.read_revocations, Revocation, since_us=self._seen_us, now_us=now_us)
        for revocation in found:
            self._apply(revocation)
        self._seen_us = now_us - round(SWEEP_OVERLAP_SECONDS * 1_000_000)
        await self._database.run(_QUERIES.prune_revocations, now_us=now_us)
        await self._database.run(_QUERIES.prune_kept_families, now_us=now_us)
        await self._database.run(_QUERIES.prune_families, now_us=now_us)

    async def _sweep_forever(self) -> None:
        while True:
            await self._clock.sleep(SWEEP_SECONDS)
            try:
                await self.sweep()
            except SupergameError as error:
                self._log.warning("revocations were not swept", error=error.message)
