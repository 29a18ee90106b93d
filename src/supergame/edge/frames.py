"""WebSocket frames as the server sends them (RFC 6455 §5.2): never masked, never fragmented, made once for many."""

from __future__ import annotations

from typing import Final

TEXT: Final = 0x81
BINARY: Final = 0x82
CLOSE: Final = 0x88
PONG: Final = 0x8A
PING: Final = b"\x89\x00"
REASON_BYTES_MAX: Final = 123  # a control frame holds 125 bytes, two of which are the code


def head(size: int, opcode: int = TEXT) -> bytes:
    """What stands before a payload of so many bytes."""
    if size < 126:
        return bytes((opcode, size))
    if size < 65_536:
        return bytes((opcode, 126)) + size.to_bytes(2, "big")
    return bytes((opcode, 127)) + size.to_bytes(8, "big")


READY_SIZES: Final = 2_048
TEXT_HEADS: Final = tuple(head(size) for size in range(READY_SIZES))
BINARY_HEADS: Final = tuple(head(size, BINARY) for size in range(READY_SIZES))
"""The heads of frames up to that size, which is nearly all of them: looking one up beats making it."""


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Put one whole message into a frame."""
    size = len(payload)
    if size < READY_SIZES:
        if opcode == TEXT:
            return TEXT_HEADS[size] + payload
        if opcode == BINARY:
            return BINARY_HEADS[size] + payload
    return head(size, opcode) + payload


def close_frame(code: int, reason: str) -> bytes:
    """Say goodbye, and why; a long reason is shortened to what fits."""
    text = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore").encode()
    return frame(code.to_bytes(2, "big") + text, CLOSE)
