"""What a group is, where its limits are, what goes wrong with it, and what happens to it that is told later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import msgspec

from supergame.core.config import Section, setting
from supergame.core.errors import BadInput, Conflict, NotFound, Refused
from supergame.protocol import cursor
from supergame.protocol.groups import Group, GroupRole
from supergame.protocol.types import timestamp

LOWEST_MEMBER: Final = GroupRole.MEMBER
"""Whoever is this or higher is a member; the others only have to do with the group."""


@dataclass(frozen=True)
class GroupsSettings(Section):
    """How many groups and members there may be, and how fast players may make more."""

    section: ClassVar[str] = "groups"

    groups_max: int = setting(200, "Groups that one player may be in or ask to join.", minimum=1)
    members_max: int = setting(10_000, "The largest max_count that a group may have.", minimum=1)
    requests_max: int = setting(1_000, "Players who may wait to be let into one group.", minimum=1)
    bans_max: int = setting(1_000, "Players who may be banned from one group.", minimum=1)
    creations_per_second: float = setting(0.1, "Groups that one player may create; 0 is no limit.", minimum=0)
    creations_burst: int = setting(20, "Groups that one player may create at once.", minimum=1)
    joins_per_second: float = setting(1.0, "Groups that one player may join or ask to join; 0 is no limit.", minimum=0)
    joins_burst: int = setting(50, "Groups that one player may join or ask to join at once.", minimum=1)
    additions_per_second: float = setting(2.0, "Players that one admin may take into groups; 0 is no limit.", minimum=0)
    additions_burst: int = setting(300, "Players that one admin may take into groups at once.", minimum=1)


class GroupNotFound(NotFound):
    """Group not found."""


class NotPermitted(NotFound):
    """Group not found or permission denied."""


class GroupFull(BadInput):
    """Group is full."""


class NameTaken(Conflict):
    """Group name is in use."""


class LastSuperadmin(BadInput):
    """The last superadmin of a group cannot be kicked, banned or demoted."""


class BannedFromGroup(Refused):
    """Group permission denied: the player is banned."""


class JoinRequested(msgspec.Struct, frozen=True):
    """A player asks to be let into a closed group."""

    group_id: str
    user_id: str


class UsersAdded(msgspec.Struct, frozen=True):
    """Players were taken into a group by one of its admins, or by the system."""

    group_id: str
    user_ids: list[str]
    caller_id: str | None


class GroupDeleted(msgspec.Struct, frozen=True):
    """A group is gone."""

    group_id: str


class Stored(msgspec.Struct, frozen=True):
    """A row: one group."""

    id: str
    creator_id: str
    name: str
    description: str
    lang_tag: str
    metadata: str
    avatar_url: str
    open: int
    edge_count: int
    max_count: int
    created_us: int
    updated_us: int

    def to_wire(self) -> Group:
        """The form clients see."""
        return Group(
            self.id,
            self.creator_id,
            self.name,
            self.description,
            self.lang_tag,
            self.metadata,
            self.avatar_url,
            bool(self.open),
            self.edge_count,
            self.max_count,
            timestamp(self.created_us),
            timestamp(self.updated_us),
        )


class Standing(NamedTuple):
    """What a player is in a group, and since when."""

    state: int
    since_us: int


def is_member(state: int | None) -> bool:
    """Whether whoever is this in a group is a member of it."""
    return state is not None and state <= LOWEST_MEMBER


class GroupsPlace(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Where a page of groups ended."""

    search_name: str = ""
    group_id: str = ""

    def text(self) -> str:
        """What clients keep and send back."""
        return cursor.encode(self)

    @classmethod
    def parse(cls, text: str) -> GroupsPlace:
        """Read what a client sent back; empty is the beginning. Raises BadInput."""
        return cursor.decode(text, cls) if text else cls()


class StandingPlace(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Where a page of a group's players, or a player's groups, ended; `id` is the player's or the group's."""

    state: int = -1
    since_us: int = 0
    id: str = ""

    def text(self) -> str:
        """What clients keep and send back."""
        return cursor.encode(self)

    @classmethod
    def parse(cls, text: str) -> StandingPlace:
        """Read what a client sent back; empty is the beginning. Raises BadInput."""
        return cursor.decode(text, cls) if text else cls()
