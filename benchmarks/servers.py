"""The servers that are measured, as processes of their own on the first core; the load runs on the second."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 20.0
POLL_SECONDS = 0.001
SERVER_KEY = "benchmarks"
SETTINGS = {
    "edge.server_key": SERVER_KEY,
    "edge.http_key": "benchmarks-http",
    "edge.host": "127.0.0.1",
    "edge.messages_per_second_max": "0",  # one session stands for many players here
    "edge.requests_per_second_max": "0",
    "edge.connections_per_address_max": "20000",
    "edge.token_seconds": "3600",
    "node.log_level": "warning",
}


def keep_compiled(folder: str) -> None:
    """Let the processes started here keep compiled modules there, whatever is usual: the second start finds them."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = folder


def pin(pid: int, core: int) -> None:
    """Keep a process on one core, where the system has that and there are two."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})


@dataclass(frozen=True)
class Usage:
    """Seconds of processors that were used up to a moment; differences between two moments tell something."""

    wall: float
    server: float
    others: float
    """By everybody but the server and this load generator, on the two cores that these share."""

    @classmethod
    def of(cls, pid: int) -> Usage:
        server, cores = _cpu_seconds(pid), sum(_core_seconds(core) for core in (0, 1))
        return cls(time.perf_counter(), server, cores - server - time.process_time())

    def until(self, later: Usage) -> tuple[float, float, float]:
        """Seconds that have passed, the server's share of a core, and the others'."""
        elapsed = later.wall - self.wall
        return elapsed, (later.server - self.server) / elapsed, max(0.0, (later.others - self.others) / elapsed)


def _cpu_seconds(pid: int) -> float:
    """What a process has used; 0 where the system does not tell."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # Linux: clock_getcpuclockid(3)
    except (AttributeError, OSError):
        return 0.0


def _core_seconds(core: int) -> float:
    """How long a core was busy, or away with another virtual machine; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name == f"cpu{core}":
                user, nice, system, _idle, _iowait, _irq, _softirq, steal, *_ = map(int, ticks)
                return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")
    return 0.0


class Server:
    """A running server: its port, and what it costs."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], ready_seconds: float) -> None:
        self.port = port
        self.ready_seconds = ready_seconds
        self._process = process

    def usage(self) -> Usage:
        """What has been used so far."""
        return Usage.of(self._process.pid)

    def memory_bytes(self) -> int:
        """Resident memory."""
        told = subprocess.run(["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, check=True)
        return int(told.stdout) * 1024


def free_port() -> int:
    """A port that is free, as is the one below it, which gRPC takes."""
    while True:
        with socket.socket() as probe, socket.socket() as below:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            with contextlib.suppress(OSError):
                below.bind(("127.0.0.1", port - 1))
                return port


def ours(port: int, folder: Path) -> list[str]:
    """The command of the real server."""
    command = ["supergame", "serve", str(ROOT / "benchmarks/game.py"), "--port", str(port), "--data", str(folder)]
    for name, value in SETTINGS.items():
        command += ["--set", f"{name}={value}"]
    return command


def bare(name: str, port: int, folder: Path) -> list[str]:
    """The command of a bare one."""
    return [f"benchmarks.{name}", str(port), str(folder)]


@contextlib.contextmanager
def running(name: str, folder: Path) -> Iterator[Server]:
    """Run `ours` or a bare server until the block is left."""
    port = free_port()
    command = ours(port, folder) if name == "ours" else bare(name, port, folder)
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT)
    pin(process.pid, 0)
    try:
        _wait_for(port, process, began)
        yield Server(port, process, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], began: float) -> None:
    while time.perf_counter() - began < START_SECONDS_MAX:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with code {process.returncode} before it was ready")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"The server was not ready within {START_SECONDS_MAX} s")


def script(*arguments: str) -> float:
    """Run a script of this folder on the first core; gives the number it prints."""
    process = subprocess.Popen([sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE)
    pin(process.pid, 0)
    printed, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with code {process.returncode}")
    return float(printed)
