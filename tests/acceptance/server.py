"""A node in a process of its own, as an operator starts it; the data folder outlives it, so that it may be killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

GAME = Path(__file__).with_name("game.py")
ROOT = Path(__file__).resolve().parents[2]

START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 20.0
LOOK_SECONDS = 0.01  # between two looks at what a process has logged


class NotStarted(Exception):
    """The node did not come up; the message is what it logged."""


class Server:
    """A running node: `with Server(tmp_path) as server: ... server.port`. It takes any free port.

    `grpc_port` is 0 unless the settings say `edge.grpc`.
    """

    def __init__(
        self,
        folder: Path,
        game: Path | None = GAME,
        *,
        command: str = "serve",
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.folder, self.game = folder, game
        self.data, self.log_file = folder / "data", folder / "node.log"
        self.port = self.grpc_port = 0
        self._command, self._settings = command, settings or {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it says that it is ready. Raises NotStarted."""
        command = [sys.executable, "-m", "supergame", self._command]
        if self.game is not None:
            command.append(str(self.game))
        command += ["--port", "0", "--host", "127.0.0.1", "--data", str(self.data)]
        for name, value in self._settings.items():
            command += ["--set", f"{name}={value}"]
        before = self.log_file.stat().st_size if self.log_file.exists() else 0
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment()
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            self.port, self.grpc_port = self._announced_ports(before)
            if self.port:
                return
            if self._process.poll() is not None:
                break
            time.sleep(LOOK_SECONDS)
        self.kill()
        raise NotStarted(self.log_file.read_text()[-4_000:])

    def _announced_ports(self, start: int) -> tuple[int, int]:
        """The ports it says it listens on, 0 while it says nothing: a line of its log, or the demo's for a person."""
        for line in self._lines(start):
            if line.get("event") == "ready":
                return int(line["port"]), int(line["grpc_port"] or 0)
        address = re.search(rb"Play +http://127\.0\.0\.1:(\d+)", self.log_file.read_bytes()[start:])
        return (int(address[1]) if address else 0), 0

    def kill(self) -> None:
        """End it at once, as a power cut would (`kill -9`)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask_to_stop(self) -> None:
        """Tell it to stop (SIGTERM), and go on at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Ask it to stop, and give its exit code. Raises TimeoutExpired if it does not stop, after killing it."""
        self.ask_to_stop()
        process, self._process = self._process, None
        if process is None:
            return 0
        try:
            return process.wait(STOP_SECONDS_MAX)
        finally:
            process.kill()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def complaints(self) -> list[str]:
        """What it has logged as an error, and tracebacks that came past the log."""
        errors = [str(line) for line in self._lines(0) if line.get("level") in ("error", "critical")]
        return errors + [line for line in self.log_file.read_text().splitlines() if line.startswith("Traceback")]

    def _lines(self, start: int) -> list[dict[str, Any]]:
        lines = []
        for line in self.log_file.read_bytes()[start:].splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                continue  # the command's own words to a person
        return lines


def _environment() -> dict[str, str]:
    """This process's, without settings of whoever runs the tests; gRPC is for those that ask for it."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("SUPERGAME_")}
    return own | {"SUPERGAME_EDGE_GRPC": "false"}
