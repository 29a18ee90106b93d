"""Match data on its way out: written once as bytes, queued for each recipient.

This is the hottest path there is, so JSON is put together by hand from parts that are JSON already; every other
encoding goes through its codec.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from supergame.edge import JSON, Codec, Session, deliver, frame
from supergame.protocol.json import encode
from supergame.protocol.matches import MatchData
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Int64

OPENINGS_CACHED_MAX: Final = 16_384  # beginnings of match data that are kept ready, about 300 bytes each


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
        presence = sender.presence if isinstance(sender, Session) else sender
        return codec.frame(MatchData(match_id, presence, Int64(op_code), data, reliable))

    deliver(sessions, frame_for, except_)


def _sender_json(sender: Session | UserPresence | None) -> bytes:
    if isinstance(sender, Session):
        return sender.presence_json  # made once, not for every message
    return b"" if sender is None else encode(sender)


def json_frame(match_id: str, op_code: int, data: bytes, sender: bytes, reliable: bool) -> bytes:
    """The framed JSON of one match_data; `sender` is JSON, or empty."""
    opening = _opening(match_id, sender, op_code)
    if not data:
        return frame(opening + (b',"reliable":true}}' if reliable else b"}}"))
    end = b'","reliable":true}}' if reliable else b'"}}'
    return frame(b'%b,"data":"%b%b' % (opening, b2a_base64(data, newline=False), end))


@lru_cache(maxsize=OPENINGS_CACHED_MAX)
def _opening(match_id: str, sender: bytes, op_code: int) -> bytes:
    """What stands before the data: the same for all that one player sends with one op code."""
    presence = b',"presence":' + sender if sender else b""
    op = b',"op_code":"%d"' % op_code if op_code else b""
    return b'{"match_data":{"match_id":"%b"%b%b' % (match_id.encode(), presence, op)
