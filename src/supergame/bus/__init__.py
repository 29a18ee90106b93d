"""The bus carries bytes between nodes: publish and subscribe, request and reply, and who owns what.

Nothing that goes over it is a live object, so that one process and a cluster behave alike.
"""

from supergame.bus.base import Bus, Handler, Subscription
from supergame.bus.directory import Directory, Lease, MemoryDirectory
from supergame.bus.memory import MemoryBus

__all__ = ["Bus", "Directory", "Handler", "Lease", "MemoryBus", "MemoryDirectory", "Subscription"]
