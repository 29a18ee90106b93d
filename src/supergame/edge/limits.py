"""How much one session or one address may do: token buckets, and whose address it really is.

A bucket is full at first. Taking is one subtraction; only when the bucket is empty does it look at the clock and
take in what has flowed since it was last filled, as much as it holds. So in any time `t` no more than
`burst + t * per_second` passes.
"""

from __future__ import annotations

import math
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from supergame.core.clock import Clock
from supergame.core.config import BadSetting

Network: TypeAlias = IPv4Network | IPv6Network

EVICTION_TRIES: Final = 16
"""How many of the oldest addresses are looked at for one without connections, when there are too many."""

IPV6_PREFIX: Final = 64
"""What one household or one machine is given; single addresses within it are free to take."""


class Rate:
    """A limit that many buckets share: so many a second, so many at once. 0 a second is no limit."""

    __slots__ = ("burst", "clock", "per_second")

    def __init__(self, clock: Clock, per_second: float, burst: int) -> None:
        self.clock = clock
        self.per_second = per_second
        self.burst: float = burst if per_second else math.inf


class Bucket:
    """What is left of one limit: `bucket.tokens -= 1`, and when it is below zero, `bucket.refill()` decides."""

    __slots__ = ("_filled_at", "rate", "tokens")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.tokens: float = rate.burst
        self._filled_at = rate.clock.monotonic()

    def take(self) -> bool:
        """Take one; False when the limit is reached."""
        self.tokens -= 1
        return self.tokens >= 0 or self.refill()

    def refill(self) -> bool:
        """Take in what has flowed, and take one of it if there is one."""
        rate = self.rate
        now = rate.clock.monotonic()
        flowed = (now - self._filled_at) * rate.per_second
        if flowed < 1:
            self.tokens = 0
            return False
        self.tokens = min(rate.burst, flowed) - 1
        self._filled_at = now
        return True

    def wait_seconds(self) -> float:
        """How long until there is one to take, where there is none."""
        return max(0.0, self._filled_at + 1 / self.rate.per_second - self.rate.clock.monotonic())


class Address:
    """What is known of one address: its bucket and its open connections."""

    __slots__ = ("bucket", "connections", "text")

    def __init__(self, text: str, rate: Rate) -> None:
        self.text = text
        self.bucket = Bucket(rate)
        self.connections = 0


class Addresses:
    """The addresses that have come here lately: a bounded table that forgets those longest unseen."""

    def __init__(self, rate: Rate, addresses_max: int, trusted: tuple[str, ...] = ()) -> None:
        self._rate = rate
        self._max = addresses_max
        self._trusted = [_network(text) for text in trusted]
        self._known: dict[str, Address] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, text: str) -> Address:
        """The entry of an address; IPv6 addresses of one /64 share theirs."""
        key = group(text)
        address = self._known.pop(key, None)
        if address is None:
            address = Address(key, self._rate)
            if len(self._known) >= self._max:
                self._evict()
        self._known[key] = address
        return address

    def _evict(self) -> None:
        for _ in range(EVICTION_TRIES):
            key = next(iter(self._known))
            address = self._known.pop(key)
            if not address.connections:
                return
            self._known[key] = address
        del self._known[next(iter(self._known))]

    def trusts(self, peer: str) -> bool:
        """Whether a peer is one of our own proxies."""
        return bool(self._trusted) and self._is_trusted(peer)

    def client(self, peer: str, forwarded_for: str) -> str:
        """The player's address behind a trusted peer: in X-Forwarded-For the last one that is not our own proxy."""
        found = peer
        for hop in reversed(forwarded_for.split(",")):
            text = _without_port(hop.strip())
            try:
                ip_address(text)
            except ValueError:
                break
            found = text
            if not self._is_trusted(text):
                break
        return found

    def _is_trusted(self, text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._trusted)


@lru_cache(maxsize=4096)
def group(text: str) -> str:
    """What stands for an address in the table: itself, or the /64 that an IPv6 address lies in."""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return text
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address, IPV6_PREFIX), strict=False))


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise BadSetting(f"edge.trusted_proxies: {text!r} is no network such as 10.0.0.0/8.") from None
