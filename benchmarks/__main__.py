"""Measure the server beside its bare limits: `make bench`, or `python -m benchmarks --help`.

The servers run on the first core, this load generator on the second. Rounds alternate between the bare server and
ours, so that whatever else the machine does disturbs both alike; the medians of the rounds are printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import uvloop

from benchmarks import report, servers, socket_load
from benchmarks.measures import SMALL, STORE, Measure, Scale, in_protobuf, over_http, realtime
from benchmarks.report import Row
from benchmarks.result import Result
from benchmarks.servers import Server
from benchmarks.socket_load import Players

BARE_SERVERS = ("bare_relay", "bare_http")
IDLE_KIB_MAX = 25
READY_SECONDS_MAX = 1.0
DISTURBED_MAX = 0.1
"""A round in which others took more of the two cores is measured again."""
PATIENCE = 3
"""How many times as many rounds there may be for that; then the least disturbed ones have to do."""


class Pace(NamedTuple):
    """How much, how long and how often to measure."""

    scale: Scale
    seconds: float
    rounds: int
    rounds_max: int
    """Those that were disturbed included."""


class Bench:
    """One run of the whole."""

    def __init__(self, pace: Pace, only: list[str], folder: Path) -> None:
        self.scale, self.seconds, self.rounds, self.rounds_max = pace
        self.only, self.folder = only, folder
        self.servers: dict[str, Server] = {}

    def rows(self) -> Iterator[Row]:
        """Measure one thing after the other."""
        with ExitStack() as stack:
            for name in ("ours", *BARE_SERVERS):
                (self.folder / name).mkdir()
                self.servers[name] = stack.enter_context(servers.running(name, self.folder / name))
            for measure in (*realtime(self.scale), *in_protobuf(self.scale), *over_http(self.scale)):
                if self._wanted(measure.name):
                    yield self._measured(measure)
            if self._wanted("idle"):
                yield from self._idle()
        if self._wanted("store"):
            yield from self._store()
        if self._wanted("ready"):
            yield self._ready()

    @contextmanager
    def _fresh(self, name: str) -> Iterator[Server]:
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, servers.running(name, Path(folder)) as server:
            yield server

    def _wanted(self, name: str) -> bool:
        return not self.only or any(name.startswith(prefix) for prefix in self.only)

    def _measured(self, measure: Measure) -> Row:
        rounds: list[tuple[Result, Result]] = []
        while _quiet(rounds) < self.rounds and len(rounds) < self.rounds_max:
            bare_result = uvloop.run(measure.bare_run(self.servers[measure.bare], self.seconds))
            rounds.append((uvloop.run(measure.run(self.servers["ours"], self.seconds)), bare_result))
        rounds = sorted(rounds, key=_disturbed)[: self.rounds]
        row = _row(measure.name, measure.title, measure.unit, *map(list, zip(*rounds, strict=True)))
        row.ratio = row.bare / row.ours
        if measure.ratio_max:
            row.target, row.reached = f"<= {measure.ratio_max} x", row.ratio <= measure.ratio_max
        else:
            row.target, row.reached = f">= {measure.per_second_min:,.0f}", row.ours >= measure.per_second_min
        return row

    def _idle(self) -> Iterator[Row]:
        """A fresh server each time: one that has been busy has memory to reuse."""
        for n in self.scale.idle:
            kib: dict[str, float] = {}
            for name in ("bare_relay", "ours"):
                with self._fresh(name) as server:
                    kib[name] = uvloop.run(_idle(server, n, log_in_first=name == "ours")).value / 1024
            row = Row("idle", f"idle socket, of {n:,}", "KiB", kib["ours"], kib["bare_relay"])
            row.ratio = row.ours / row.bare
            row.target, row.reached = f"<= {IDLE_KIB_MAX} KiB", row.ours <= IDLE_KIB_MAX
            yield row

    def _store(self) -> Iterator[Row]:
        folder = self.folder / "store"
        folder.mkdir()
        for title, work, callers in STORE:
            ours: list[Result] = []
            bare: list[Result] = []
            for _ in range(self.rounds):
                for side, results in (("bare", bare), ("ours", ours)):
                    with tempfile.TemporaryDirectory(dir=folder) as place:
                        arguments = (side, work, place, str(self.seconds), str(callers))
                        results.append(Result(servers.script("benchmarks.store", *arguments)))
            row = _row("store", title, f"{work}s/s", ours, bare)
            row.ratio = row.bare / row.ours
            yield row

    def _ready(self) -> Row:
        """From starting the process to the open port; the first start only warms the caches."""
        taken: dict[str, list[Result]] = {"bare_http": [], "ours": []}
        for round_ in range(self.rounds + 1):
            for name, results in taken.items():
                with self._fresh(name) as server:
                    if round_:
                        results.append(Result(server.ready_seconds))
        row = _row("ready", "from start to ready, warm", "s", taken["ours"], taken["bare_http"])
        row.ratio = row.ours / row.bare
        row.target, row.reached = f"<= {READY_SECONDS_MAX:g} s", row.ours <= READY_SECONDS_MAX
        return row


def _disturbed(round_: tuple[Result, Result]) -> float:
    return max(result.others for result in round_)


def _quiet(rounds: list[tuple[Result, Result]]) -> int:
    return sum(_disturbed(round_) <= DISTURBED_MAX for round_ in rounds)


def _row(name: str, title: str, unit: str, ours: list[Result], bare: list[Result]) -> Row:
    median = statistics.median
    return Row(
        name,
        title,
        unit,
        median([result.value for result in ours]),
        median([result.value for result in bare]),
        0.0,
        median([result.percentile(0.5) for result in ours]),
        median([result.percentile(0.99) for result in ours]),
        median([result.busy for result in ours]),
        median([result.others for result in ours]),
    )


async def _idle(server: Server, n: int, *, log_in_first: bool) -> Result:
    return await socket_load.idle(await Players.of(server, n, log_in_first=log_in_first), n)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2, help="length of one round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds per measure, whose median counts")
    parser.add_argument("--only", default="", help="measures whose names begin so, with commas: relay,chat,http_rpc")
    parser.add_argument("--quick", action="store_true", help="one tiny round of everything: shows only that it runs")
    parser.add_argument("--out", type=Path, help="folder for benchmarks.md and benchmarks.json")
    options = parser.parse_args()
    servers.pin(0, 1)
    pace = Pace(Scale(), options.seconds, options.rounds, options.rounds * PATIENCE)
    if options.quick:
        pace = Pace(SMALL, 0.1, 1, 1)
    facts = report.facts(pace.rounds, pace.seconds)
    for name, value in facts.items():
        print(f"{name}: {value}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="supergame-bench-") as folder:
        servers.keep_compiled(f"{folder}/compiled")
        only = [name for name in options.only.split(",") if name]
        for row in Bench(pace, only, Path(folder)).rows():
            rows.append(row)
            print("{:58} {:>24} {:>10} {:>6} {:>15} {:>12}  {}".format(*row.cells()), flush=True)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "benchmarks.md").write_text(report.markdown(rows, facts))
        (options.out / "benchmarks.json").write_text(json.dumps(report.as_json(rows, facts), indent=2))


if __name__ == "__main__":
    sys.exit(main())
