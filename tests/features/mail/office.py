"""A post office for tests: the real service on a clock moved by hand, and a real SMTP server that remembers letters."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from supergame.core.clock import ManualClock
from supergame.core.config import Config
from supergame.core.feature import Ground
from supergame.core.ids import SeededIds
from supergame.core.log import get_log
from supergame.core.telemetry import Metrics
from supergame.features.mail import Mail, MailSettings

USER, PASSWORD = "rush", "open sesame"


class Office:
    """The service, with what it stands on."""

    def __init__(self, data: Path, **settings: Any) -> None:
        self.clock, self.metrics, self.data = ManualClock(), Metrics(), data
        self.mail = Mail(
            Ground(
                node="node1",
                config=Config({MailSettings: MailSettings(**settings)}),
                clock=self.clock,
                ids=SeededIds(),
                log=get_log(),
                metrics=self.metrics,
                database=None,
                events=None,
                bus=None,
                directory=None,
                edge=None,
                data=data,
            )
        )

    def outcomes(self) -> dict[str, int]:
        """How many letters were sent, and how many given up."""
        counters = self.metrics.counters["supergame_letters"][2]
        return {outcome: counter.value for outcome, counter in counters.items()}


def letters(folder: Path) -> list[EmailMessage]:
    """The letters in a folder, oldest first."""
    return [read(file.read_bytes()) for file in sorted(folder.glob("*.eml"))]


def read(content: bytes) -> EmailMessage:
    """A letter as a mail program reads it."""
    message = message_from_bytes(content.replace(b"\r\n", b"\n"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


class Server:
    """An SMTP server on this loop: `await server.open()`, `server.port`, `server.letters`."""

    def __init__(
        self, *, certificate: Path | None = None, starttls: bool = False, login: bool = False, utf8: bool = True
    ) -> None:
        self.port = 0
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answers: list[str] = []
        """What the next recipients are answered with, instead of being taken."""
        self.verdicts: list[str] = []
        """The same for the next letters."""
        self._starttls, self._login, self._utf8 = starttls, login, utf8
        self._context = None
        if certificate is not None:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.load_cert_chain(certificate)
        self._server: asyncio.Server | None = None
        self._connections: list[SMTP] = []

    async def open(self) -> Server:
        direct = None if self._starttls else self._context
        self._server = await asyncio.get_running_loop().create_server(
            self._connection, "127.0.0.1", self.port, ssl=direct
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            if connection.transport is not None:
                connection.transport.close()
        self._connections.clear()
        await self._server.wait_closed()

    def _connection(self) -> SMTP:
        connection = SMTP(
            self,
            hostname="localhost",
            enable_SMTPUTF8=self._utf8,
            tls_context=self._context if self._starttls else None,
            require_starttls=self._starttls,
            authenticator=self._authenticate if self._login else None,
            auth_required=self._login,
            auth_require_tls=self._starttls,
            loop=asyncio.get_running_loop(),
        )
        self._connections.append(connection)
        return connection

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=known)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if self.verdicts:
            return self.verdicts.pop(0)
        assert isinstance(envelope.content, bytes)
        self.envelopes.append(envelope)
        self.letters.append(read(envelope.content))
        return "250 OK"


def self_signed(folder: Path) -> Path:
    """A PEM file with a certificate for localhost that nobody has vouched for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file
