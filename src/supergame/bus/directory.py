"""The placement directory: which node owns a match, a party, a pool, and since which epoch.

An id's suffix names the node where the thing was born and is only a hint; the lease kept here is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim on an id: who holds it, and the epoch that grows whenever it changes hands."""

    id: str
    node: str
    epoch: int


class Directory(Protocol):
    """Looks up and claims ownership; every twin gives the same answers."""

    async def claim(self, thing: str, node: str) -> Lease | None:
        """Take ownership for `node`; None when another node holds it."""

    async def find(self, thing: str) -> Lease | None:
        """The lease on `thing`, if anybody holds one."""

    async def release(self, lease: Lease) -> None:
        """Give a lease back; harmless when it has changed hands."""


class MemoryDirectory:
    """The directory of a single node: leases never run out while the process lives."""

    def __init__(self) -> None:
        self._leases: dict[str, Lease] = {}
        self._epoch = 0

    async def claim(self, thing: str, node: str) -> Lease | None:
        held = self._leases.get(thing)
        if held is not None:
            return held if held.node == node else None
        self._epoch += 1
        lease = self._leases[thing] = Lease(thing, node, self._epoch)
        return lease

    async def find(self, thing: str) -> Lease | None:
        return self._leases.get(thing)

    async def release(self, lease: Lease) -> None:
        if self._leases.get(lease.id) == lease:
            del self._leases[lease.id]
