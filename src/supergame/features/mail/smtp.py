"""Letters to an SMTP server (RFC 5321), one connection each."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

import aiosmtplib

from supergame.core.config import BadSetting
from supergame.features.mail.model import MailSettings, Post, Undeliverable

PERMANENT: Final = range(500, 600)
"""Replies that say no for good."""


class Smtp:
    """Hands letters to the server that the settings name."""

    def __init__(self, settings: MailSettings) -> None:
        """Read the certificates. Raises BadSetting, also for a password that would be sent unencrypted."""
        if settings.user and settings.security == "none":
            raise BadSetting("mail.user: nobody logs in over a connection that is not encrypted (mail.security).")
        self._settings = settings
        self._tls = None if settings.security == "none" else _context(settings.certificates)

    async def deliver(self, post: Post) -> None:
        settings = self._settings
        try:
            async with asyncio.timeout(settings.seconds_max):
                await aiosmtplib.send(
                    post.message,
                    recipients=[post.to],
                    hostname=settings.host,
                    port=settings.port,
                    username=settings.user or None,
                    password=settings.password or None,
                    use_tls=settings.security == "tls",
                    start_tls=settings.security == "starttls",
                    tls_context=self._tls,
                    timeout=settings.seconds_max,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refusal.code in PERMANENT for refusal in error.recipients):
                raise Undeliverable(str(error)) from error
            raise
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            if error.code in PERMANENT:
                raise Undeliverable(str(error)) from error
            raise
        except aiosmtplib.SMTPNotSupported as error:  # an address that is not ASCII, and a server that knows no other
            raise Undeliverable(str(error)) from error


def _context(certificates: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if certificates:
        try:
            context.load_verify_locations(certificates)
        except OSError as error:  # ssl.SSLError is one
            raise BadSetting(f"mail.certificates: {certificates} cannot be read ({error}).") from None
    return context
