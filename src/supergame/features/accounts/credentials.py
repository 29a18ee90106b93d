"""Credentials: an account's email address and the password that goes with it."""

from __future__ import annotations

from typing import NamedTuple

from supergame.core.errors import NotFound
from supergame.core.feature import Ground
from supergame.features.accounts.links import Links
from supergame.features.accounts.model import Holder, PasswordChanged, Provider
from supergame.features.accounts.passwords import Passwords
from supergame.features.accounts.revocations import Revocations
from supergame.store import Database, Events, Tx, load_queries

_QUERIES = load_queries("supergame.features.accounts")


class _Owner(NamedTuple):
    user_id: str


class Credentials:
    """Changes them: for players with a session, and in transactions of a caller's who has asked for other proof.

    Whoever has learned a password loses what they got by it: when it changes, the player's other sessions end.
    """

    def __init__(self, ground: Ground, passwords: Passwords, links: Links, revocations: Revocations) -> None:
        self._clock = ground.clock
        self._database: Database = ground.database
        self._events: Events = ground.events
        self._links = links
        self._passwords = passwords
        self._revocations = revocations

    async def link(self, user_id: str, email: str, password: str, family: str, address: str) -> None:
        """Link an address and a password, instead of those before; of the sessions that end, `family` is spared.

        Raises NotFound, Conflict when the address is somebody else's, TooMany when too many passwords wait.
        """
        stored = (await self._holder(self._database, user_id)).password_hash
        new = await self._passwords.hash(password, address)
        # Both in any case, or the time would tell whoever has stolen a session whether a guess is right.
        same = await self._passwords.matches(stored, password, address)
        password_hash = stored if same else new

        async def body(tx: Tx) -> None:
            if await self._links.put(tx, user_id, Provider.EMAIL, email):
                await tx.run(_QUERIES.unverify_email, user_id=user_id)
            await self._change_password(tx, user_id, password_hash, family)

        await self._database.transact(body)

    async def unlink(self, user_id: str, email: str, family: str) -> None:
        """Take the address and the password away; an empty one stands for whichever it is. Raises Refused."""

        async def body(tx: Tx) -> None:
            await self._links.take(tx, user_id, Provider.EMAIL, email)
            await tx.run(_QUERIES.unverify_email, user_id=user_id)
            await self._change_password(tx, user_id, None, family)

        await self._database.transact(body)

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
        await self._change_password(tx, user_id, password_hash)
        return True

    async def _change_password(self, tx: Tx, user_id: str, password_hash: str | None, family: str = "") -> None:
        before = (await self._holder(tx, user_id)).password_hash
        await tx.run(_QUERIES.set_password, user_id=user_id, password_hash=password_hash)
        if before is None or before == password_hash:
            return
        if family:
            await self._revocations.call_back_others(tx, user_id, family)
        else:
            await self._revocations.call_back(tx, self._revocations.of_user(user_id))
        await self._events.announce(tx, PasswordChanged(user_id))

    async def _holder(self, at: Database | Tx, user_id: str) -> Holder:
        holder = await at.one(_QUERIES.find_by_id, Holder, user_id=user_id)
        if holder is None:
            raise NotFound("Account not found.")
        return holder
