"""Passwords: hashed and compared by argon2id (RFC 9106) in a few threads of their own, never on the loop."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from supergame.core.errors import TooMany, Unavailable
from supergame.edge import group
from supergame.features.accounts.model import AccountsSettings

T = TypeVar("T")

_HASH_BYTES: Final = 32
_SALT_BYTES: Final = 16


class Passwords:
    """Makes hashes that say how they were made, and compares passwords with them."""

    def __init__(self, settings: AccountsSettings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_rounds,
            memory_cost=settings.password_memory_kib,
            parallelism=1,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._decoy = _decoy(settings)
        self._pool = ThreadPoolExecutor(settings.password_threads, thread_name_prefix="password")
        self._waiting_max = settings.passwords_waiting_max
        self._waiting_per_address_max = settings.passwords_waiting_per_address_max
        self._waiting: Counter[str] = Counter()
        self._closed = False

    async def hash(self, password: str, address: str = "") -> str:
        """Hash a password for keeping. Raises TooMany when too many wait, Unavailable when the node stops.

        `address` is where it comes from, if that is known: nobody is to take up all the room there is.
        """
        return await self._in_thread(lambda: self._hasher.hash(password), group(address))

    async def matches(self, stored: str | None, password: str, address: str = "") -> bool:
        """Whether it is the password. Raises as `hash` does.

        With nothing stored the answer is no, and takes as long as any other.
        """
        return await self._in_thread(lambda: self._compare(stored or self._decoy, password), group(address))

    def outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let go of the threads; what has not begun is not done."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _compare(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, work: Callable[[], T], address: str) -> T:
        if self._closed:
            raise Unavailable("The server is stopping.")
        crowded = address and self._waiting[address] >= self._waiting_per_address_max
        if crowded or self._waiting.total() >= self._waiting_max:
            raise TooMany("Too many logins with a password at once; try again in a moment.", retry_seconds=1)
        self._waiting[address] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting[address] -= 1
            if not self._waiting[address]:
                del self._waiting[address]


def _decoy(settings: AccountsSettings) -> str:
    """Write a hash of today's parameters that no password has."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(n_bytes)).rstrip(b"=").decode() for n_bytes in (_SALT_BYTES, _HASH_BYTES)
    )
    return f"$argon2id$v=19$m={settings.password_memory_kib},t={settings.password_rounds},p=1${salt}${digest}"
