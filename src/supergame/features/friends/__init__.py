"""Friends: invites, friendships and blocks between players."""

from supergame.core.feature import Feature
from supergame.features.friends.service import Friends

__all__ = ["Friends", "feature"]

feature = Feature(name="friends", service=Friends, needs=("accounts", "notifications"))
