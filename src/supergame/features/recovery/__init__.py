"""Recovery: verified email addresses, forgotten passwords, and a second factor."""

from supergame.core.feature import Feature
from supergame.features.recovery.service import Recovery

__all__ = ["Recovery", "feature"]

feature = Feature(name="recovery", service=Recovery, needs=("accounts", "mail"))
