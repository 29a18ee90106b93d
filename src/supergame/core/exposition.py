"""The metrics of a node as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector


class Counted(Protocol):
    """A counter."""

    value: int


class Spread(Protocol):
    """A histogram: bounds, how many values lie below each and above all, and their sum."""

    bounds: tuple[float, ...]
    buckets: list[int]
    total: float


Counters: TypeAlias = Mapping[str, tuple[str, str, Mapping[str, Counted]]]
Histograms: TypeAlias = Mapping[str, tuple[str, str, Mapping[str, Spread]]]
Gauges: TypeAlias = Mapping[str, tuple[str, Callable[[], float]]]
Family: TypeAlias = CounterMetricFamily | HistogramMetricFamily | GaugeMetricFamily


def render(counters: Counters, histograms: Histograms, gauges: Gauges) -> bytes:
    """The Prometheus text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families([*_counters(counters), *_histograms(histograms), *_gauges(gauges)]))
    return generate_latest(registry)


class _Families(Collector):
    """What is to be rendered, as prometheus_client asks for it."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        """All of it."""
        return self._families


def _counters(counters: Counters) -> Iterator[Family]:
    for name, (text, label, by_value) in counters.items():
        family = CounterMetricFamily(name, text, labels=[label] if label else [])
        for value, counter in by_value.items():
            family.add_metric([value] if label else [], counter.value)
        yield family


def _histograms(histograms: Histograms) -> Iterator[Family]:
    for name, (text, label, by_value) in histograms.items():
        family = HistogramMetricFamily(name, text, labels=[label] if label else [])
        for value, histogram in by_value.items():
            buckets, below = [], 0
            for bound, count in zip((*histogram.bounds, "+Inf"), histogram.buckets, strict=True):
                below += count
                buckets.append((str(bound), below))
            family.add_metric([value] if label else [], buckets, histogram.total)
        yield family


def _gauges(gauges: Gauges) -> Iterator[Family]:
    for name, (text, read) in gauges.items():
        family = GaugeMetricFamily(name, text)
        family.add_metric([], read())
        yield family
