"""What goes over the wire: a runner survives the way, and unreadable keys are refused."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages import KEYS_PER_MESSAGE_MAX, Keys, Row, row_of, runner_of
from physics import BUFFER_STEPS, COYOTE_STEPS, DOWN_STEPS, Runner

runners = st.builds(
    Runner,
    x=st.integers(0, 100_000),
    y=st.integers(-5_000, 5_000),
    vx=st.integers(-250, 250),
    vy=st.integers(-350, 250),
    steps=st.integers(0, 5_000),
    left=st.booleans(),
    jumping=st.booleans(),
    held=st.booleans(),
    coyote=st.integers(0, COYOTE_STEPS),
    buffer=st.integers(0, BUFFER_STEPS),
    out=st.integers(0, DOWN_STEPS),
    checkpoint=st.integers(-1, 20),
    rings=st.integers(0, 200),
    finish_ms=st.integers(0, 1),
)


@given(runners)
def test_a_row_tells_everything_but_which_rings(runner):
    sent = msgspec.json.encode(row_of(3, runner))
    assert runner_of(msgspec.json.decode(sent, type=Row)) == runner


@pytest.mark.parametrize(
    "sent", ["{}", '{"n":1,"k":[16]}', '{"n":1,"k":[-1]}', '{"n":"x","k":[]}', '{"n":1,"k":%s}' % ([0] * 11), "[]"]
)
def test_unreadable_keys_are_refused(sent):
    assert KEYS_PER_MESSAGE_MAX == 10
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(sent, type=Keys)
