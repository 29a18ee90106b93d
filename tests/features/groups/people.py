"""What the tests of groups ask again and again: who is what, what the channel says, what was notified."""

from __future__ import annotations

import json
from typing import Any

from tests.features.lobby import Lobby, Player

from supergame.features.groups import GroupRole, Groups

SUPERADMIN, ADMIN, MEMBER, ASKS, BANNED = GroupRole


async def roles(service: Groups, group_id: str) -> dict[str, GroupRole]:
    """What everybody is in a group, by username, the banned too."""
    users = (await service.users_list(group_id)).group_users
    users += (await service.users_list(group_id, state=BANNED)).group_users
    return {user.user.username: GroupRole(user.state) for user in users}


async def size(service: Groups, group_id: str) -> int:
    """How many members a group says that it has."""
    (group,) = await service.get([group_id])
    return group.edge_count


async def history(lobby: Lobby, group_id: str) -> list[tuple[int, str]]:
    """What is kept of a group's channel: (code, text or username)."""
    page = await lobby.services["chat"].messages_list(f"3.{group_id}..")
    return [(message.code, *json.loads(message.content).values()) for message in page.messages]


async def notified(lobby: Lobby, player: Player) -> list[tuple[int, str, dict[str, Any]]]:
    """What a player was notified of, once everything has been told: (code, subject, content)."""
    await lobby.events.settle()
    kept = (await lobby.services["notifications"].list(player.id)).notifications
    return [(each.code, each.subject, json.loads(each.content)) for each in kept]
