"""How a bot decides which keys to hold: it imagines a few plans and follows the one that leads furthest.

A pure function of level, runner and skill, so that a bot can be tested and replayed. It has no memory: it
thinks anew every few steps, and a plan that was good a moment ago mostly still is. A less skilled bot looks
less far ahead and thinks less often, so it meets spikes that it saw too late.
"""

import copy

import msgspec
from level import Level
from physics import JUMP, LEFT, RIGHT, RUN_MAX, TILE, Runner, standing, step

Plan = tuple[int, int, int, int]
GROUND_PLANS = tuple((RIGHT, delay, RIGHT | JUMP, hold) for delay in range(5) for hold in (1, 2, 3, 5))
AIR_PLANS = ((RIGHT, 0, RIGHT | JUMP, 4), (0, 2, RIGHT, 0), (0, 4, RIGHT, 0), (LEFT, 2, RIGHT, 0))
BACK_PLANS = tuple((LEFT, back, RIGHT | JUMP, 5) for back in (1, 3, 6))
"""A plan: hold these keys for so many thoughts, then those for so many, then run on to the right."""
RUN_PLAN = (RIGHT, 0, RIGHT, 0)
LANDING_STEPS_MAX = 36
"""A plan is imagined until the runner stands again, so that nobody leaps into the unseen, up to this long."""
MOOD_STEPS = 50
"""Its foresight changes a little this often, so that no bot goes back and forth at one spot for ever."""
FALL_COSTS = 16 * TILE
"""How much way a fall is worth."""
RING_WORTH = 12
"""How much way a ring is worth."""


class Skill(msgspec.Struct, frozen=True):
    """What makes bots differ; the default is hard to beat."""

    foresight_steps: int = 10
    """How far ahead it imagines."""
    attention_steps: int = 3
    """It thinks this often and holds its keys in between."""


EXPERT = Skill()


def choose(level: Level, runner: Runner, skill: Skill = EXPERT) -> int:
    """The keys to hold now."""
    if runner.finish_ms or runner.out:
        return 0
    foresight = skill.foresight_steps + runner.steps // MOOD_STEPS % 4 * 2
    attention = skill.attention_steps
    plans = GROUND_PLANS + BACK_PLANS if runner.coyote else AIR_PLANS
    best, most = RUN_PLAN, _worth(level, runner, RUN_PLAN, foresight, attention)
    for plan in plans:
        worth = _worth(level, runner, plan, foresight, attention)
        if worth > most:
            best, most = plan, worth
    first, thoughts, then, _ = best
    return first if thoughts else then


def _worth(level: Level, runner: Runner, plan: Plan, foresight: int, attention: int) -> int:
    """How far right a plan leads, less what its time and a fall cost."""
    first, thoughts, then, more_thoughts = plan
    change = thoughts * attention
    end = change + more_thoughts * attention
    imagined = copy.copy(runner)
    sooner = 0  # the same place reached earlier is worth more, or a bot would put off its way for ever
    for number in range(foresight + LANDING_STEPS_MAX):
        keys = first if number < change else then if number < end else RIGHT
        step(level, imagined, keys)
        sooner += imagined.x if number < foresight else 0
        if imagined.out:
            return imagined.x - FALL_COSTS + number * RUN_MAX
        if number >= foresight and standing(imagined):
            break
    wait = (number - foresight) * RUN_MAX
    return imagined.x - wait + imagined.rings * RING_WORTH + sooner // foresight
