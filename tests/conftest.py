"""What the whole suite shares: options for long runs, and a run in which nothing may be skipped."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("supergame")
    group.addoption("--nothing-skipped", action="store_true", help="a skipped test fails, as on the build machine")
    group.addoption("--rounds", type=int, default=1, help="how often the node is killed under load (make faults)")
    group.addoption("--minutes", type=float, default=0.1, help="how long the node is soaked (make soak)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _without_skips(item.config, (yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _without_skips(collector.config, (yield))


def _without_skips(config: pytest.Config, report: Any) -> Any:
    """Where nothing may be skipped, what was skipped has failed; a failure that was expected stays one."""
    if report.skipped and not hasattr(report, "wasxfail") and config.getoption("nothing_skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped in this run, but this was: {reason}"
    return report


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often the node is killed: once, unless asked for more."""
    return int(request.config.getoption("rounds"))


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    """How long the node is soaked: a few seconds, unless asked for more."""
    return float(request.config.getoption("minutes"))
