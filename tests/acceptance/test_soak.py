"""A short seeded soak in every run of the suite; `make soak MINUTES=10` for more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.acceptance import soak


@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
async def test_a_node_holds_no_more_after_a_crowd_than_before(tmp_path: Path, minutes: float) -> None:
    await soak.run(tmp_path, seconds=60 * minutes, seed=1)
