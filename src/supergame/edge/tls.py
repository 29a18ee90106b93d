"""TLS by certificate files, which may be renewed while the node runs."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from supergame.core.clock import Clock, TimerHandle
from supergame.core.config import BadSetting
from supergame.core.log import Log


class Certificate:
    """A certificate and its key, looked at for changes every so often.

    New files are tried out first. If they do not fit together, the old ones stay in use and the log says so.
    Connections that are open keep what they began with.
    """

    def __init__(self, certificate: str, key: str, *, poll_seconds: float, clock: Clock, log: Log) -> None:
        self._certificate = certificate
        self._key = key or None
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._log = log
        self._timer: TimerHandle | None = None
        for path in filter(None, (certificate, key)):
            if not Path(path).is_file():
                raise BadSetting(f"edge.tls_certificate and edge.tls_key: there is no file {path}.")
        self._stamp = self._look()
        try:
            self.context = self._load()
            self.pem = self._read()
            """The key and the chain, for who does not take an `SSLContext`; another object once they are renewed."""
        except (OSError, ssl.SSLError) as error:
            raise BadSetting(f"edge.tls_certificate: {certificate} cannot be used ({error}).") from None

    def start(self) -> None:
        """Begin to look for changes, on the running loop."""
        self._timer = self._clock.call_later(self._poll_seconds, self._poll)

    def stop(self) -> None:
        """Look no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self._certificate, self._key)
        return context

    def _read(self) -> tuple[bytes, bytes]:
        return Path(self._key or self._certificate).read_bytes(), Path(self._certificate).read_bytes()

    def _look(self) -> tuple[tuple[int, int], ...]:
        found = []
        for path in filter(None, (self._certificate, self._key)):
            try:
                info = os.stat(path)
            except OSError:  # just being replaced
                found.append((0, 0))
            else:
                found.append((info.st_mtime_ns, info.st_ino))
        return tuple(found)

    def _poll(self) -> None:
        self._timer = self._clock.call_later(self._poll_seconds, self._poll)
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._load()
            self.context.load_cert_chain(self._certificate, self._key)
            self.pem = self._read()
        except (OSError, ssl.SSLError) as error:
            self._log.error("the new TLS certificate cannot be used, the old one stays", error=str(error))
            return
        self._log.info("the TLS certificate was renewed", certificate=self._certificate)
