"""The rules of groups."""

from __future__ import annotations

from supergame.core.feature import Ground
from supergame.features.accounts import Accounts
from supergame.features.chat import Chat
from supergame.features.friends import Friends
from supergame.features.notifications import Notifications
from supergame.features.presence import Streams


class Groups:
    """Players who belong together, with roles, a size and a way in."""

    def __init__(
        self,
        ground: Ground,
        presence: Streams,
        accounts: Accounts,
        notifications: Notifications,
        friends: Friends,
        chat: Chat,
    ) -> None:
        self._ground = ground
