"""Secrets at rest: encrypted with a key that is not in the database, so that a copy of that alone is worth nothing."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from supergame.core.config import BadSetting
from supergame.core.errors import Unavailable
from supergame.core.log import Log

KEY_BYTES = 32
_PURPOSE = b"supergame recovery totp"


class Seal:
    """Encrypts and decrypts (Fernet: AES-128 in CBC mode, HMAC-SHA256), by a key derived from a setting (RFC 5869)."""

    def __init__(self, key: str, log: Log) -> None:
        """Raises BadSetting for a key that is none."""
        if not key:
            raise BadSetting("recovery.key: it may not be empty.")
        derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=_PURPOSE).derive(key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))
        self._log = log

    def close(self, secret: str) -> str:
        """Encrypt a secret."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt it. Raises Unavailable, and logs, where it was encrypted with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            self._log.error("a second factor cannot be read: recovery.key is not the one that it was encrypted with")
            raise Unavailable("One-time codes cannot be checked right now.") from None
