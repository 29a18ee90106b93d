"""Match data on its way out: written once as bytes, queued for each recipient.

This is the hottest path there is, so a message is put together by hand from parts that are encoded already.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from supergame.edge import BINARY, JSON, Codec, Session, deliver, frame
from supergame.protocol import json, protobuf
from supergame.protocol.catalogue import ENVELOPE, name_of
from supergame.protocol.matches import MatchData
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Int64, fields

OPENINGS_CACHED_MAX: Final = 16_384  # beginnings of match data that are kept ready, about 300 bytes each

_NUMBERS: Final = {field.name: field.number for field in fields(MatchData)}
_TAG: Final = protobuf.tag(ENVELOPE[name_of(MatchData)][0])
_DATA_TAG: Final = protobuf.tag(_NUMBERS["data"])


def match_data(
    sessions: Iterable[Session],
    match_id: str,
    op_code: int,
    data: bytes,
    sender: Session | UserPresence | None,
    reliable: bool,
    except_: Session | None = None,
) -> None:
    """Send data to sessions as coming from `sender`, or from the match itself."""

    def frame_for(codec: Codec) -> bytes:
        if codec is JSON:
            return json_frame(match_id, op_code, data, _sender_json(sender), reliable)
        return protobuf_frame(match_id, op_code, data, _sender_protobuf(sender), reliable)

    deliver(sessions, frame_for, except_)


# A session's presence is encoded once, not for every message.


def _sender_json(sender: Session | UserPresence | None) -> bytes:
    if isinstance(sender, Session):
        return sender.presence_json
    return b"" if sender is None else json.encode(sender)


def _sender_protobuf(sender: Session | UserPresence | None) -> bytes:
    if isinstance(sender, Session):
        return sender.presence_protobuf
    return b"" if sender is None else protobuf.encode(sender)


def json_frame(match_id: str, op_code: int, data: bytes, sender: bytes, reliable: bool) -> bytes:
    """The framed JSON of one match_data; `sender` is JSON, or empty."""
    opening = _json_opening(match_id, sender, op_code)
    if not data:
        return frame(opening + (b',"reliable":true}}' if reliable else b"}}"))
    end = b'","reliable":true}}' if reliable else b'"}}'
    return frame(b'%b,"data":"%b%b' % (opening, b2a_base64(data, newline=False), end))


@lru_cache(maxsize=OPENINGS_CACHED_MAX)
def _json_opening(match_id: str, sender: bytes, op_code: int) -> bytes:
    """What stands before the data: the same for all that one player sends with one op code."""
    presence = b',"presence":' + sender if sender else b""
    op = b',"op_code":"%d"' % op_code if op_code else b""
    return b'{"match_data":{"match_id":"%b"%b%b' % (match_id.encode(), presence, op)


def protobuf_frame(match_id: str, op_code: int, data: bytes, sender: bytes, reliable: bool) -> bytes:
    """The framed protobuf of one match_data; `sender` is protobuf, or empty."""
    opening = _protobuf_opening(match_id, sender, op_code, reliable)
    data_size = protobuf.varint(len(data))
    size = protobuf.varint(len(opening) + len(_DATA_TAG) + len(data_size) + len(data))
    return frame(b"".join((_TAG, size, opening, _DATA_TAG, data_size, data)), BINARY)


@lru_cache(maxsize=OPENINGS_CACHED_MAX)
def _protobuf_opening(match_id: str, sender: bytes, op_code: int, reliable: bool) -> bytes:
    """What stands before the data; protobuf leaves the order of fields free."""
    presence = protobuf.delimited(_NUMBERS["presence"], sender) if sender else b""
    return protobuf.encode(MatchData(match_id, None, Int64(op_code), reliable=reliable)) + presence
