"""Recovery of accounts: letters with one-time tokens, what the tokens are good for, and the second factor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from supergame.core.config import BadSetting
from supergame.core.errors import Conflict, Refused, SupergameError, TooMany
from supergame.core.feature import Ground
from supergame.edge import Quota, group
from supergame.features.accounts import (
    AccountDeleted,
    AccountMerged,
    Accounts,
    PasswordChanged,
    archived,
    checked_email,
)
from supergame.features.mail import Mail
from supergame.features.recovery import totp
from supergame.features.recovery.letters import Letters, Notice
from supergame.features.recovery.model import BadToken, Holder, Purpose, RecoverySettings, SentToken
from supergame.features.recovery.tokens import Tokens
from supergame.features.recovery.totp import Totp
from supergame.protocol.accounts import Account
from supergame.protocol.recovery import SecondFactor, TotpEnrolment
from supergame.store import Database, Tx, load_queries

RESETS_WAITING_MAX: Final = 1_000
"""Requests for a new password that are looked into at a time; more are asked to try again."""

RESETS_RETRY_SECONDS: Final = 5
"""How long those have to wait."""

_QUERIES = load_queries("supergame.features.recovery")


class Recovery:
    """Verified email addresses, forgotten passwords, and a second factor; game code uses it as `services.recovery`.

    An `address` is the network's, for the limits on how often one of them may try; game code may leave it out.
    """

    def __init__(self, ground: Ground, accounts: Accounts, mail: Mail) -> None:
        """Raises BadSetting."""
        settings = ground.config.section(RecoverySettings)
        self._accounts, self._mail = accounts, mail
        self._database: Database = ground.database
        self._log = ground.log
        self._game_name = settings.game_name
        self._urls = {
            Purpose.VERIFY: _checked_url("verify_url", settings.verify_url),
            Purpose.RESET: _checked_url("reset_url", settings.reset_url),
        }
        self._letters = Letters()
        self._tokens = Tokens(ground)
        self._totp = Totp(ground, accounts)

        def quota(per_hour: int, what: str) -> Quota:
            return Quota(ground.clock, per_hour / 3600, per_hour, what)

        self._letters_to = quota(settings.letters_per_hour_max, "letters to this email address")
        self._requests_of = quota(settings.requests_per_hour_max, "letters asked for")
        self._wrong_tokens_of = quota(settings.tokens_failed_per_hour_max, "wrong tokens")
        self._under_way: set[asyncio.Task[None]] = set()
        accounts.require_second_factor(self._totp.ask)

    async def stop(self) -> None:
        """Write the letters that were asked for."""
        await self.settle()

    async def settle(self) -> None:
        """Wait until every request for a new password has been looked into."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def use(self, letters: Letters) -> None:
        """Send these letters from now on."""
        self._letters = letters

    # Email addresses

    async def request_verification(self, user_id: str, *, address: str = "") -> None:
        """Send a letter with a token to the address that an account is linked to.

        Raises NotFound, Refused without an address, Conflict where it is verified already, TooMany.
        """
        account = await self._accounts.get(user_id)
        if not account.email:
            raise Refused("No email address is linked.")
        if account.verify_time is not None:
            raise Conflict("The email address is verified already.")
        self._count_letter(account.email, address)
        token = self._tokens.new()

        async def body(tx: Tx) -> None:
            if await self._accounts.email_owner(tx, account.email) != user_id:
                raise Refused("No email address is linked.")
            await self._tokens.keep(tx, Purpose.VERIFY, Holder(user_id, account.email), token)

        await self._database.transact(body)
        await self._send(Purpose.VERIFY, account, token)

    async def verify_email(self, token: str, *, address: str = "") -> str:
        """The address that a token was sent to is its player's; gives the player's id. Raises BadToken, TooMany."""

        async def body(tx: Tx) -> str:
            holder = await self._tokens.use(tx, Purpose.VERIFY, token)
            if not await self._accounts.verify_email(tx, *holder):
                raise BadToken
            return holder.user_id

        with self._showing_a_token(address):
            return await self._database.transact(body)

    # Passwords

    async def request_password_reset(self, email: str, *, address: str = "") -> None:
        """Send a letter with a token for a new password, if there is an account with that email address.

        Whether there is one is looked into later, so that neither the answer nor the time it takes tells. Raises
        BadInput for what is no address, TooMany.
        """
        email = checked_email(email)
        self._count_letter(email, address)
        if len(self._under_way) >= RESETS_WAITING_MAX:
            raise TooMany("Too many requests; try again later.", retry_seconds=RESETS_RETRY_SECONDS)
        task = asyncio.ensure_future(self._send_reset(email))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def reset_password(self, token: str, password: str, *, address: str = "") -> str:
        """Set a new password with a token that was sent; all of the player's sessions and other tokens end.

        The email address counts as verified. Gives the player's id. Raises BadToken, BadInput for a password that is
        none (the token stays good), TooMany.
        """
        with self._showing_a_token(address):
            await self._tokens.check(Purpose.RESET, token)
            password_hash = await self._accounts.hash_password(password, address)

            async def body(tx: Tx) -> str:
                holder = await self._tokens.use(tx, Purpose.RESET, token)
                if not await self._accounts.reset_password(tx, *holder, password_hash):
                    raise BadToken
                return holder.user_id

            user_id = await self._database.transact(body)
        self._accounts.forgive(user_id, address)
        self._totp.forgive(user_id)
        return user_id

    # The second factor

    def totp_enrol(self, user_id: str) -> Awaitable[TotpEnrolment]:
        """Make up a secret for a player's authenticator app; nothing is asked for until it is confirmed.

        Raises NotFound, Refused without an email address, Conflict where there is a second factor already.
        """
        return self._totp.enrol(user_id)

    def totp_confirm(self, user_id: str, code: str) -> Awaitable[list[str]]:
        """Switch the second factor on with a first code from the app; gives the recovery codes.

        Raises NotFound where none is being set up, Conflict where there is one already, BadCode, TooMany.
        """
        return self._totp.confirm(user_id, code)

    def totp_disable(self, user_id: str, code: str | None = None) -> Awaitable[None]:
        """Switch it off: with a code of the player's, or, without one, because the game says so.

        Raises NotFound where there is none, BadCode, TooMany.
        """
        return self._totp.disable(user_id, code)

    def recovery_codes_renew(self, user_id: str, code: str) -> Awaitable[list[str]]:
        """Give new recovery codes in place of the old ones. Raises NotFound, BadCode, TooMany."""
        return self._totp.renew_codes(user_id, code)

    def second_factor(self, user_id: str) -> Awaitable[SecondFactor]:
        """Whether a player has a second factor, since when, and how many recovery codes are left."""
        return self._totp.state(user_id)

    # What happens to accounts

    async def void_tokens(self, tx: Tx, event: PasswordChanged) -> None:
        """There is another password: nothing that was sent before is good any more."""
        await tx.run(_QUERIES.delete_tokens, user_id=event.user_id)

    async def forget(self, tx: Tx, event: AccountDeleted) -> None:
        """An account is being deleted."""
        await tx.run(_QUERIES.delete_tokens, user_id=event.user_id)
        await totp.forget(tx, event.user_id)

    async def absorb(self, tx: Tx, event: AccountMerged) -> None:
        """Two accounts become one: a second factor that either has stays, that of the one that stays if both have.

        Tokens that were sent to the other are void.
        """
        await totp.absorb(tx, event.from_id, event.into_id)

    async def export(self, tx: Tx, user_id: str) -> Mapping[str, Any]:
        """That there is a second factor and since when, and which letters were not answered; no secrets."""
        factor = await totp.read(tx, user_id)
        return {
            "second_factor": {"enabled": factor.enable_time, "recovery_codes": factor.recovery_codes},
            "tokens": [archived(row) for row in await tx.all(_QUERIES.read_tokens, SentToken, user_id=user_id)],
        }

    def _showing_a_token(self, address: str) -> AbstractContextManager[None]:
        return self._wrong_tokens_of.attempt(group(address), BadToken) if address else nullcontext()

    def _count_letter(self, email: str, address: str) -> None:
        if address:
            self._requests_of.take(group(address))
        self._letters_to.take(email)

    async def _send_reset(self, email: str) -> None:
        token = self._tokens.new()

        async def body(tx: Tx) -> str | None:
            user_id = await self._accounts.email_owner(tx, email)
            if user_id is not None:
                await self._tokens.keep(tx, Purpose.RESET, Holder(user_id, email), token)
            return user_id

        try:
            user_id = await self._database.transact(body)
            if user_id is not None:
                await self._send(Purpose.RESET, await self._accounts.get(user_id), token)
        except SupergameError as error:  # what was linked is no address, too many letters wait, the account is gone
            self._log.warning("a letter for a new password was not sent", why=error.message)
        except Exception:
            self._log.exception("a letter for a new password could not be written")

    async def _send(self, purpose: Purpose, account: Account, token: str) -> None:
        assert account.user is not None  # it always is, the field is optional on the wire only
        notice = Notice(
            game_name=self._game_name,
            email=account.email,
            username=account.user.username,
            lang_tag=account.user.lang_tag,
            token=token,
            link=self._urls[purpose].replace("{token}", token),
            seconds=self._tokens.seconds[purpose],
        )
        write = self._letters.reset if purpose is Purpose.RESET else self._letters.verification
        await self._mail.send(account.email, *write(notice))


def _checked_url(name: str, url: str) -> str:
    if url and "{token}" not in url:
        raise BadSetting(f"recovery.{name}: {url} has no {{token}} in it.")
    return url
