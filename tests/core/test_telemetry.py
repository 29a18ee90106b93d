"""Metrics: counted by an addition, read back from the text that Prometheus reads."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from supergame.core.telemetry import Metrics


@pytest.fixture
def metrics():
    return Metrics()


def read(metrics):
    """Every sample of the rendered text: (name, labels as text) -> value."""
    return {
        (sample.name, ",".join(f"{label}={value}" for label, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def test_a_counter_grows(metrics):
    counter = metrics.counter("messages_total", "Messages that came in.")
    counter.value += 2
    counter.value += 1
    assert read(metrics) == {("messages_total", ""): 3}


def test_a_counter_is_kept_apart_by_its_label(metrics):
    metrics.counter("requests_total", "Requests.", "operation", "GetAccount").value += 1
    metrics.counter("requests_total", "Requests.", "operation", "Rpc").value += 5
    assert read(metrics) == {
        ("requests_total", "operation=GetAccount"): 1,
        ("requests_total", "operation=Rpc"): 5,
    }


def test_the_same_name_gives_the_same_counter(metrics):
    assert metrics.counter("a", "A.") is metrics.counter("a", "A.")
    assert metrics.histogram("b", "B.") is metrics.histogram("b", "B.")
    assert metrics.counter("a", "A.", "kind", "x") is not metrics.counter("a", "A.", "kind", "y")


def test_a_histogram_counts_below_each_bound(metrics):
    """A value on a bound counts for it; beyond the last there is infinity."""
    histogram = metrics.histogram("answer_seconds", "Time to answer.", "operation", "Rpc")
    for seconds in (0.00005, 0.001, 0.003, 99.0):
        histogram.observe(seconds)
    samples = read(metrics)
    assert histogram.count == 4
    assert samples["answer_seconds_count", "operation=Rpc"] == 4
    assert samples["answer_seconds_sum", "operation=Rpc"] == pytest.approx(99.00405)
    below = {labels[3:].split(",")[0]: value for (_, labels), value in samples.items() if labels.startswith("le=")}
    assert (below["0.0001"], below["0.001"], below["0.0025"], below["0.005"]) == (1, 2, 2, 3)
    assert (below["10.0"], below["+Inf"]) == (3, 4)


def test_a_gauge_is_read_when_asked(metrics):
    players = ["ada"]
    metrics.gauge("players", "Players online.", lambda: len(players))
    assert read(metrics)["players", ""] == 1
    players.append("grace")
    assert read(metrics)["players", ""] == 2


def test_the_text_explains_each_metric(metrics):
    metrics.counter("messages_total", "Messages that came in.")
    metrics.gauge("players", "Players online.", lambda: 0)
    families = {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}
    assert (families["messages"].type, families["messages"].documentation) == ("counter", "Messages that came in.")
    assert (families["players"].type, families["players"].documentation) == ("gauge", "Players online.")


def test_a_players_text_in_a_label_is_only_text(metrics):
    name = 'a"b\\c\nd'
    metrics.counter("rpc_total", "Calls.", "rpc", name).value += 1
    assert read(metrics) == {("rpc_total", f"rpc={name}"): 1}
