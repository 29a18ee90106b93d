"""One seeded round of `faults` in every run of the suite; `make faults ROUNDS=20` for more."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance import faults


async def test_nothing_acknowledged_is_lost_when_the_node_is_killed(tmp_path: Path, rounds: int) -> None:
    await faults.run(tmp_path, rounds=rounds, seed=1)
