"""WebSocket frames as the server sends them (RFC 6455 §5.2): never masked, never fragmented, made once for many."""

from __future__ import annotations

from typing import Final

TEXT: Final = 0x81
BINARY: Final = 0x82
CLOSE: Final = 0x88
PING: Final = b"\x89\x00"
REASON_BYTES_MAX: Final = 123  # a control frame holds 125 bytes, two of which are the code


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Put one whole message into a frame."""
    size = len(payload)
    if size < 126:
        return b"%c%c%b" % (opcode, size, payload)
    if size < 65_536:
        return b"%c\x7e%c%c%b" % (opcode, size >> 8, size & 255, payload)
    return b"%c\x7f%b%b" % (opcode, size.to_bytes(8, "big"), payload)


def close_frame(code: int, reason: str) -> bytes:
    """Say goodbye, and why; a long reason is shortened to what fits."""
    text = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore").encode()
    return frame(code.to_bytes(2, "big") + text, CLOSE)
