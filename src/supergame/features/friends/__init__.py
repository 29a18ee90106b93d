"""Friends: invites, friendships and blocks between players.

Whoever adds a player invites them, and adding back makes friends of the two. Either may end it, and block the other,
who can then neither invite nor write to them. Both sides always agree on what they are to each other.
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.friends.model import (
    METADATA_BYTES_MAX,
    FriendAdded,
    FriendInvited,
    FriendRemoved,
    FriendsSettings,
    PlayerBlocked,
)
from supergame.features.friends.routes import ROUTES
from supergame.features.friends.service import IDS_PER_CALL_MAX, IMPORTED_MAX, LIST_LIMIT_MAX, Friends
from supergame.protocol.friends import FriendState

__all__ = [
    "IDS_PER_CALL_MAX",
    "IMPORTED_MAX",
    "LIST_LIMIT_MAX",
    "METADATA_BYTES_MAX",
    "FriendAdded",
    "FriendInvited",
    "FriendRemoved",
    "FriendState",
    "Friends",
    "FriendsSettings",
    "PlayerBlocked",
    "feature",
]

feature = Feature(
    name="friends",
    service=Friends,
    needs=("accounts", "notifications"),
    routes=ROUTES,
    within={AccountDeleted: "forget", AccountMerged: "absorb"},
    hears={FriendInvited: "tell", FriendAdded: "tell", FriendRemoved: "tell"},
    exports="export",
    settings=(FriendsSettings,),
    migrations="supergame.features.friends.migrations",
)
