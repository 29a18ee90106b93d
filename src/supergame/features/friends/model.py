"""What two players can be to each other, how that changes, and what others want to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

import msgspec

from supergame.core.config import Section, setting
from supergame.protocol.friends import FriendState
from supergame.protocol.objects import write_object

METADATA_BYTES_MAX: Final = 4_096
"""What a player notes about another, as JSON."""


@dataclass(frozen=True)
class FriendsSettings(Section):
    """Settings of friends: how many there may be, and how fast they are asked for."""

    section: ClassVar[str] = "friends"

    friends_max: int = setting(1_000, "Friends a player may have, invites that were sent included.", minimum=1)
    invites_max: int = setting(1_000, "Invites of others that may wait for a player's answer.", minimum=1)
    blocks_max: int = setting(1_000, "Users a player may block.", minimum=1)
    requests_per_second: float = setting(
        1.0, "Users a player may add, on average; those beyond are refused. 0 is no limit.", minimum=0
    )
    requests_burst: int = setting(200, "Users a player may add at once.", minimum=1)


class Pair(NamedTuple):
    """What two players are to each other, as one of them sees it; None is nothing.

    FRIEND stands on both sides or on neither, SENT opposite RECEIVED, and BLOCKED opposite nothing or BLOCKED.
    """

    mine: FriendState | None = None
    theirs: FriendState | None = None

    @property
    def blocked(self) -> bool:
        """Whether either has blocked the other."""
        return FriendState.BLOCKED in self


NOTHING: Final = Pair()
FRIENDS: Final = Pair(FriendState.FRIEND, FriendState.FRIEND)
INVITED: Final = Pair(FriendState.INVITE_SENT, FriendState.INVITE_RECEIVED)


def added(pair: Pair) -> Pair:
    """One adds the other: invites, or accepts an invite. Where either blocks the other, nothing happens."""
    if pair == NOTHING:
        return INVITED
    return FRIENDS if pair.mine == FriendState.INVITE_RECEIVED else pair


def deleted(pair: Pair) -> Pair:
    """One wants nothing of the other: what is between them goes, but for the other's block."""
    return Pair(None, _block(pair.theirs))


def blocked(pair: Pair) -> Pair:
    """One blocks the other: what else was between them goes, but for the other's block."""
    return Pair(FriendState.BLOCKED, _block(pair.theirs))


def imported(pair: Pair) -> Pair:
    """They are friends elsewhere, so they are here, unless either blocks the other."""
    return pair if pair.blocked else FRIENDS


def merged(one: Pair, other: Pair) -> Pair:
    """What is left where one player was two: blocks first, then friends; an invite each way makes friends."""
    if one.blocked or other.blocked:
        return Pair(_block(one.mine, other.mine), _block(one.theirs, other.theirs))
    if NOTHING in (one, other):
        return one if other == NOTHING else other
    return one if one == other else FRIENDS  # either they are already, or each has invited the other


def _block(*states: FriendState | None) -> FriendState | None:
    return FriendState.BLOCKED if FriendState.BLOCKED in states else None


class FriendInvited(msgspec.Struct, frozen=True):
    """A player has invited another to be friends."""

    user_id: str
    friend_id: str


class FriendAdded(msgspec.Struct, frozen=True):
    """A player has accepted another's invite, or was `imported` as the other's friend: they are friends now."""

    user_id: str
    friend_id: str
    imported: bool = False


class FriendRemoved(msgspec.Struct, frozen=True):
    """A player is no longer a friend of another, or has `declined` the other's invite."""

    user_id: str
    friend_id: str
    declined: bool = False


class PlayerBlocked(msgspec.Struct, frozen=True):
    """A player has blocked another."""

    user_id: str
    blocked_id: str


def written(metadata: Mapping[str, Any]) -> str:
    """A player's note about another as it is kept. Raises BadInput for what is no JSON object, and for too much."""
    too_long = f"Metadata may have {METADATA_BYTES_MAX} bytes."
    return write_object(metadata, METADATA_BYTES_MAX, unfit="Metadata must be a JSON object", too_long=too_long)
