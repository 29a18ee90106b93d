"""Authentication: from an id that a player shows to their account, made at its first use if that is wanted."""

from __future__ import annotations

from typing import Final, NamedTuple, NoReturn

from supergame.core.errors import Aborted, Banned, Conflict, NotFound
from supergame.core.feature import Ground
from supergame.edge import Tokens
from supergame.features.accounts import formats
from supergame.features.accounts.model import Holder, Login, Provider, SecondFactor, WrongCredentials
from supergame.features.accounts.passwords import Passwords
from supergame.features.accounts.throttle import Throttle
from supergame.store import Database, Tx, load_queries

GENERATED_USERNAMES_MAX: Final = 5
"""Usernames made up for one new account before giving in; there are 52 to the power of 10."""

_QUERIES = load_queries("supergame.features.accounts")


class UsernameTaken(Conflict):
    """Username is already in use."""


class Proof(NamedTuple):
    """What somebody shows who says that an account is theirs, and the address they show it from, if that is known."""

    password: str
    code: str
    address: str


class Authentication:
    """Finds out whose account it is. Failed attempts all end in `_admit_with_password` or at a NotFound here."""

    def __init__(self, ground: Ground, passwords: Passwords, throttle: Throttle) -> None:
        self.second_factor: SecondFactor | None = None
        self._clock = ground.clock
        self._database: Database = ground.database
        self._ids = ground.ids
        self._passwords = passwords
        self._throttle = throttle
        self._tokens: Tokens = ground.edge.tokens

    async def by_id(self, provider: str, external_id: str, username: str, create: bool) -> Login:
        """Log in with an id that proves itself or has been verified: a device's, one of another platform."""
        if username:
            formats.username(username)
        seen_us = self._tokens.moment()
        holder = await self._find(provider, external_id)
        if holder is not None:
            return _admit(holder, seen_us)
        if not create:
            raise _not_found()
        holder, created = await self._create(provider, external_id, username)
        return _admit(holder, seen_us, created)

    async def by_email(self, email: str, proof: Proof, username: str, create: bool) -> Login:
        """Log in with an email address in lower case and a password."""
        if username:
            formats.username(username)
        holder = await self._find(Provider.EMAIL, email)
        if holder is None:
            if not create:
                await self._refuse(proof)
            password_hash = await self._passwords.hash(proof.password, proof.address)
            seen_us = self._tokens.moment()
            holder, created = await self._create(Provider.EMAIL, email, username, password_hash)
            if created:
                return _admit(holder, seen_us, created)
        return await self._admit_with_password(holder, proof)

    async def by_username(self, username: str, proof: Proof) -> Login:
        """Log in with a username and a password; never makes an account."""
        holder = await self._database.one(_QUERIES.find_by_username, Holder, username=username)
        if holder is None:
            await self._refuse(proof)
        return await self._admit_with_password(holder, proof)

    async def by_user_id(self, user_id: str) -> Login:
        """Log in without any proof, for game code that has its own."""
        seen_us = self._tokens.moment()
        return _admit(await self._holder(user_id), seen_us)

    async def _holder(self, user_id: str) -> Holder:
        holder = await self._database.one(_QUERIES.find_by_id, Holder, user_id=user_id)
        if holder is None:
            raise _not_found()
        return holder

    async def _find(self, provider: str, external_id: str) -> Holder | None:
        return await self._database.one(
            _QUERIES.find_by_identity, Holder, provider=str(provider), external_id=external_id
        )

    async def _refuse(self, proof: Proof) -> NoReturn:
        """There is no such account, which takes as long to say as that a password is wrong."""
        with self._throttle.attempt("", proof.address):
            await self._matches(None, proof)
            raise _not_found()

    async def _admit_with_password(self, holder: Holder, proof: Proof) -> Login:
        with self._throttle.attempt(holder.user_id, proof.address):
            stored = holder.password_hash
            if not await self._matches(stored, proof) or stored is None:
                raise WrongCredentials
            if self.second_factor is not None:
                await self.second_factor(holder.user_id, proof.code)
            if self._passwords.outdated(stored):
                new_hash = await self._passwords.hash(proof.password, proof.address)
                if await self._database.run(
                    _QUERIES.rehash_password, user_id=holder.user_id, old_hash=stored, new_hash=new_hash
                ):
                    stored = new_hash
            # That took a while: the account may have been closed or deleted meanwhile, or its password changed.
            seen_us = self._tokens.moment()
            now = await self._holder(holder.user_id)
            if now.password_hash != stored and not await self._matches(now.password_hash, proof):
                raise WrongCredentials
            return _admit(now, seen_us)

    async def _matches(self, stored: str | None, proof: Proof) -> bool:
        return await self._passwords.matches(stored, proof.password, proof.address)

    async def _create(
        self, provider: str, external_id: str, username: str, password_hash: str | None = None
    ) -> tuple[Holder, bool]:
        """Make the account, or find that somebody just has: whoever comes second gets the first one's."""
        for _ in range(GENERATED_USERNAMES_MAX):
            new = Holder(self._ids.uuid(), username or self._ids.username(), None, password_hash)
            try:
                return await self._try_to_create(provider, external_id, new)
            except UsernameTaken:
                if username:
                    raise
        raise Aborted

    async def _try_to_create(self, provider: str, external_id: str, new: Holder) -> tuple[Holder, bool]:
        now_us = self._clock.now_us()
        identity = {"provider": str(provider), "external_id": external_id}

        async def body(tx: Tx) -> tuple[Holder, bool]:
            if not await tx.run(_QUERIES.add_identity, **identity, user_id=new.user_id, now_us=now_us):
                there = await tx.one(_QUERIES.find_by_identity, Holder, **identity)
                assert there is not None  # transactions are serializable: what stopped the INSERT is visible
                return there, False
            added = await tx.run(
                _QUERIES.add_user,
                user_id=new.user_id,
                username=new.username,
                password_hash=new.password_hash,
                now_us=now_us,
            )
            if not added:
                raise UsernameTaken
            return new, True

        return await self._database.transact(body)


def _admit(holder: Holder, seen_us: int, created: bool = False) -> Login:
    if holder.disabled_us is not None:
        raise Banned
    return Login(holder.user_id, holder.username, created, seen_us)


def _not_found() -> NotFound:
    return NotFound("User account not found.")
