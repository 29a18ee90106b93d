"""The rules of mail."""

from __future__ import annotations

from supergame.core.feature import Ground


class Mail:
    """Letters to players, by SMTP, or into a folder while developing."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
