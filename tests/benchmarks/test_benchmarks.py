"""The benchmarks run: one tiny round of each, which says nothing about speed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS_MAX = 180


def test_every_measure_gives_a_figure_beside_its_bare_limit(tmp_path):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--out", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    rows = json.loads((tmp_path / "benchmarks.json").read_text())["rows"]
    assert {row["name"] for row in rows} == {
        *("relay", "fan_out_16", "fan_out_2", "chat_16", "chat_2", "chat_stored", "rpc"),
        *("relay_protobuf", "fan_out_protobuf", "rpc_protobuf"),
        *("http_rpc", "login", "account", "storage_read", "storage_write"),
        *("idle", "store", "ready"),
    }
    assert [row["title"] for row in rows if not (row["ours"] > 0 and row["bare"] > 0)] == []
    table = (tmp_path / "benchmarks.md").read_text()
    assert all(row["title"] in table for row in rows)
