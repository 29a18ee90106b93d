"""Parties: a few players who want to play together, led by one of them."""

from supergame.core.feature import Feature
from supergame.features.parties.service import Parties

__all__ = ["Parties", "feature"]

feature = Feature(name="parties", service=Parties, needs=("presence", "accounts", "matchmaker"))
