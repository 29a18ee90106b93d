"""Tokens that others have signed with our key, read by PyJWT, which takes longer to load than a node may to start."""

from __future__ import annotations

import jwt
from jwt.algorithms import HMACAlgorithm


class _Hs256(HMACAlgorithm):
    """HS256 with keys of any length: the protocol's published default keys are short."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


_JWS = jwt.PyJWS(algorithms=[])
_JWS.register_algorithm("HS256", _Hs256(HMACAlgorithm.SHA256))


def payload(token: str, key: bytes) -> bytes:
    """What a token says, if it is signed with HS256 and that key. Raises ValueError otherwise."""
    try:
        read: bytes = _JWS.decode(token, key, algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise ValueError(str(error)) from None
    return read
