"""Groups: players who belong together, with roles, a size and a way in."""

from supergame.core.feature import Feature
from supergame.features.groups.service import Groups

__all__ = ["Groups", "feature"]

feature = Feature(name="groups", service=Groups, needs=("presence", "accounts", "notifications", "friends", "chat"))
