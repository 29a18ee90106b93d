"""Records a run of each course for the lobby of the page: `python examples/rush/record.py` after changing either.

The page plays the keys through its own physics, so a recording is one digit per step.
"""

import json
from pathlib import Path

from bot import Skill, choose
from level import Level, load
from physics import STEP_MS, at_start, step

HERE = Path(__file__).parent
RECORDINGS = HERE / "web" / "recordings.json"
SKILL = Skill(foresight_steps=10, attention_steps=4)
STEPS_MAX = 120_000 // STEP_MS
AFTER_STEPS = 30
"""How long the recording goes on after the goal."""


def record(level: Level) -> str:
    """The keys of a bot's run, one hexadecimal digit per step."""
    runner, keys, held = at_start(level), "", 0
    while not runner.finish_ms and runner.steps < STEPS_MAX:
        if runner.steps % SKILL.attention_steps == 0:
            held = choose(level, runner, SKILL)
        step(level, runner, held)
        keys += f"{held:x}"
    return keys + "0" * AFTER_STEPS


if __name__ == "__main__":
    recordings = {level.id: record(level) for level in load(HERE / "levels").values()}
    RECORDINGS.write_text(json.dumps(recordings, indent=1) + "\n", encoding="utf-8")
