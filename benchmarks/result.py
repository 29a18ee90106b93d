"""What one run has measured."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Result:
    """A rate, or a size; and where it was asked for, how long things took and how busy the server was."""

    value: float
    latencies: list[float] = field(default_factory=list)
    """In seconds, a sample."""
    busy: float = 0.0
    """The server's share of one core: well below 1, it was not the server that was the limit."""
    others: float = 0.0
    """What others took of the cores of server and load: much of it, and the result says little."""

    def percentile(self, part: float) -> float:
        """A latency in milliseconds, 0 if none were measured."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 if ordered else 0.0
