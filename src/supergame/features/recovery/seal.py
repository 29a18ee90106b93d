"""Secrets at rest: encrypted with a key that is not in the database, so that a copy of that alone is worth nothing.

The library is loaded when the first secret is to be read or written: the start of a node need not wait for it.
"""

from __future__ import annotations

import base64
from functools import cached_property
from typing import TYPE_CHECKING

from supergame.core.config import BadSetting
from supergame.core.errors import Unavailable
from supergame.core.log import Log

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

KEY_BYTES = 32
_PURPOSE = b"supergame recovery totp"


class Seal:
    """Encrypts and decrypts (Fernet: AES-128 in CBC mode, HMAC-SHA256), by a key derived from a setting (RFC 5869)."""

    def __init__(self, key: str, log: Log) -> None:
        """Raises BadSetting for a key that is none."""
        if not key:
            raise BadSetting("recovery.key: it may not be empty.")
        self._key = key.encode()
        self._log = log

    @cached_property
    def _fernet(self) -> Fernet:
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=_PURPOSE).derive(self._key)
        return Fernet(base64.urlsafe_b64encode(derived))

    def close(self, secret: str) -> str:
        """Encrypt a secret."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt it. Raises Unavailable, and logs, where it was encrypted with another key."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            self._log.error("a second factor cannot be read: recovery.key is not the one that it was encrypted with")
            raise Unavailable("One-time codes cannot be checked right now.") from None
