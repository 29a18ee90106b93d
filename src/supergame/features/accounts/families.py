"""Families of tokens: what one login began, refreshed generation by generation, and ended by logging out.

Tokens are not stored. A refresh token names its family and its generation; a row says which generation is the
newest, once there was a refresh at all. Using the newest makes the next one. Using the one before it, shortly
after, gives the same pair again, made anew from the row: clients refresh in parallel. Any other use means that
somebody holds a copy, so the whole family is called back (RFC 9700 §4.14.2).
"""

from __future__ import annotations

from typing import Final

import msgspec

from supergame.core.errors import Aborted, BadInput, Banned, NotFound, Unauthenticated
from supergame.core.feature import Ground
from supergame.edge import Claims, EdgeSettings, TokenPair, Tokens
from supergame.features.accounts.formats import session_vars
from supergame.features.accounts.model import AccountsSettings, Family, Holder, Login
from supergame.features.accounts.revocations import Revocations
from supergame.store import Database, Tx, load_queries

REFRESH_GRACE_SECONDS: Final = 10
"""How long a used refresh token still answers with the pair it was exchanged for."""

_QUERIES = load_queries("supergame.features.accounts")
_encode_vars = msgspec.json.Encoder().encode
_decode_vars = msgspec.json.Decoder(dict[str, str]).decode


class Families:
    """Begins, refreshes and ends the tokens of a login."""

    def __init__(self, ground: Ground, revocations: Revocations) -> None:
        self._database: Database = ground.database
        self._tokens: Tokens = ground.edge.tokens
        self._refresh_us = ground.config.section(EdgeSettings).refresh_token_seconds * 1_000_000
        self._revocations = revocations
        self._single = ground.config.section(AccountsSettings).single_session

    async def begin(self, login: Login, variables: dict[str, str] | None = None) -> TokenPair:
        """The first pair of a new family; with `accounts.single_session`, the only one that goes on.

        Raises BadInput for too many variables, and Aborted when the user's tokens were called back, or the account was
        closed or deleted, while the login was under way.
        """
        issued_us = self._revocations.issue_us(login)
        pair = self._tokens.issue(login.user_id, login.username, session_vars(variables), issued_us=issued_us)
        if self._single:
            await self._keep_only(login.user_id, pair.claims.family)
        return pair

    async def _keep_only(self, user_id: str, family: str) -> None:
        async def body(tx: Tx) -> None:
            user = await tx.one(_QUERIES.find_by_id, Holder, user_id=user_id)
            if user is None or user.disabled_us is not None:
                raise Aborted
            await self._revocations.call_back_others(tx, user_id, family)

        await self._database.transact(body)

    async def refresh(self, token: str, variables: dict[str, str] | None = None) -> TokenPair:
        """Exchange a refresh token for the next pair; `variables`, if there are any, replace those it carried.

        Raises BadInput for an empty token, Unauthenticated for one that is not good (any more), Banned, and
        NotFound when the account is gone.
        """
        if not token:
            raise BadInput("Refresh token is required.")
        try:
            claims = self._tokens.verify_refresh(token)
        except Unauthenticated:
            raise _refused() from None
        chosen = session_vars(variables) or claims.vars
        now_us = max(self._tokens.moment(), claims.issued_us + 1)
        reused = self._revocations.of_family(claims.family, known_until=claims.expires_at)

        async def body(tx: Tx) -> Family | None:
            user = await tx.one(_QUERIES.find_by_id, Holder, user_id=claims.user_id)
            if user is None:
                raise NotFound("User account not found.")
            if user.disabled_us is not None:
                raise Banned
            if await self._called_back(tx, claims):
                return None
            newest = await tx.one(_QUERIES.read_family, Family, family=claims.family)
            generation = newest.generation if newest else 0
            if claims.generation == generation:
                return await self._rotate(tx, claims, newest, user.username, chosen, now_us)
            if newest and claims.generation == generation - 1 and _in_grace(newest, now_us):
                return newest
            await self._revocations.call_back(tx, reused)
            return None

        family = await self._database.transact(body)
        if family is None:
            raise _refused()
        return self._pair(claims, family)

    async def _called_back(self, tx: Tx, claims: Claims) -> bool:
        found = await tx.one(
            _QUERIES.find_revocation,
            str,
            family=claims.family,
            user_id=claims.user_id,
            issued_us=claims.issued_us,
        )
        return found is not None

    async def _rotate(
        self, tx: Tx, claims: Claims, newest: Family | None, username: str, chosen: dict[str, str], now_us: int
    ) -> Family:
        # The row outlives every token of the family: without it, the first token of all would count as unused.
        expire_us = max(now_us + self._refresh_us, claims.expires_at * 1_000_000, newest.expire_us if newest else 0)
        family = Family(claims.generation + 1, now_us, username, _encode_vars(chosen).decode(), expire_us)
        await tx.run(_QUERIES.write_family, family=claims.family, user_id=claims.user_id, **family._asdict())
        return family

    def _pair(self, claims: Claims, family: Family) -> TokenPair:
        return self._tokens.issue(
            claims.user_id,
            family.username,
            _decode_vars(family.vars),
            family=claims.family,
            generation=family.generation,
            issued_us=family.rotated_us,
        )

    async def end(self, user_id: str, token: str = "", refresh_token: str = "") -> None:
        """Call back the families of the tokens given; with neither, all of the user's.

        Raises BadInput for a token that is not good, or not that user's.
        """
        families: dict[str, int] = {}
        if token:
            claims = self._claims(token, user_id)
            families[claims.family] = claims.expires_at
        if refresh_token:
            claims = self._refresh_claims(refresh_token, user_id)
            families[claims.family] = max(claims.expires_at, families.get(claims.family, 0))
        revocations = [
            self._revocations.of_family(family, known_until=until) for family, until in families.items()
        ] or [self._revocations.of_user(user_id)]

        async def body(tx: Tx) -> None:
            for revocation in revocations:
                await self._revocations.call_back(tx, revocation)

        await self._database.transact(body)

    def _claims(self, token: str, user_id: str) -> Claims:
        try:
            claims = self._tokens.verify(token)
        except Unauthenticated:
            claims = None
        if claims is None or claims.user_id != user_id:
            raise BadInput("Session token invalid.")
        return claims

    def _refresh_claims(self, token: str, user_id: str) -> Claims:
        try:
            claims = self._tokens.verify_refresh(token)
        except Unauthenticated:
            claims = None
        if claims is None or claims.user_id != user_id:
            raise BadInput("Refresh token invalid.")
        return claims


def _in_grace(newest: Family, now_us: int) -> bool:
    return now_us - newest.rotated_us <= REFRESH_GRACE_SECONDS * 1_000_000


def _refused() -> Unauthenticated:
    return Unauthenticated("Refresh token invalid or expired.")
