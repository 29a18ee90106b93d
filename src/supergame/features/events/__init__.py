"""Events: what clients and game code report, handed to whoever listens."""

from supergame.core.feature import Feature
from supergame.features.events.service import CustomEvents

__all__ = ["CustomEvents", "feature"]

feature = Feature(name="events", service=CustomEvents, needs=("accounts",))
