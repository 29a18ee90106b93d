"""Leaderboards: records of what players have reached, in order, with ranks.

Game code makes a leaderboard and says how it is sorted, what a new score does to an old one, and when everybody
begins anew. Players submit scores, unless the leaderboard is authoritative, and are answered with their rank.
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted, AccountMerged
from supergame.features.leaderboards.model import (
    DeleteRefused,
    Leaderboard,
    LeaderboardNotFound,
    LeaderboardReset,
    LeaderboardsSettings,
    Record,
    RecordPage,
    RecordsChanged,
    WriteRefused,
)
from supergame.features.leaderboards.routes import ROUTES
from supergame.features.leaderboards.service import AROUND_MAX, BOARDS_MAX, LIST_MAX, Leaderboards

__all__ = [
    "AROUND_MAX",
    "BOARDS_MAX",
    "LIST_MAX",
    "DeleteRefused",
    "Leaderboard",
    "LeaderboardNotFound",
    "LeaderboardReset",
    "Leaderboards",
    "LeaderboardsSettings",
    "Record",
    "RecordPage",
    "RecordsChanged",
    "WriteRefused",
    "feature",
]

feature = Feature(
    name="leaderboards",
    service=Leaderboards,
    needs=("accounts",),
    routes=ROUTES,
    within={AccountDeleted: "forget", AccountMerged: "absorb"},
    hears={LeaderboardReset: "tell_reset", RecordsChanged: "rank_anew"},
    exports="export",
    settings=(LeaderboardsSettings,),
    migrations="supergame.features.leaderboards.migrations",
)
