"""What the players of an authoritative match have sent since its last tick."""

from __future__ import annotations

from collections.abc import Container

from supergame.features.matches.model import MatchMessage

INBOX_MESSAGES_MAX = 4096  # from players to one match between two ticks; more are dropped and counted
INBOX_BYTES_MAX = 8 * 1024 * 1024  # data in these messages; what goes beyond is dropped and counted


class Inbox:
    """Messages in the order they came, up to the named limits."""

    __slots__ = ("_messages", "_n_bytes", "_somebody_left")

    def __init__(self) -> None:
        self._messages: list[MatchMessage] = []
        self._n_bytes = 0
        self._somebody_left = False

    def put(self, message: MatchMessage) -> bool:
        """Keep a message for the next tick; False when there is no room for it."""
        n_bytes = self._n_bytes + len(message.data)
        if len(self._messages) >= INBOX_MESSAGES_MAX or n_bytes > INBOX_BYTES_MAX:
            return False
        self._messages.append(message)
        self._n_bytes = n_bytes
        return True

    def somebody_left(self) -> None:
        """Not all of the messages may be from players who still have a seat."""
        self._somebody_left = True

    def take(self, seated: Container[str]) -> list[MatchMessage]:
        """Empty it, and give what those sessions have sent that have a seat."""
        messages, self._messages, self._n_bytes = self._messages, [], 0
        if self._somebody_left:
            self._somebody_left = False
            messages = [message for message in messages if message.presence.session_id in seated]
        return messages
