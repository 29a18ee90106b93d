"""The table of a run: for people as Markdown, for programs as JSON."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import apsw


@dataclass
class Row:
    """A finished measure. What was not measured is 0."""

    name: str
    title: str
    unit: str
    ours: float
    bare: float
    ratio: float = 0.0
    """How many times better the bare limit is."""
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    busy: float = 0.0
    others: float = 0.0
    target: str = ""
    reached: bool = True

    def cells(self) -> list[str]:
        return [
            self.title,
            f"{_number(self.ours)} {self.unit}",
            _number(self.bare) if self.bare else "",
            f"{self.ratio:.2f} x" if self.ratio else "",
            f"{self.p50_ms:.2f} / {self.p99_ms:.2f}" if self.p50_ms else "",
            f"{self.busy:.0%} + {self.others:.0%}" if self.busy else "",
            self.target and f"{self.target}: {'yes' if self.reached else 'no'}",
        ]


HEADINGS = ["what", "ours", "bare", "bare is better", "p50 / p99 ms", "core used + others", "target"]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def markdown(rows: list[Row], facts: dict[str, str]) -> str:
    """The facts about the machine, and the table."""
    lines = [f"{name}: {value}  " for name, value in facts.items()]
    lines += ["", _line(HEADINGS), _line(["---", "---:", "---:", "---:", "---:", "---:", "---"])]
    return "\n".join(lines + [_line(row.cells()) for row in rows]) + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def facts(rounds: int, seconds: float) -> dict[str, str]:
    """Where and how it was measured."""
    return {
        "Machine": f"{_processor()}, {os.cpu_count()} cores; the server on one, the load on another",
        "Python": f"{platform.python_version()} on {platform.system()} {platform.release()}",
        "SQLite": f"{apsw.sqlite_lib_version()}, synchronous=FULL",
        "Rounds": f"{rounds} of {seconds:g} s, ours and bare in turn; medians",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def as_json(rows: list[Row], facts: dict[str, str]) -> dict[str, object]:
    return {"facts": facts, "rows": [asdict(row) for row in rows]}
