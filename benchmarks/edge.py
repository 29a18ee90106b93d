"""What the edge costs: its relay, fan-out, rpcs and HTTP beside the bare limits, in turns on the same two cores.

The server runs on the first core, this load generator on the second. Rounds alternate between the bare server and
ours, so that a busy machine disturbs both alike; medians are printed.

usage: python benchmarks/edge.py [--seconds 3] [--rounds 3] [--only relay,fan_out,rpc,http,idle]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import load
import uvloop

HERE = Path(__file__).parent
IDLE_SOCKETS = 2_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(script: str, *prefix: str) -> Iterator[int]:
    """Run a server of this folder on the first core, until the block is left."""
    port = free_port()
    process = subprocess.Popen(
        [*prefix, sys.executable, str(HERE / script), str(port)],
        preexec_fn=lambda: os.sched_setaffinity(0, {0}),
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "src")},
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(10)


async def ask(port: int, method: str, target: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]


async def no_login() -> str:
    return ""


def login_at(port: int) -> load.Login:
    async def login() -> str:
        return (await ask(port, "POST", "/login")).decode()

    return login


async def http_echo(port: int, seconds: float, ours: bool) -> load.Result:
    body = json.dumps('{"hello":"world"}').encode()
    requests = []
    for _ in range(32):
        token = await login_at(port)() if ours else "x" * 350
        headers = {"Authorization": f"Bearer {token}"}
        requests.append(load.http_request("POST", "/v2/rpc/echo", headers, body))
    return await load.http(port, seconds, requests)


async def idle(port: int) -> float:
    """KiB of the server's memory for each open and silent socket."""
    login = login_at(port)
    warm = [await load._connect_all(port, 50, login)]
    before = int(await ask(port, "GET", "/memory"))
    warm.append(await load._connect_all(port, IDLE_SOCKETS, login))
    after = int(await ask(port, "GET", "/memory"))
    for client in (client for clients in warm for client in clients):
        client.transport.abort()
    return (after - before) / IDLE_SOCKETS / 1024


Run = Callable[[int, float, bool], Coroutine[None, None, load.Result]]


def realtime(run: Callable[..., Coroutine[None, None, load.Result]]) -> Run:
    return lambda port, seconds, ours: run(port, seconds, login_at(port) if ours else no_login)


RUNS: dict[str, tuple[str, str, Run]] = {
    "relay": ("relay, 50 pairs (messages/s)", "bare_relay.py", realtime(load.relay)),
    "fan_out": ("fan-out, 10 rooms of 20, 16 under way (deliveries/s)", "bare_relay.py", realtime(load.fan_out)),
    "rpc": ("rpc echo over sockets (calls/s)", "bare_relay.py", realtime(load.rpc_echo)),
    "http": ("rpc echo over HTTP (requests/s)", "bare_http.py", http_echo),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join((*RUNS, "idle")))
    options = parser.parse_args()
    os.sched_setaffinity(0, {1})
    only = options.only.split(",")
    for name, (title, bare_script, run) in RUNS.items():
        if name not in only:
            continue
        bare: list[load.Result] = []
        ours: list[load.Result] = []
        for _ in range(options.rounds):
            with server(bare_script) as port:
                bare.append(uvloop.run(run(port, options.seconds, False)))
            with server("edge_node.py") as port:
                ours.append(uvloop.run(run(port, options.seconds, True)))
        b, o = (statistics.median(r.per_second for r in results) for results in (bare, ours))
        last = ours[-1]
        times = f"  p50 {last.percentile(0.5):.2f} ms, p99 {last.percentile(0.99):.2f} ms" if last.latencies else ""
        print(f"{title:55} bare {b:9,.0f}  ours {o:9,.0f}  bare/ours {b / o:.2f}{times}", flush=True)
    if "idle" in only:
        with server("edge_node.py") as port:
            print(f"{'idle socket (KiB, of 2,000)':55} {uvloop.run(idle(port)):.1f}", flush=True)


if __name__ == "__main__":
    main()
