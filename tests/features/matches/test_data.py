"""Match data put together by hand is what the codec would have written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.features.lobby import Lobby

from supergame.edge import BINARY, JSON, PROTOBUF, frame
from supergame.features.matches.data import json_frame, match_data, protobuf_frame
from supergame.protocol import json, protobuf
from supergame.protocol.matches import MatchData
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Int64

PRESENCES = st.none() | st.builds(UserPresence, user_id=st.uuids().map(str), username=st.text())
INT64 = st.integers(-(2**63), 2**63 - 1)


@given(match_id=st.uuids(), op_code=INT64, data=st.binary(max_size=3_000), sender=PRESENCES, reliable=st.booleans())
def test_it_reads_as_the_codecs_write_it(match_id, op_code, data, sender, reliable):
    message = MatchData(f"{match_id}.", sender, Int64(op_code), data, reliable)
    as_json, as_protobuf = (b"" if sender is None else encode(sender) for encode in (json.encode, protobuf.encode))
    by_hand = json_frame(message.match_id, op_code, data, as_json, reliable)
    assert by_hand == JSON.frame(message)
    by_hand = protobuf_frame(message.match_id, op_code, data, as_protobuf, reliable)
    head_size = {126: 4, 127: 10}.get(by_hand[1], 2)
    assert by_hand == frame(by_hand[head_size:], BINARY)
    _, name, body = PROTOBUF.split(by_hand[head_size:])  # the order of the fields is another
    assert (name, protobuf.builder(MatchData)(body)) == ("match_data", message)


async def test_each_reader_gets_it_in_the_encoding_it_asked_for():
    lobby = Lobby()
    players = [lobby.enter("ann"), lobby.enter("bob", codec=PROTOBUF), lobby.enter("cat")]
    sessions = [player.session for player in players]
    for sender in (sessions[0], sessions[0].presence, None):
        match_data(sessions, "m.", 7, b"data", sender, True)
        heard = [await player.heard() for player in players]
        assert heard[0] == heard[1] == heard[2]
        assert heard[0][0]["match_data"]["op_code"] == "7"
        assert ("presence" in heard[0][0]["match_data"]) is (sender is not None)
