"""The second factor of logins with a password: set up, asked for, and switched off again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from supergame.core.errors import Conflict, NotFound, Refused, SupergameError
from supergame.core.feature import Ground
from supergame.edge import Quota
from supergame.features.accounts import Accounts, CodeRequired, WrongCredentials, check_alive
from supergame.features.recovery import codes
from supergame.features.recovery.model import BadCode, RecoverySettings, TotpRow
from supergame.features.recovery.seal import Seal
from supergame.protocol.recovery import SecondFactor, TotpEnrolment
from supergame.protocol.types import timestamp
from supergame.store import Database, Tx, load_queries

T = TypeVar("T")

_QUERIES = load_queries("supergame.features.recovery")


class Totp:
    """Second factors. Whoever comes to show a code has shown the password, or a session, already.

    So wrong codes are counted for the account wherever they come from: nobody else gets as far as to use them up.
    """

    def __init__(self, ground: Ground, accounts: Accounts) -> None:
        self._accounts = accounts
        self._clock = ground.clock
        self._database: Database = ground.database
        self._ids = ground.ids
        settings = ground.config.section(RecoverySettings)
        self._game_name = settings.game_name
        self._seal = Seal(settings.key, ground.log)
        per_hour = settings.codes_failed_per_hour_max
        self._attempts = Quota(ground.clock, per_hour / 3600, per_hour, "wrong codes")

    async def enrol(self, user_id: str) -> TotpEnrolment:
        """A new secret, which asks for nothing until it is confirmed.

        Raises NotFound, Refused without an email address, and Conflict where there is a second factor already.
        """
        email = (await self._accounts.get(user_id)).email
        if not email:
            raise Refused("Link an email address and a password before you set up a second factor.")
        secret, now_us = codes.new_secret(self._ids), self._clock.now_us()
        sealed = self._seal.close(secret)

        async def body(tx: Tx) -> None:
            await check_alive(tx, [user_id])
            row = await tx.one(_QUERIES.read_totp, TotpRow, user_id=user_id)
            if row is not None and row.enabled_us is not None:
                raise Conflict("There is a second factor already.")
            await tx.run(_QUERIES.write_totp, user_id=user_id, secret=sealed, now_us=now_us)

        await self._database.transact(body)
        return TotpEnrolment(secret, codes.uri(secret, email, self._game_name))

    async def confirm(self, user_id: str, code: str) -> list[str]:
        """Switch it on with a first code, and give the recovery codes. Raises NotFound, Conflict, BadCode, TooMany."""
        new, now_us = codes.new_recovery_codes(self._ids), self._clock.now_us()

        async def body(tx: Tx) -> None:
            row = await tx.one(_QUERIES.read_totp, TotpRow, user_id=user_id)
            if row is None:
                raise NotFound("No second factor is being set up.")
            if row.enabled_us is not None:
                raise Conflict("There is a second factor already.")
            counter = codes.counter(self._seal.open(row.secret), code, self._clock.now_seconds())
            if counter is None:
                raise BadCode
            await tx.run(_QUERIES.enable_totp, user_id=user_id, now_us=now_us, counter=counter)
            await _write_codes(tx, user_id, new)

        with self._attempts.attempt(user_id, BadCode):
            await self._database.transact(body)
        return new

    async def ask(self, user_id: str, code: str) -> None:
        """Ask for the code in a login. Raises CodeRequired, WrongCredentials, TooMany."""
        row = await self._database.one(_QUERIES.read_totp, TotpRow, user_id=user_id)
        if row is None or row.enabled_us is None:
            return
        if not code:
            raise CodeRequired
        with suppress(NotFound):  # it has just been switched off
            await self._with_code(user_id, code, _nothing, WrongCredentials)

    async def renew_codes(self, user_id: str, code: str) -> list[str]:
        """Give new recovery codes in place of the old. Raises NotFound, BadCode, TooMany."""
        new = codes.new_recovery_codes(self._ids)
        await self._with_code(user_id, code, lambda tx: _write_codes(tx, user_id, new), BadCode)
        return new

    async def disable(self, user_id: str, code: str | None) -> None:
        """Switch it off, with a code, or as the system with None. Raises NotFound, BadCode, TooMany."""
        if code is not None:
            await self._with_code(user_id, code, lambda tx: forget(tx, user_id), BadCode)
        elif not await self._database.transact(lambda tx: forget(tx, user_id)):
            raise NotFound("There is no second factor.")

    async def state(self, user_id: str) -> SecondFactor:
        """Whether a player has one."""
        return await self._database.transact(lambda tx: read(tx, user_id))

    def forgive(self, user_id: str) -> None:
        """Count an account's wrong codes anew."""
        self._attempts.forget(user_id)

    async def _with_code(
        self, user_id: str, code: str, act: Callable[[Tx], Awaitable[T]], wrong: type[SupergameError]
    ) -> T:
        """Use a code and do something, both or neither. Raises NotFound without a second factor, and `wrong`."""

        async def body(tx: Tx) -> T:
            if not await self._use(tx, user_id, code):
                raise wrong
            return await act(tx)

        with self._attempts.attempt(user_id, wrong):
            answer = await self._database.transact(body)
        self.forgive(user_id)
        return answer

    async def _use(self, tx: Tx, user_id: str, code: str) -> bool:
        """Whether a code is good. It is used then: no code is taken twice, nor one older than it."""
        row = await tx.one(_QUERIES.read_totp, TotpRow, user_id=user_id)
        if row is None or row.enabled_us is None:
            raise NotFound("There is no second factor.")
        if await tx.run(_QUERIES.use_code, user_id=user_id, hash=codes.recovery_hash(code)):
            return True
        counter = codes.counter(self._seal.open(row.secret), code, self._clock.now_seconds())
        if counter is None or counter <= row.last_counter:
            return False
        await tx.run(_QUERIES.use_counter, user_id=user_id, counter=counter)
        return True


async def read(tx: Tx, user_id: str) -> SecondFactor:
    """Whether a player has a second factor, as a transaction sees it."""
    row = await tx.one(_QUERIES.read_totp, TotpRow, user_id=user_id)
    if row is None or row.enabled_us is None:
        return SecondFactor()
    return SecondFactor(timestamp(row.enabled_us), await tx.one(_QUERIES.count_codes, int, user_id=user_id) or 0)


async def forget(tx: Tx, user_id: str) -> int:
    """Delete a player's second factor with its recovery codes; gives whether there was one."""
    await tx.run(_QUERIES.delete_codes, user_id=user_id)
    return await tx.run(_QUERIES.delete_totp, user_id=user_id)


async def absorb(tx: Tx, from_id: str, into_id: str) -> None:
    """Of two accounts that become one, keep a second factor if either has one: that of `into_id` if both."""
    if (await read(tx, into_id)).enable_time or not (await read(tx, from_id)).enable_time:
        return
    await forget(tx, into_id)
    await tx.run(_QUERIES.move_totp, from_id=from_id, into_id=into_id)
    await tx.run(_QUERIES.move_codes, from_id=from_id, into_id=into_id)


async def _write_codes(tx: Tx, user_id: str, new: list[str]) -> None:
    await tx.run(_QUERIES.delete_codes, user_id=user_id)
    for code in new:
        await tx.run(_QUERIES.add_code, user_id=user_id, hash=codes.recovery_hash(code))


async def _nothing(tx: Tx) -> None:
    """The code itself was all that was asked for."""
