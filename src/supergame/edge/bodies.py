"""Packed bodies: requests that come gzipped or deflated, answers that leave so for who asks."""

from __future__ import annotations

import gzip
import zlib
from typing import Final

from supergame.core.errors import BadInput

GZIP: Final = b"gzip"
LEVEL: Final = 1  # answers are small and made per request: the first level saves most for the least time
_GZIP_WBITS: Final = 31
_ZLIB_WBITS: Final = 15
_RAW_WBITS: Final = -15


class BodyTooLarge(BadInput):
    """http: request body too large"""


class UnknownEncoding(BadInput):
    """The body's Content-Encoding is none of gzip, deflate, identity."""


def unpack(body: bytes, encoding: bytes, bytes_max: int) -> bytes:
    """Undo a Content-Encoding without ever holding more than `bytes_max`.

    Raises BodyTooLarge, UnknownEncoding, or BadInput for a body that is not what it says.
    """
    encoding = encoding.strip().lower()
    if encoding in (b"", b"identity"):
        return body
    try:
        if encoding in (b"gzip", b"x-gzip"):
            return _inflate(body, _GZIP_WBITS, bytes_max)
        if encoding == b"deflate":
            # The standard means zlib's format; some clients send the bare stream.
            zlib_header = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            return _inflate(body, _ZLIB_WBITS if zlib_header else _RAW_WBITS, bytes_max)
    except zlib.error:
        raise BadInput(f"The body is not {encoding.decode('latin-1')}.") from None
    raise UnknownEncoding


def _inflate(body: bytes, wbits: int, bytes_max: int) -> bytes:
    stream = zlib.decompressobj(wbits)
    unpacked = stream.decompress(body, bytes_max + 1)
    if len(unpacked) > bytes_max:
        raise BodyTooLarge
    if not stream.eof or stream.unused_data:
        raise zlib.error
    return unpacked


def accepts_gzip(accept_encoding: bytes) -> bool:
    """Whether an Accept-Encoding header asks for gzip (RFC 9110 §12.5.3)."""
    for part in accept_encoding.lower().split(b","):
        coding, _, weight = part.strip().partition(b";")
        if coding.strip() in (GZIP, b"*"):
            return weight.strip().removeprefix(b"q=").strip(b"0.") != b"" or not weight
    return False


def pack(body: bytes) -> bytes:
    """Gzip an answer."""
    return gzip.compress(body, LEVEL, mtime=0)
