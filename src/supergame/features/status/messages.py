"""Realtime messages about status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from supergame.edge import Session
from supergame.features.status.service import Status
from supergame.protocol import status as wire


async def follow(status: Status, session: Session, message: wire.StatusFollow) -> wire.Status:
    """Follow users by id or name; the answer says who of them is online."""
    return wire.Status(await status.follow(session.id, _lower(message.user_ids), message.usernames))


def unfollow(status: Status, session: Session, message: wire.StatusUnfollow) -> None:
    """Follow users no longer."""
    status.unfollow(session.id, _lower(message.user_ids))


def update(status: Status, session: Session, message: wire.StatusUpdate) -> None:
    """Show another status, or none."""
    status.update(session.id, message.status)


def _lower(ids: list[str]) -> list[str]:
    """Ids as they are kept; some clients write them in capitals."""
    return [id_.lower() for id_ in ids]


MESSAGES: Final[Mapping[str, Callable[..., Any]]] = {
    "status_follow": follow,
    "status_unfollow": unfollow,
    "status_update": update,
}
