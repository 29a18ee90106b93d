"""Parties: a few players who want to play together, led by one of them.

A party lives in memory, on the node that it was made on, for as long as somebody is in it. Anyone may join an open
one; into a closed one its leader lets those who ask. There is always a leader: when one goes, the longest-standing
member takes over. The matchmaker takes a party as one ticket, so its members play together.
"""

from supergame.core.feature import Feature
from supergame.features.parties.messages import MESSAGES
from supergame.features.parties.model import LeaderOnly, NoMember, PartyFull, PartyInfo, PartyNotFound
from supergame.features.parties.routes import ROUTES
from supergame.features.parties.service import Parties
from supergame.features.parties.settings import PartiesSettings

__all__ = [
    "LeaderOnly",
    "NoMember",
    "Parties",
    "PartiesSettings",
    "PartyFull",
    "PartyInfo",
    "PartyNotFound",
    "feature",
]

feature = Feature(
    name="parties",
    service=Parties,
    needs=("presence", "matchmaker"),
    routes=ROUTES,
    messages=MESSAGES,
    settings=(PartiesSettings,),
)
