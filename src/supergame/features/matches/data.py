"""Match data on its way out: written once as bytes, queued for each recipient.

This is the hottest path there is, so JSON is put together by hand from parts that are JSON already; every other
encoding goes through its codec.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable

from supergame.edge import JSON, Codec, Session, deliver, frame
from supergame.protocol.json import encode
from supergame.protocol.matches import MatchData
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Int64


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
            encoded = b2a_base64(data, newline=False)
            return json_frame(match_id.encode(), _sender_json(sender), b"%d" % op_code, encoded, reliable)
        presence = sender.presence if isinstance(sender, Session) else sender
        return codec.frame(MatchData(match_id, presence, Int64(op_code), data, reliable))

    deliver(sessions, frame_for, except_)


def _sender_json(sender: Session | UserPresence | None) -> bytes:
    if isinstance(sender, Session):
        return sender.presence_json  # made once, not for every message
    return b"" if sender is None else encode(sender)


def json_frame(match_id: bytes, sender: bytes, op_code: bytes, data: bytes, reliable: bool) -> bytes:
    """The framed JSON of one match_data: `sender` is JSON or empty, `data` base64."""
    return frame(
        b'{"match_data":{"match_id":"%b"%b%b%b%b%b}}'
        % (
            match_id,
            b',"presence":' if sender else b"",
            sender,
            b"" if op_code == b"0" else b',"op_code":"%b"' % op_code,
            b',"data":"%b"' % data if data else b"",
            b',"reliable":true' if reliable else b"",
        )
    )
