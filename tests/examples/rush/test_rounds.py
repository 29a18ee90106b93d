"""The rounds of a race, tick by tick, without a server."""

import pytest
from messages import Keys, Op
from physics import JUMP, RIGHT, STEP_MS
from rounds import (
    COAST_TICKS,
    COUNTDOWN,
    COUNTDOWN_TICKS,
    LATECOMER_TICKS,
    RACE_TICKS_MAX,
    RACING,
    RESULTS,
    RESULTS_TICKS,
    SEATS_MAX,
    STEPS_AHEAD_MAX,
    STEPS_BEHIND_MAX,
    STRAGGLER_TICKS_MAX,
    Rounds,
    State,
)


@pytest.fixture
def rounds(course):
    short = course("." * 20, "PC" + "." * 9 + "G" + "." * 8, "#" * 20)
    return Rounds({short.id: short}, State(short.id))


def said(rounds):
    """What was said since the last time: op codes, messages and for whom."""
    outbox, rounds.outbox = rounds.outbox, []
    return outbox


def ops(rounds):
    return [op for op, _, _ in said(rounds)]


def advance(rounds, ticks):
    for _ in range(ticks):
        rounds.advance()


def start(rounds, *users):
    for user in users:
        rounds.sit(user, user.title())
    advance(rounds, COUNTDOWN_TICKS)
    assert rounds.state.phase == RACING
    said(rounds)


def runner(rounds, user):
    return rounds.state.seats[user].runner


def run_to_the_goal(rounds, user):
    while not runner(rounds, user).finish_ms:
        rounds.press(user, Keys(runner(rounds, user).steps + 1, [RIGHT]))
        rounds.advance()


def test_a_newcomer_is_told_everything_and_the_others_of_the_newcomer(rounds):
    rounds.sit("ann", "Ann")
    rounds.sit("bob", "Bob")
    (*_, (op, told, to), (others_op, seats, everybody)) = said(rounds)
    assert (op, to, others_op, everybody) == (Op.ROUND, "bob", Op.SEATS, None)
    assert (told.level, told.phase, told.ms, told.rows) == ("test", COUNTDOWN, 5000, rounds.level.rows)
    assert [(seat.seat, seat.name, seat.here) for seat in seats.seats] == [(0, "Ann", True), (1, "Bob", True)]


def test_the_race_starts_after_the_countdown_and_a_latecomer_gets_time_to_look_around(rounds):
    rounds.sit("ann", "Ann")
    advance(rounds, COUNTDOWN_TICKS - 1)
    rounds.sit("bob", "Bob")
    advance(rounds, LATECOMER_TICKS - 1)
    said(rounds)
    rounds.advance()
    assert ops(rounds) == [Op.GO]
    assert not rounds.open


def test_a_seat_that_was_left_is_taken_by_the_next(rounds):
    for number in range(SEATS_MAX):
        rounds.sit(f"user{number}", "Somebody")
    assert not rounds.open
    rounds.stand_up("user3")
    rounds.stand_up("nobody")
    assert rounds.open
    rounds.sit("late", "Late")
    assert rounds.state.seats["late"].number == 3


def test_every_tick_tells_where_everybody_is(rounds):
    start(rounds, "ann", "bob")
    rounds.press("ann", Keys(1, [RIGHT]))
    rounds.advance()
    [(op, tick, to)] = said(rounds)
    assert (op, to, tick.t) == (Op.TICK, None, 1)
    assert [(row.seat, row.steps) for row in tick.r] == [(0, 1), (1, 0)]


def test_keys_move_their_steps_even_when_they_come_in_bunches(rounds):
    start(rounds, "ann", "bob")
    for number in range(1, 9):
        rounds.press("ann", Keys(number, [RIGHT]))
        rounds.advance()
    rounds.press("bob", Keys(1, [RIGHT] * 8))
    rounds.advance()
    ann, bob = runner(rounds, "ann"), runner(rounds, "bob")
    assert (ann.steps, bob.steps) == (8, 8)
    assert ann.vx == bob.vx > 0


