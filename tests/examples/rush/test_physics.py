"""How a runner moves: what is always true, and what each thing on a course does."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from level import SOLID
from physics import (
    BOOST,
    BUFFER_STEPS,
    COYOTE_STEPS,
    DOWN,
    DOWN_STEPS,
    HEIGHT,
    JUMP,
    LEFT,
    RIGHT,
    RUN_MAX,
    TILE,
    WIDTH,
    at_start,
    progress,
    standing,
    step,
)

keys_lists = st.lists(st.tuples(st.integers(0, 15), st.integers(1, 12)), max_size=60)
courses = st.sampled_from(["meadow", "dunes", "aurora"])


def run(level, runner, keys, steps):
    for _ in range(steps):
        step(level, runner, keys)
    return runner


def settled(level):
    return run(level, at_start(level), 0, 2)


def cells(runner):
    columns = range(runner.x // TILE, (runner.x + WIDTH - 1) // TILE + 1)
    rows = range(runner.y // TILE, (runner.y + HEIGHT - 1) // TILE + 1)
    return [(column, row) for column in columns for row in rows]


@given(courses, keys_lists)
@settings(max_examples=60, deadline=None)
def test_whatever_is_pressed_nobody_is_ever_inside_a_wall(levels, course, presses):
    level = levels[course]
    runner = at_start(level)
    for keys, steps in presses:
        for _ in range(steps):
            step(level, runner, keys)
            assert not any(level.tile(column, row) in SOLID for column, row in cells(runner))


@given(courses, keys_lists)
@settings(max_examples=25, deadline=None)
def test_the_same_keys_lead_to_the_same_place_also_from_a_copy_on_the_way(levels, course, presses):
    level = levels[course]
    first, second = at_start(level), at_start(level)
    for keys, steps in presses:
        run(level, first, keys, steps)
        run(level, second, keys, steps)
        second = copy.copy(second)
        assert first == second


@given(courses, keys_lists)
@settings(max_examples=25, deadline=None)
def test_rings_count_once_and_checkpoints_never_go_back(levels, course, presses):
    level, checkpoint = levels[course], -1
    runner = at_start(level)
    for keys, steps in presses:
        run(level, runner, keys, steps)
        assert runner.rings == len(runner.taken)
        assert runner.checkpoint >= checkpoint
        checkpoint = runner.checkpoint


def test_runners_start_beside_each_other(levels):
    level = levels["meadow"]
    assert len({at_start(level, seat).x for seat in range(8)}) == 8
    assert progress(level, at_start(level, 7)) == 0


def test_running_takes_up_speed_and_stopping_takes_a_moment(course):
    level = course("." * 60, "P" + "." * 58 + "G", "#" * 60)
    runner = run(level, settled(level), RIGHT, 20)
    assert runner.vx == RUN_MAX
    assert run(level, runner, 0, 1).vx > 0
    assert run(level, runner, 0, 15).vx == 0
    assert run(level, runner, LEFT, 2).left


def test_a_wall_stops(course):
    level = course("....#..", "P...#.G", "#######")
    runner = run(level, settled(level), RIGHT, 30)
    assert (runner.x, runner.vx) == (4 * TILE - WIDTH, 0)
    assert run(level, runner, LEFT, 40).x == 0


def test_a_held_jump_is_higher_than_a_tap(course):
    level = course(*["......"] * 6, "P....G", "######")

    def height(steps_held):
        runner = settled(level)
        floor = lowest = runner.y
        for number in range(30):
            step(level, runner, JUMP if number < steps_held else 0)
            lowest = min(lowest, runner.y)
        assert runner.y == floor
        return (floor - lowest) / TILE

    assert 0.5 < height(1) < 2 < 3 < height(12) < 4


def test_holding_the_key_does_not_jump_again(course):
    level = course(*["......"] * 6, "P....G", "######")
    runner = run(level, settled(level), JUMP, 30)
    assert standing(runner)


def test_a_head_meets_the_ceiling(course):
    level = course("======", "......", "P....G", "######")
    runner = settled(level)
    highest = min(run(level, runner, JUMP, 1).y for _ in range(5))
    assert highest == TILE


def test_a_jump_pressed_a_little_early_still_counts(course):
    level = course(*["......"] * 6, "P....G", "######")
    runner = run(level, settled(level), JUMP, 1)
    while runner.vy < 0 or runner.y < 6 * TILE:
        step(level, runner, 0)
    run(level, runner, JUMP, BUFFER_STEPS - 1)
    assert runner.jumping


def test_a_jump_pressed_a_little_late_still_counts(course):
    level = course(*["........"] * 4, "P......G", "##.....#")
    runner = settled(level)
    while standing(runner):
        step(level, runner, RIGHT)
    assert 0 < runner.coyote < COYOTE_STEPS
    assert run(level, runner, RIGHT | JUMP, 1).jumping


def test_a_plank_holds_from_above_and_lets_through_from_below(course):
    level = course("......", "......", "..--..", "......", "P....G", "######")
    runner = settled(level)
    runner.x = 2 * TILE
    run(level, runner, JUMP, 24)
    assert (runner.y + HEIGHT, standing(runner)) == (2 * TILE, True)
    run(level, runner, DOWN, 12)
    assert runner.y + HEIGHT == 5 * TILE


def test_spikes_send_back_to_the_last_checkpoint(course):
    level = course("........", "P.C.^..G", "########")
    runner = settled(level)
    while not runner.out:
        step(level, runner, RIGHT)
    assert (runner.out, runner.vx) == (DOWN_STEPS, 0)
    run(level, runner, RIGHT, DOWN_STEPS)
    assert (runner.out, runner.x // TILE) == (0, 2)


def test_a_fall_without_a_checkpoint_leads_to_the_start(course):
    level = course("........", "P......G", "###...##")
    runner = settled(level)
    begun = runner.x
    run(level, runner, RIGHT, 20)
    while runner.out != 1:
        step(level, runner, 0)
    assert run(level, runner, 0, 1).x == begun


def test_a_spring_throws_higher_than_a_jump(course):
    level = course(*["......"] * 10, "PS...G", "######")
    runner = settled(level)
    runner.x = TILE
    assert min(run(level, runner, 0, 1).y for _ in range(20)) < 5 * TILE


def test_an_arrow_pushes_beyond_the_usual_speed(course):
    level = course("." * 60, "P..>" + "." * 55 + "G", "#" * 60)
    runner = settled(level)
    while runner.vx <= RUN_MAX:
        step(level, runner, RIGHT)
    assert runner.vx == BOOST
    assert RUN_MAX < run(level, runner, RIGHT, 8).vx < BOOST


def test_rings_make_faster(course):
    level = course("." * 60, "P" + "o" * 30 + "." * 28 + "G", "#" * 60)
    runner = run(level, settled(level), RIGHT, 80)
    assert runner.rings == 30
    assert runner.vx > RUN_MAX


def test_the_finish_is_timed_within_the_step(course):
    level = course("." * 20, "P" + "." * 10 + "G" + "." * 8, "#" * 20)
    runner = settled(level)
    while not runner.finish_ms:
        before = runner.x
        step(level, runner, RIGHT)
    part = (level.goal * TILE - before - WIDTH // 2) / (runner.x - before)
    assert runner.finish_ms == pytest.approx((runner.steps - 1 + part) * 50, abs=1)
    assert progress(level, runner) == 1
    assert run(level, runner, RIGHT, 30).vx == 0
