"""Counters, gauges and histograms that cost an addition on the hot path and are rendered when asked for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

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


class Metrics(Collector):
    """The metrics of one node, by name and label value; `render()` gives the Prometheus text."""

    def __init__(self) -> None:
        self._counters: dict[str, tuple[str, str, dict[str, Counter]]] = {}
        self._histograms: dict[str, tuple[str, str, dict[str, Histogram]]] = {}
        self._gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def counter(self, name: str, text: str, label: str = "", value: str = "") -> Counter:
        """The counter of that name (and label value), made at first use; keep it, do not look it up per call."""
        return self._counters.setdefault(name, (text, label, {}))[2].setdefault(value, Counter())

    def histogram(self, name: str, text: str, label: str = "", value: str = "") -> Histogram:
        """The histogram of that name (and label value), made at first use; values in seconds."""
        return self._histograms.setdefault(name, (text, label, {}))[2].setdefault(value, Histogram())

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what `read()` returns at the moment somebody asks."""
        self._gauges[name] = (text, read)

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily | GaugeMetricFamily]:
        """Everything, as prometheus_client wants it."""
        for name, (text, label, counters) in self._counters.items():
            counter_family = CounterMetricFamily(name, text, labels=[label] if label else [])
            for value, counter in counters.items():
                counter_family.add_metric([value] if label else [], counter.value)
            yield counter_family
        for name, (text, label, histograms) in self._histograms.items():
            histogram_family = HistogramMetricFamily(name, text, labels=[label] if label else [])
            for value, histogram in histograms.items():
                buckets, below = [], 0
                for bound, count in zip((*histogram.bounds, "+Inf"), histogram.buckets, strict=True):
                    below += count
                    buckets.append((str(bound), below))
                histogram_family.add_metric([value] if label else [], buckets, histogram.total)
            yield histogram_family
        for name, (text, read) in self._gauges.items():
            gauge_family = GaugeMetricFamily(name, text)
            gauge_family.add_metric([], read())
            yield gauge_family

    def render(self) -> bytes:
        """The Prometheus text format, as served at /metrics."""
        return generate_latest(self._registry)