def test_nobody_runs_faster_than_the_clock(rounds):
    start(rounds, "ann")
    rounds.press("ann", Keys(1, [RIGHT] * 10))
    rounds.press("ann", Keys(STEPS_AHEAD_MAX + 1, [JUMP]))
    rounds.advance()
    assert runner(rounds, "ann").steps == 1
    assert len(rounds.state.seats["ann"].pending) == 9


def test_who_stays_away_is_moved_on_with_the_keys_held_last(rounds):
    start(rounds, "ann")
    rounds.press("ann", Keys(1, [RIGHT]))
    advance(rounds, STEPS_BEHIND_MAX + 20)
    assert runner(rounds, "ann").steps == 21
    assert runner(rounds, "ann").vx > 0
    rounds.press("ann", Keys(1, [0] * 10))
    assert not rounds.state.seats["ann"].pending


def test_who_loses_the_connection_stands_still_and_comes_back_to_the_same_runner(rounds):
    start(rounds, "ann", "bob")
    rounds.press("bob", Keys(1, [RIGHT]))
    advance(rounds, 20)
    rounds.lose("bob")
    assert said(rounds)[-1][1].seats[1].here is False
    advance(rounds, 20)
    where = runner(rounds, "bob").x
    assert runner(rounds, "bob").vx == 0
    rounds.find("bob")
    assert [(op, to) for op, _, to in said(rounds)[-3:]] == [(Op.ROUND, "bob"), (Op.YOU, "bob"), (Op.SEATS, None)]
    assert runner(rounds, "bob").x == where


def test_one_is_told_of_ones_own_rings_and_strangers_of_nothing(rounds):
    start(rounds, "ann")
    rounds.tell("ann")
    rounds.tell("stranger")
    rounds.press("stranger", Keys(1, [RIGHT]))
    [(op, you, to)] = said(rounds)
    assert (op, to, you.taken, you.row.seat) == (Op.YOU, "ann", [], 0)


def test_keys_before_the_start_count_for_nothing(rounds):
    rounds.sit("ann", "Ann")
    rounds.press("ann", Keys(1, [RIGHT]))
    assert not rounds.state.seats["ann"].pending


def test_who_arrives_first_is_first_and_then_come_the_results_and_the_next_round(rounds):
    start(rounds, "ann", "bob")
    run_to_the_goal(rounds, "bob")
    run_to_the_goal(rounds, "ann")
    finishes = [message for op, message, _ in said(rounds) if op is Op.FINISH]
    assert [(finish.seat, finish.place) for finish in finishes] == [(1, 1), (0, 2)]
    advance(rounds, COAST_TICKS)
    op, results, _ = said(rounds)[-1]
    assert (op, rounds.state.phase) == (Op.RESULTS, RESULTS)
    assert [(placed.name, placed.ms > 0) for placed in results.places] == [("Bob", True), ("Ann", True)]
    advance(rounds, RESULTS_TICKS)
    [(op, told, to)] = said(rounds)
    assert (op, to, told.number, told.phase) == (Op.ROUND, None, 2, COUNTDOWN)
    assert runner(rounds, "ann").steps == 0


def test_stragglers_get_some_time_and_no_more(rounds):
    start(rounds, "ann", "bob")
    run_to_the_goal(rounds, "ann")
    advance(rounds, STRAGGLER_TICKS_MAX - 1)
    assert rounds.state.phase == RACING
    rounds.advance()
    assert [placed.ms > 0 for placed in said(rounds)[-1][1].places] == [True, False]


def test_a_race_that_nobody_finishes_ends(rounds):
    start(rounds, "ann")
    advance(rounds, RACE_TICKS_MAX)
    assert rounds.state.phase == RESULTS


def test_a_snapshot_goes_on_like_the_original(rounds):
    start(rounds, "ann", "bob")
    rounds.press("ann", Keys(1, [RIGHT, RIGHT | JUMP, RIGHT]))
    advance(rounds, 2)
    copy = Rounds.restored(rounds.levels, rounds.snapshot())
    for race in (rounds, copy):
        run_to_the_goal(race, "ann")
    assert copy.state == rounds.state
    assert runner(copy, "ann").finish_ms < 5000 == 100 * STEP_MS
