"""What the tests of friends ask of players and of the database."""

from __future__ import annotations

from typing import Any

from tests.features.lobby import Lobby, Player

from supergame.features.friends import FriendState
from supergame.store import Database, Query

FRIEND, SENT, RECEIVED, BLOCKED = FriendState

_EDGES = Query("edges", "SELECT user_id, other_id, state FROM friends_edge")
_COUNTS = Query("counts", "SELECT id, edge_count FROM accounts_user")


async def add(player: Player, *others: Player) -> None:
    """Add others over HTTP."""
    status, body = await player.http("POST", "/v2/friend", ids=[other.id for other in others])
    assert status == 200, body


async def befriend(player: Player, *others: Player) -> None:
    """Make friends, and forget what was heard of it."""
    for other in others:
        await add(player, other)
        await add(other, player)
    await player.lobby.events.settle()
    for one in (player, *others):
        await one.heard()


async def listed(player: Player, **query: Any) -> dict[str, int]:
    """The player's list: states by username, in its order."""
    status, body = await player.http("GET", "/v2/friend", **query)
    assert status == 200, body
    return {friend["user"]["username"]: friend["state"] for friend in body.get("friends", [])}


async def told(player: Player) -> list[tuple[int, str]]:
    """Codes and subjects of the notifications that have come since the last call."""
    await player.lobby.events.settle()
    return [
        (notification["code"], notification["subject"])
        for message in await player.heard()
        for notification in message["notifications"]["notifications"]
    ]


async def kept(player: Player) -> list[str]:
    """The subjects of what is kept for the player."""
    await player.lobby.events.settle()
    notifications = await player.lobby.services["notifications"].list(player.id)
    return [notification.subject for notification in notifications.notifications]


async def edges(database: Database) -> dict[tuple[str, str], FriendState]:
    """All there are; they agree with each other, and so do the numbers that accounts keep."""
    found = {
        (user_id, other_id): FriendState(state)
        for user_id, other_id, state in await database.all(_EDGES, lambda *columns: columns)
    }
    opposite = {FRIEND: {FRIEND}, SENT: {RECEIVED}, RECEIVED: {SENT}, BLOCKED: {None, BLOCKED}}
    odd = {pair for pair, state in found.items() if found.get((pair[1], pair[0])) not in opposite[state]}
    assert odd == set()
    counts = dict(await database.all(_COUNTS, lambda *columns: columns))
    assert counts == {
        user_id: sum(state is FRIEND for (owner, _), state in found.items() if owner == user_id) for user_id in counts
    }
    return found


async def players(lobby: Lobby, *usernames: str) -> list[Player]:
    return [await lobby.player(username) for username in usernames]
