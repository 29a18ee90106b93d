"""What players are told of each other's doings, as notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from supergame.features.friends.model import FriendAdded, FriendInvited, FriendRemoved
from supergame.features.notifications import Draft, NotificationCode
from supergame.protocol.friends import FriendState

News: TypeAlias = FriendInvited | FriendAdded | FriendRemoved

MADE: Final[Mapping[type[News], FriendState | None]] = {
    FriendInvited: FriendState.INVITE_RECEIVED,
    FriendAdded: FriendState.FRIEND,
    FriendRemoved: None,
}
"""What somebody is, by such news, to the one who is told of them; if they are not, the news is old."""


def draft(news: News, username: str) -> Draft:
    """Tell the other of what the player of that name has done.

    Of each kind one is kept from each sender, or whoever adds and deletes in a loop would push out all others. That
    a friend has gone is only for those who look at their list just now.
    """
    code, subject = _words(news, username)
    return Draft(
        user_id=news.friend_id,
        subject=subject,
        content={"username": username},
        code=code,
        sender_id=news.user_id,
        persistent=code != NotificationCode.FRIEND_REMOVE,
        replaces=True,
    )


def _words(news: News, username: str) -> tuple[NotificationCode, str]:
    if isinstance(news, FriendInvited):
        return NotificationCode.FRIEND_REQUEST, f"{username} wants to add you as a friend"
    if isinstance(news, FriendAdded):
        if news.imported:
            return NotificationCode.FRIEND_JOIN_GAME, "Your friend has just joined the game"
        return NotificationCode.FRIEND_ACCEPT, f"{username} accepted your friend request"
    if news.declined:
        return NotificationCode.FRIEND_REMOVE, f"{username} declined your friend request"
    return NotificationCode.FRIEND_REMOVE, f"{username} removed you from friends list"
