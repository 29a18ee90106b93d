"""The bus carries bytes between nodes: publish and subscribe, request and reply.

Nothing that goes over it is a live object, so that one process and a cluster behave alike.
"""

from supergame.bus.base import Bus, Handler, Subscription
from supergame.bus.memory import MemoryBus

__all__ = ["Bus", "Handler", "MemoryBus", "Subscription"]
