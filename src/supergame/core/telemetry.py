"""Counters, gauges and histograms that cost an addition on the hot path and are rendered when asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

SECONDS_BOUNDS = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Counter:
    """A number that only grows: `counter.value += 1`."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0


class Histogram:
    """How values spread over fixed bounds: `histogram.observe(seconds)`."""

    __slots__ = ("bounds", "buckets", "total")

    def __init__(self, bounds: tuple[float, ...] = SECONDS_BOUNDS) -> None:
        self.bounds = bounds
        self.buckets = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.buckets[bisect_left(self.bounds, value)] += 1
        self.total += value

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(self.buckets)


class Metrics:
    """The metrics of one node, by name and label value; `render()` gives the Prometheus text."""

    def __init__(self) -> None:
        self.counters: dict[str, tuple[str, str, dict[str, Counter]]] = {}
        """By name: what it counts, its label (or none), and a counter for each of the label's values."""
        self.histograms: dict[str, tuple[str, str, dict[str, Histogram]]] = {}
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}

    def counter(self, name: str, text: str, label: str = "", value: str = "") -> Counter:
        """The counter of that name (and label value), made at first use; keep it, do not look it up per call."""
        return self.counters.setdefault(name, (text, label, {}))[2].setdefault(value, Counter())

    def histogram(self, name: str, text: str, label: str = "", value: str = "") -> Histogram:
        """The histogram of that name (and label value), made at first use; values in seconds."""
        return self.histograms.setdefault(name, (text, label, {}))[2].setdefault(value, Histogram())

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what `read()` returns at the moment somebody asks."""
        self.gauges[name] = (text, read)

    def render(self) -> bytes:
        """The Prometheus text format, as served at /metrics."""
        from supergame.core.exposition import render  # loads prometheus_client, which the start need not wait for

        return render(self.counters, self.histograms, self.gauges)
