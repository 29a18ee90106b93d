"""One-time codes: those of authenticator apps (TOTP, RFC 6238), and the recovery codes for whoever loses theirs."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256
from typing import Final

import pyotp

from supergame.core.ids import Ids

SECRET_BYTES: Final = 20
"""As RFC 4226 recommends; every app takes 32 letters."""

STEP_SECONDS: Final = 30
"""How long one code is shown."""

WINDOW_STEPS: Final = 1
"""How many codes before and after the present one are taken: clocks differ, and typing takes time."""

RECOVERY_CODES: Final = 10
"""Recovery codes that a player gets."""

RECOVERY_CODE_BYTES: Final = 10
"""Randomness of a recovery code: 16 letters, too many to try even for whoever has the hashes."""

_GROUP_LETTERS: Final = 4


def new_secret(ids: Ids) -> str:
    """A secret for an authenticator app, in base32."""
    return _base32(ids, SECRET_BYTES)


def uri(secret: str, account: str, game_name: str) -> str:
    """The secret as authenticator apps read it off a QR code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=account, issuer_name=game_name)


def new_recovery_codes(ids: Ids) -> list[str]:
    """Recovery codes as players see them, such as `k3vq-7xwa-d2mz-ph4s`."""
    codes = [_base32(ids, RECOVERY_CODE_BYTES).lower() for _ in range(RECOVERY_CODES)]
    return ["-".join(code[at : at + _GROUP_LETTERS] for at in range(0, len(code), _GROUP_LETTERS)) for code in codes]


def plain(code: str) -> str:
    """A code without what people put between its letters."""
    return code.replace(" ", "").replace("-", "").lower()


def recovery_hash(code: str) -> str:
    """What is kept of a recovery code."""
    return sha256(plain(code).encode()).hexdigest()


def counter(secret: str, code: str, now_seconds: int) -> int | None:
    """Which step a code belongs to, if it is one of those that are taken now."""
    totp, shown, now = pyotp.TOTP(secret, interval=STEP_SECONDS), plain(code).encode(), now_seconds // STEP_SECONDS
    found = None
    for step in range(now - WINDOW_STEPS, now + WINDOW_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), shown):
            found = step
    return found


def _base32(ids: Ids, n_bytes: int) -> str:
    text = ids.secret(n_bytes)
    return base64.b32encode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))).decode()
