"""Events: what clients and game code report, handed to the game's listeners beside everything else.

Whoever reports is answered at once. The events wait in a bounded queue, and a few at a time are told to the game.
"""

from supergame.core.feature import Feature
from supergame.features.events.model import NAME_BYTES_MAX, PROPERTIES_BYTES_MAX, EventsSettings, ReportedEvent
from supergame.features.events.routes import ROUTES
from supergame.features.events.service import CustomEvents

__all__ = [
    "NAME_BYTES_MAX",
    "PROPERTIES_BYTES_MAX",
    "CustomEvents",
    "EventsSettings",
    "ReportedEvent",
    "feature",
]

feature = Feature(name="events", service=CustomEvents, routes=ROUTES, settings=(EventsSettings,))
