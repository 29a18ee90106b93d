"""Writing a letter: headers that nothing can be smuggled into, and addresses that an SMTP server can read."""

from __future__ import annotations

import re
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from supergame.core.errors import BadInput
from supergame.protocol.types import timestamp

ADDRESS_BYTES_MAX: Final = 254
"""An email address (RFC 5321 §4.5.3.1.3)."""

LETTER_BYTES_MAX: Final = 1_048_576
"""Text and HTML of one letter."""

SUBJECT_CHARACTERS_MAX: Final = 255
"""A subject."""

_ATOM = r"[^\s\x00-\x1f\x7f()<>\[\]:;@\\,.\"]+"
_local_part = re.compile(rf"{_ATOM}(\.{_ATOM})*").fullmatch
_domain = re.compile(r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*").fullmatch
_control = re.compile(r"[\x00-\x1f\x7f]").search


def address(text: str, name: str = "") -> Address:
    """One address, its domain in the letters of the DNS (RFC 3490). Raises BadInput.

    Other than the standard would have it, quoted names and domains in brackets are none: nobody's mail goes there.
    """
    local, _, domain = text.rpartition("@")
    try:
        domain = domain.encode("idna").decode()
        size = len(local.encode()) + 1 + len(domain)
    except UnicodeError:
        raise BadInput("Invalid email address.") from None
    if not _local_part(local) or not _domain(domain) or size > ADDRESS_BYTES_MAX:
        raise BadInput("Invalid email address.")
    return Address(_line(name, "name"), local, domain)


def compose(
    sender: Address,
    to: Address,
    subject: str,
    text: str,
    html: str | None,
    *,
    letter_id: str,
    made_us: int,
) -> EmailMessage:
    """A whole letter. Raises BadInput for a subject of more than a line, and for more than LETTER_BYTES_MAX."""
    if not subject or len(subject) > SUBJECT_CHARACTERS_MAX:
        raise BadInput(f"The subject of a letter has 1 to {SUBJECT_CHARACTERS_MAX} characters.")
    if len(_body(text)) + len(_body(html or "")) > LETTER_BYTES_MAX:
        raise BadInput(f"A letter has at most {LETTER_BYTES_MAX} bytes.")
    plain = sender.addr_spec.isascii() and to.addr_spec.isascii()
    message = EmailMessage(policy.SMTP if plain else policy.SMTPUTF8)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = _line(subject, "subject")
    message["Date"] = format_datetime(timestamp(made_us))
    message["Message-ID"] = f"<{letter_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice is to answer
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def _line(text: str, what: str) -> str:
    if _control(text) or len(text.splitlines()) > 1:
        raise BadInput(f"The {what} of a letter is one line without control characters.")
    _body(text)
    return text


def _body(text: str) -> bytes:
    try:
        body = text.encode()
    except UnicodeEncodeError:
        raise BadInput("A letter holds characters that are none.") from None
    if b"\0" in body:
        raise BadInput("A letter holds no NUL.")
    return body
