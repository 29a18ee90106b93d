"""Ids and randomness, passed in everywhere: from the system's entropy, or from a seed for tests."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import re
import string
import uuid
from typing import Protocol

NIL = "00000000-0000-0000-0000-000000000000"
"""The system user's id: who owns what no player owns."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in its usual lower-case form."""
    return _UUID.fullmatch(text) is not None


def node_address(node: str) -> int:
    """The 48 bits that stand for a node in the MAC part of a session id (multicast bit set, RFC 4122 §4.5)."""
    return int.from_bytes(hashlib.sha256(node.encode()).digest()[:6], "big") | (1 << 40)


class Ids(Protocol):
    """Where new ids come from."""

    def uuid(self) -> str:
        """A random UUID (version 4)."""

    def session_id(self) -> str:
        """A UUID (version 1) whose MAC part names the node."""

    def username(self) -> str:
        """Ten random letters, for an account that came without a name."""

    def secret(self, n_bytes: int = 32) -> str:
        """Random bytes as URL-safe text, fit for a key."""

    def random(self) -> random.Random:
        """A fresh generator for a match, a retry's jitter, a shuffle."""


class RandomIds:
    """Ids from the operating system's entropy."""

    POOL_BYTES = 4096  # one system call feeds 256 ids

    def __init__(self, node: str = "node") -> None:
        self._address = node_address(node)
        self._pool = b""
        self._at = 0

    def uuid(self) -> str:
        at = self._at
        if at >= len(self._pool):
            self._pool, at = os.urandom(self.POOL_BYTES), 0
        self._at = at + 16
        text = self._pool[at : at + 16].hex()
        variant = "89ab"[int(text[16], 16) & 3]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def session_id(self) -> str:
        return str(uuid.uuid1(self._address, int.from_bytes(os.urandom(2), "big") & 0x3FFF))

    def username(self) -> str:
        return "".join(random.SystemRandom().choices(string.ascii_letters, k=10))

    def secret(self, n_bytes: int = 32) -> str:
        return base64.urlsafe_b64encode(os.urandom(n_bytes)).rstrip(b"=").decode()

    def random(self) -> random.Random:
        return random.Random(os.urandom(16))


class SeededIds:
    """Ids from a seed: the same run gives the same ids."""

    def __init__(self, seed: int = 0, node: str = "node") -> None:
        self._random = random.Random(seed)
        self._address = node_address(node)
        self._ticks = 0x1EE_0000_0000_0000  # an arbitrary day in 2023, in 100 ns since 1582

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def session_id(self) -> str:
        self._ticks += 1
        low, mid, high = self._ticks & 0xFFFFFFFF, (self._ticks >> 32) & 0xFFFF, (self._ticks >> 48) & 0x0FFF
        fields = (low, mid, high, 0, self._random.getrandbits(8), self._address)
        return str(uuid.UUID(fields=fields, version=1))

    def username(self) -> str:
        return "".join(self._random.choices(string.ascii_letters, k=10))

    def secret(self, n_bytes: int = 32) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(n_bytes)).rstrip(b"=").decode()

    def random(self) -> random.Random:
        return random.Random(self._random.getrandbits(64))
