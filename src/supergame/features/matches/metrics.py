"""What the matches of a node are measured by."""

from __future__ import annotations

from dataclasses import dataclass

from supergame.core.telemetry import Counter, Histogram, Metrics


@dataclass(frozen=True, slots=True)
class MatchMetrics:
    """What all matches of a node count together."""

    ticks: Histogram
    overruns: Counter
    skipped: Counter
    dropped: Counter
    failures: Counter

    @classmethod
    def of(cls, metrics: Metrics) -> MatchMetrics:
        """The node's match metrics."""
        return cls(
            metrics.histogram("supergame_match_tick_seconds", "Time spent in one tick of a match."),
            metrics.counter("supergame_match_overruns", "Ticks that took longer than their period."),
            metrics.counter("supergame_match_ticks_skipped", "Ticks left out because a match or the node was late."),
            metrics.counter("supergame_match_messages_dropped", "Messages to matches whose inbox was full."),
            metrics.counter("supergame_match_failures", "Match callbacks that raised."),
        )
