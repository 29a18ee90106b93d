"""What a letter is on its way, how letters are sent, and what says that one never will be."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import ClassVar, Protocol

from supergame.core.config import Section, setting


@dataclass(frozen=True)
class MailSettings(Section):
    """How letters to players are sent."""

    section: ClassVar[str] = "mail"

    transport: str = setting(
        "folder", "Where letters go: into a folder while developing, or to an SMTP server.", choices=("folder", "smtp")
    )
    folder: str = setting("", "The folder; empty for `mail` in the data folder.")
    sender: str = setting("supergame@localhost", "Address that letters come from.")
    sender_name: str = setting("", "Name that is shown with it.")

    host: str = setting("localhost", "The SMTP server.")
    port: int = setting(587, "Its port: 587 with starttls, 465 with tls, 25 with none.", minimum=1)
    security: str = setting(
        "starttls",
        "How the connection is encrypted; what is asked for is insisted on.",
        choices=("starttls", "tls", "none"),
    )
    certificates: str = setting("", "PEM file with certificates that are trusted beside the system's.")
    user: str = setting("", "Name to log in with; empty for no login.")
    password: str = setting("", "Password to log in with.")

    seconds_max: float = setting(30.0, "How long handing over one letter may take.", minimum=0.1)
    connections_max: int = setting(4, "Letters that are handed over at a time.", minimum=1)
    letters_waiting_max: int = setting(1_000, "Letters that wait at a time; more are refused.", minimum=1)
    attempts_max: int = setting(8, "Attempts at handing over a letter, before it is given up.", minimum=1)


@dataclass(eq=False)
class Post:
    """A letter that is ready to go, and how often handing it over has failed."""

    id: str
    to: str
    message: EmailMessage
    made_us: int
    failures: int = 0

    @property
    def domain(self) -> str:
        """Where it goes, as far as logs tell."""
        return self.to.rpartition("@")[2]


class Undeliverable(Exception):
    """The letter will never be taken; trying again is of no use."""


class Transport(Protocol):
    """Hands letters over."""

    async def deliver(self, post: Post) -> None:
        """Hand over a letter. Raises Undeliverable, or anything else for what may work later."""
