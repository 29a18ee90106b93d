"""Matches: sessions of play, relayed between their players or run by the game's own code.

A relayed match is a stream. An authoritative match is an object of a class that the game's author wrote; it
ticks, has an inbox, keeps the seat of a player who lost the connection, and can go on after a restart.
"""

from supergame.core.feature import Feature
from supergame.features.accounts import AccountDeleted
from supergame.features.matches.label import Label
from supergame.features.matches.messages import MESSAGES
from supergame.features.matches.model import (
    TICK_RATE_MAX,
    BadLabel,
    JoinRejected,
    Match,
    MatchInfo,
    MatchMessage,
    MatchNotFound,
    UnknownMatchHandler,
)
from supergame.features.matches.routes import ROUTES
from supergame.features.matches.service import Matches
from supergame.features.matches.settings import MatchesSettings

__all__ = [
    "TICK_RATE_MAX",
    "BadLabel",
    "JoinRejected",
    "Label",
    "Match",
    "MatchInfo",
    "MatchMessage",
    "MatchNotFound",
    "Matches",
    "MatchesSettings",
    "UnknownMatchHandler",
    "feature",
]

feature = Feature(
    name="matches",
    service=Matches,
    needs=("presence",),
    routes=ROUTES,
    messages=MESSAGES,
    within={AccountDeleted: "forget"},
    exports="export",
    settings=(MatchesSettings,),
    migrations="supergame.features.matches.migrations",
)
