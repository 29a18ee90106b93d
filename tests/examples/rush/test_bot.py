"""Bots: every course can be finished, by the skilled and by the less skilled, and no two run alike."""

import pytest
from bot import Skill, choose
from physics import STEP_MS, at_start, step

SECONDS_MAX = 75


def time_ms(level, skill):
    runner, keys = at_start(level), 0
    while not runner.finish_ms and runner.steps * STEP_MS < SECONDS_MAX * 1000:
        if runner.steps % skill.attention_steps == 0:
            keys = choose(level, runner, skill)
        step(level, runner, keys)
    return runner.finish_ms


@pytest.mark.parametrize("attention_steps", [3, 4, 5])
@pytest.mark.parametrize("course", ["meadow", "dunes", "aurora"])
def test_every_course_is_finished_in_reasonable_time(levels, course, attention_steps):
    times = [time_ms(levels[course], Skill(foresight, attention_steps)) for foresight in (6, 8, 10)]
    assert all(15_000 < ms <= SECONDS_MAX * 1000 for ms in times)
    assert len(set(times)) > 1


def test_a_bot_that_is_out_or_has_arrived_lets_go_of_the_keys(levels):
    runner = at_start(levels["meadow"])
    runner.out = 3
    assert choose(levels["meadow"], runner) == 0
    runner.out, runner.finish_ms = 0, 1
    assert choose(levels["meadow"], runner) == 0
