"""The matchmaker: players say whom they would like to play with, and are brought together.

A ticket says how many players it wants and, in a query over the others' properties, which. Passes over the
waiting tickets fill matches; game code may start an authoritative match for them, otherwise they get a token
for a relayed one.
"""

from supergame.core.feature import Feature
from supergame.features.matchmaker.messages import MESSAGES, wish
from supergame.features.matchmaker.pool import PoolStats
from supergame.features.matchmaker.routes import ROUTES
from supergame.features.matchmaker.service import Matched, MatchedTicket, Matchmaker, Wish
from supergame.features.matchmaker.settings import MatchmakerSettings

__all__ = ["Matched", "MatchedTicket", "Matchmaker", "MatchmakerSettings", "PoolStats", "Wish", "feature", "wish"]

feature = Feature(
    name="matchmaker",
    service=Matchmaker,
    needs=("matches",),
    routes=ROUTES,
    messages=MESSAGES,
    settings=(MatchmakerSettings,),
)
