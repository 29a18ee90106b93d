"""Match data on its way out: written once as bytes, queued for each recipient.

This is the hottest path there is, so JSON is put together by hand from parts that are JSON already; every other
encoding goes through its codec.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterable

from supergame.edge import JSON, Session, deliver_framed, fan_out, frame
from supergame.features.presence import Presence, to_wire
from supergame.protocol.json import encode
from supergame.protocol.matches import MatchData
from supergame.protocol.types import Int64


def match_data(
    sessions: Iterable[Session],
    match_id: str,
    op_code: int,
    data: bytes,
    sender: Presence | None,
    reliable: bool,
) -> None:
    """Send data to sessions as coming from `sender`, or from the match itself."""
    wire = None if sender is None else to_wire(sender)
    readers = list(sessions)
    others = [session for session in readers if session.codec is not JSON]
    if others:
        fan_out(others, MatchData(match_id, wire, Int64(op_code), data, reliable))
        readers = [session for session in readers if session.codec is JSON]
    if readers:
        sender_json = b"" if wire is None else encode(wire)
        encoded = b2a_base64(data, newline=False)
        deliver_framed(readers, json_frame(match_id.encode(), sender_json, b"%d" % op_code, encoded, reliable))


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
