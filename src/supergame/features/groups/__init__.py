"""Groups: players who belong together, with roles, a size and a way in.

Anyone may join an open group; for a closed one an admin decides. Superadmins and admins say who stays and who rises.
The members talk in the group's channel, which also tells who came, went, rose and fell.
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.groups.model import (
    BannedFromGroup,
    GroupDeleted,
    GroupFull,
    GroupNotFound,
    GroupsSettings,
    JoinRequested,
    LastSuperadmin,
    NameTaken,
    NotPermitted,
    UsersAdded,
)
from supergame.features.groups.routes import ROUTES
from supergame.features.groups.service import Groups
from supergame.protocol.groups import GroupRole

__all__ = [
    "BannedFromGroup",
    "GroupDeleted",
    "GroupFull",
    "GroupNotFound",
    "GroupRole",
    "Groups",
    "GroupsSettings",
    "JoinRequested",
    "LastSuperadmin",
    "NameTaken",
    "NotPermitted",
    "UsersAdded",
    "feature",
]

feature = Feature(
    name="groups",
    service=Groups,
    needs=("accounts", "notifications", "chat"),
    routes=ROUTES,
    within={AccountDeleted: "forget", AccountMerged: "absorb"},
    hears={JoinRequested: "tell_admins", UsersAdded: "tell_added", GroupDeleted: "forget_channel"},
    exports="export",
    settings=(GroupsSettings,),
    migrations="supergame.features.groups.migrations",
)
