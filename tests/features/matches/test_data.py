"""Match data put together by hand is what the codec would have written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from supergame.edge import JSON
from supergame.features.matches.data import json_frame
from supergame.protocol.json import encode
from supergame.protocol.matches import MatchData
from supergame.protocol.presence import UserPresence
from supergame.protocol.types import Int64

PRESENCES = st.none() | st.builds(UserPresence, user_id=st.uuids().map(str), username=st.text())
INT64 = st.integers(-(2**63), 2**63 - 1)


@given(match_id=st.uuids(), op_code=INT64, data=st.binary(max_size=3_000), sender=PRESENCES, reliable=st.booleans())
def test_it_reads_as_the_codec_writes_it(match_id, op_code, data, sender, reliable):
    by_hand = json_frame(f"{match_id}.", op_code, data, b"" if sender is None else encode(sender), reliable)
    assert by_hand == JSON.frame(MatchData(f"{match_id}.", sender, Int64(op_code), data, reliable))
