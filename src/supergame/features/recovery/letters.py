"""The letters that recovery sends. A game says them in its own words, or in those of the player's language."""

from __future__ import annotations

from typing import NamedTuple


class Letter(NamedTuple):
    """What is sent: a subject of one line, a text, and if wanted the same as HTML."""

    subject: str
    text: str
    html: str | None = None


class Notice(NamedTuple):
    """What a letter is about, and to whom it goes.

    Mind that a stranger may have given the address, and has chosen the username: who repeats it in a letter sends on
    what anybody likes to say.
    """

    game_name: str
    email: str
    username: str
    lang_tag: str
    token: str
    link: str
    """The page of `recovery.reset_url` or `recovery.verify_url`; empty without one."""
    seconds: int
    """How long the token is good for."""


class Letters:
    """The letters as they are unless a game says otherwise: override what should differ."""

    def verification(self, notice: Notice) -> Letter:
        """To whoever wants to prove that an address is theirs."""
        return Letter(
            f"{notice.game_name}: your email address",
            _paragraphs(
                f"Somebody, probably you, has given this address to {notice.game_name}.",
                _how("To prove that it is yours, ", notice),
                f"That works once, for {_duration(notice.seconds)}. If it was not you, you need do nothing.",
            ),
        )

    def reset(self, notice: Notice) -> Letter:
        """To whoever has forgotten a password."""
        return Letter(
            f"{notice.game_name}: a new password",
            _paragraphs(
                f"Somebody, probably you, wants a new password for your account of {notice.game_name}.",
                _how("To choose one, ", notice),
                f"That works once, for {_duration(notice.seconds)}. If it was not you, you need do nothing: "
                "your password stays as it is.",
            ),
        )


def _how(beginning: str, notice: Notice) -> str:
    enter = f"enter this in the game:\n\n    {notice.token}"
    return f"{beginning}open\n\n    {notice.link}\n\nor {enter}" if notice.link else f"{beginning}{enter}"


def _paragraphs(*paragraphs: str) -> str:
    return "\n\n".join(("Hello,", *paragraphs)) + "\n"


def _duration(seconds: int) -> str:
    count, name = (seconds // 3_600, "hour") if seconds >= 3_600 else (seconds // 60, "minute")
    return f"{count} {name}s" if count > 1 else f"one {name}"
